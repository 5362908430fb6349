import type { Clock } from '../../local-http/clock.ts';
import { Asset, type AssetOptions, type AssetStart } from './asset.ts';
import { addAsset, Release, type ReleaseOptions } from './release.ts';

/** What the releases of a repository depend on. */
export interface RepositoryOptions {
  readonly clock: Clock;
  /** Whether two assets of a release may not have names that differ only by case. */
  readonly caseInsensitiveNames: boolean;
}

/** The repository of a local GitHub: its releases and their assets. */
export class Repository {
  readonly owner: string;
  readonly name: string;
  readonly #clock: Clock;
  readonly #caseInsensitiveNames: boolean;
  readonly #releases = new Map<number, Release>();
  #lastReleaseId = 1000;
  #lastAssetId = 5000;

  constructor(owner: string, name: string, { caseInsensitiveNames, clock }: RepositoryOptions) {
    this.owner = owner;
    this.name = name;
    this.#clock = clock;
    this.#caseInsensitiveNames = caseInsensitiveNames;
  }

  /** Whether this is the repository with the given name, which is case-insensitive. */
  isNamed(owner: string, name: string): boolean {
    return `${owner}/${name}`.toLowerCase() === `${this.owner}/${this.name}`.toLowerCase();
  }

  /** Newest first. */
  get releases(): Release[] {
    return [...this.#releases.values()].reverse();
  }

  release(id: number): Release | undefined {
    return this.#releases.get(id);
  }

  /** Returns the published release of a tag, or else its newest draft. */
  releaseOf(tag: string): Release | undefined {
    return this.publishedOf(tag) ?? this.releases.find((release) => release.tag === tag);
  }

  publishedOf(tag: string): Release | undefined {
    return this.releases.find((release) => release.tag === tag && !release.isDraft);
  }

  /** Returns an asset and the release that it belongs to. */
  asset(id: number): { readonly release: Release; readonly asset: Asset } | undefined {
    for (const release of this.#releases.values()) {
      const asset = release.asset(id);
      if (asset) return { release, asset };
    }
    return undefined;
  }

  /** @throws Error when the tag already has a published release, or two assets have the same name */
  addRelease(options: ReleaseOptions): Release {
    if (!options.draft && this.publishedOf(options.tag))
      throw new Error(`the tag ${options.tag} already has a release`);
    this.#lastReleaseId += 1;
    const release = new Release(options, {
      id: this.#lastReleaseId,
      nowMs: this.#clock.now(),
      caseInsensitiveNames: this.#caseInsensitiveNames,
    });
    for (const asset of options.assets ?? []) this.addAsset(release, asset);
    this.#releases.set(release.id, release);
    return release;
  }

  /** @throws Error when its name is in use */
  addAsset(release: Release, options: AssetOptions): Asset {
    return addAsset(release, options, this.#nextAssetId(), this.#clock.now());
  }

  /** Adds an asset whose bytes are still to be received. */
  startAsset(release: Release, start: Pick<AssetStart, 'name' | 'label' | 'contentType'>): Asset {
    const asset = new Asset({ ...start, id: this.#nextAssetId(), nowMs: this.#clock.now() });
    release.add(asset);
    return asset;
  }

  #nextAssetId(): number {
    this.#lastAssetId += 1;
    return this.#lastAssetId;
  }
}
