import { type Asset, type AssetOptions, assetFrom } from './asset.ts';

/** A release to add. */
export interface ReleaseOptions {
  /** May be shared by several drafts, and by drafts and a published release. */
  readonly tag: string;
  /** Defaults to the tag. */
  readonly name?: string;
  readonly draft?: boolean;
  readonly prerelease?: boolean;
  /** The release notes. */
  readonly body?: string;
  /** Created in a repository with immutable releases: it is immutable, unless it is a draft. */
  readonly immutable?: boolean;
  readonly assets?: readonly AssetOptions[];
}

/** What the repository gives a new release. */
export interface ReleaseStart {
  readonly id: number;
  readonly nowMs: number;
  readonly caseInsensitiveNames: boolean;
}

/** A release and its assets. */
export class Release {
  readonly id: number;
  readonly tag: string;
  readonly name: string;
  readonly isPrerelease: boolean;
  readonly createdMs: number;
  /** The release notes. */
  body: string;
  #isDraft: boolean;
  readonly #immutable: boolean;
  readonly #assets = new Map<number, Asset>();
  readonly #caseInsensitiveNames: boolean;

  constructor(options: ReleaseOptions, { caseInsensitiveNames, id, nowMs }: ReleaseStart) {
    const { tag, name = tag, draft = false, prerelease = false, body = '', immutable = false } = options;
    this.id = id;
    this.tag = tag;
    this.name = name;
    this.isPrerelease = prerelease;
    this.createdMs = nowMs;
    this.body = body;
    this.#isDraft = draft;
    this.#immutable = immutable;
    this.#caseInsensitiveNames = caseInsensitiveNames;
  }

  get isDraft(): boolean {
    return this.#isDraft;
  }

  /**
   * Whether its assets can no longer be added, changed or deleted. Never true for a draft.
   * Follows https://docs.github.com/code-security/concepts/supply-chain-security/immutable-releases
   */
  get isImmutable(): boolean {
    return this.#immutable && !this.#isDraft;
  }

  /** Makes a release of a draft. */
  publish(): void {
    this.#isDraft = false;
  }

  /** In order of addition. */
  get assets(): Asset[] {
    return [...this.#assets.values()];
  }

  asset(id: number): Asset | undefined {
    return this.#assets.get(id);
  }

  assetNamed(name: string): Asset | undefined {
    const keyOf = (one: string) => (this.#caseInsensitiveNames ? one.toLowerCase() : one);
    return this.assets.find((asset) => keyOf(asset.name) === keyOf(name));
  }

  add(asset: Asset): void {
    this.#assets.set(asset.id, asset);
  }

  remove(asset: Asset): void {
    this.#assets.delete(asset.id);
  }
}

/**
 * Adds an asset without an upload, and without the checks that GitHub makes for uploads.
 *
 * @throws Error when its name is in use
 */
export function addAsset(release: Release, options: AssetOptions, id: number, nowMs: number): Asset {
  if (release.assetNamed(options.name)) throw new Error(`the asset ${options.name} already exists`);
  const asset = assetFrom(options, id, nowMs);
  release.add(asset);
  return asset;
}
