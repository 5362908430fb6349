import { type Asset, type AssetOptions, assetFrom } from './asset.ts';

/** A release that is there from the start. */
export interface ReleaseOptions {
  /** Two drafts, or a draft and a published release, may have the same. */
  readonly tag: string;
  /** The tag by default. */
  readonly name?: string;
  readonly draft?: boolean;
  readonly prerelease?: boolean;
  /** Made where releases are immutable: it is, unless it is a draft. */
  readonly immutable?: boolean;
  readonly assets?: readonly AssetOptions[];
}

/** A release and its assets. */
export class Release {
  readonly id: number;
  readonly tag: string;
  readonly name: string;
  readonly isDraft: boolean;
  readonly isPrerelease: boolean;
  /**
   * Its assets can no longer be added, changed or deleted. A draft's always can.
   * Follows https://docs.github.com/code-security/concepts/supply-chain-security/immutable-releases
   */
  readonly isImmutable: boolean;
  readonly createdMs: number;
  readonly #assets = new Map<number, Asset>();

  constructor(options: ReleaseOptions, id: number, nowMs: number) {
    const { tag, name = tag, draft = false, prerelease = false, immutable = false } = options;
    this.id = id;
    this.tag = tag;
    this.name = name;
    this.isDraft = draft;
    this.isPrerelease = prerelease;
    this.isImmutable = immutable && !draft;
    this.createdMs = nowMs;
  }

  /** In the order in which they were added. */
  get assets(): Asset[] {
    return [...this.#assets.values()];
  }

  asset(id: number): Asset | undefined {
    return this.#assets.get(id);
  }

  assetNamed(name: string): Asset | undefined {
    return this.assets.find((asset) => asset.name === name);
  }

  add(asset: Asset): void {
    this.#assets.set(asset.id, asset);
  }

  remove(asset: Asset): void {
    this.#assets.delete(asset.id);
  }
}

/**
 * Adds an asset that does not come by an upload: it is not refused where GitHub would refuse one.
 *
 * @throws Error when its name is taken
 */
export function addAsset(release: Release, options: AssetOptions, id: number, nowMs: number): Asset {
  if (release.assetNamed(options.name)) throw new Error(`there is an asset ${options.name} already`);
  const asset = assetFrom(options, id, nowMs);
  release.add(asset);
  return asset;
}
