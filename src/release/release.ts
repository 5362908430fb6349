import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import { Failure } from '../core/failure.ts';
import { assetName } from './asset-name.ts';
import { isNameTaken, statusOf } from './errors.ts';
import type { Client, GitHub } from './github.ts';

/** Which release: the one of a tag, or that of an event, which has an id. */
export interface ReleaseReference {
  readonly tag: string;
  readonly id?: number;
}

/** A file on the disk, whole and checked. */
export interface AttachedFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** In hex. */
  readonly sha256: string;
  readonly contentType: string;
  /** What people read in place of the name; undefined where there is nothing better. */
  readonly label: string | undefined;
  /** Stands in for a name of which nothing is left. */
  readonly videoId: string;
}

interface Asset {
  readonly id: number;
  readonly name: string;
  readonly state: string;
  readonly size: number;
  readonly digest: string | null;
  readonly browser_download_url: string;
}

/** The largest asset that GitHub takes, in bytes. */
const largestBytes = 2 * 1024 ** 3;

/** How often an asset is begun anew because somebody else changed the release meanwhile. */
const maxRounds = 6;

/** For how long an asset may be put into its place once the step ends, in ms. */
const graceMs = 700;

/** What stands after the name of an asset as long as it is on its way to that name. */
const underWay = /^\.[0-9a-f]{8}\.part$/;

/**
 * A GitHub release that files are attached to.
 *
 * @see https://docs.github.com/rest/releases/assets
 */
export class Release {
  readonly #github: GitHub;
  readonly #id: number;
  readonly #uploadUrl: string;
  readonly tag: string;
  /** Whose each name is that was given in this step. */
  readonly #takenBy = new Map<string, AttachedFile>();

  private constructor(github: GitHub, tag: string, id: number, uploadUrl: string) {
    this.#github = github;
    this.tag = tag;
    this.#id = id;
    this.#uploadUrl = uploadUrl;
  }

  /**
   * Finds a release, drafts among them.
   *
   * @throws {Failure} `release-not-found`, `release-immutable`, and what GitHub's refusals mean
   */
  static async find(github: GitHub, { id, tag }: ReleaseReference): Promise<Release> {
    const found = id === undefined ? await findByTag(github, tag) : await findById(github, id);
    if (!found) {
      throw new Failure('release-not-found', `There is no release ${tag} in ${github.owner}/${github.repo}`);
    }
    if (found.immutable && !found.draft) {
      throw new Failure('release-immutable', `The release ${found.tag_name} is published and immutable`);
    }
    if (!URL.canParse(found.upload_url)) {
      throw new Failure('github-refused', `What was answered for the release ${tag} is none of GitHub's API`);
    }
    if (!github.owns(found.upload_url)) {
      const { host } = new URL(found.upload_url);
      throw new Failure('github-refused', `The release takes uploads at ${host}, which is not GitHub's`);
    }
    return new Release(github, found.tag_name, found.id, found.upload_url);
  }

  /**
   * Attaches a file: an asset that is the same is kept, one that is not is replaced once the new one is whole.
   *
   * @returns the address of the asset; of a draft, the one that it has once that is published
   * @throws {Failure}
   */
  async attach(file: AttachedFile, tell: (text: string) => void): Promise<string> {
    const name = assetName(basename(file.path), file.videoId);
    this.#take(name, file);
    if (file.sizeBytes > largestBytes) {
      const what = `${name} has ${file.sizeBytes} bytes, and a release takes ${largestBytes} at most`;
      throw new Failure('asset-too-large', what);
    }
    return this.#github.inTransfer(() => this.#rounds(name, file, tell));
  }

  async #rounds(name: string, file: AttachedFile, tell: (text: string) => void): Promise<string> {
    for (let round = 1; ; round++) {
      try {
        return await this.#round(name, file, tell);
      } catch (error) {
        // Another job may be at the same release: an asset came or went.
        const raced = error instanceof Failure && (isNameTaken(error.cause) || statusOf(error.cause) === 404);
        if (!raced || round === maxRounds) throw error;
        tell(`${error.what}; another job, or an upload that broke, changed the release, so once more`);
        await this.#github.pause(round);
      }
    }
  }

  async #round(name: string, file: AttachedFile, tell: (text: string) => void): Promise<string> {
    const assets = await this.#assets();
    const current = assets.find((asset) => asset.name === name);
    const start = name.slice(0, 200);
    const others = assets.filter(
      (asset) => asset.name.startsWith(start) && underWay.test(asset.name.slice(start.length)),
    );
    let asset: Asset;
    if (current && isSame(current, file)) {
      tell(`${name} is attached to ${this.tag} already`);
      asset = current;
    } else if (!current && others.length === 0) {
      asset = await this.#upload(name, file);
    } else {
      const whole = others.find((other) => isSame(other, file));
      const next = whole ?? (await this.#upload(`${start}.${randomHex()}.part`, file));
      asset = await this.#swap(current, next, name, file);
    }
    for (const other of others) if (other.id !== asset.id) await this.#remove(other, tell);
    // Of a draft it is another one, which ends when that is published.
    return asset.browser_download_url.replace(
      /(\/releases\/download\/)untagged-[^/]+\//,
      `$1${encodeURIComponent(this.tag)}/`,
    );
  }

  #assets(): Promise<Asset[]> {
    return this.#github.ask('list the assets of the release', ({ octokit, signal }) =>
      octokit.paginate(octokit.rest.repos.listReleaseAssets, {
        ...this.#repository,
        release_id: this.#id,
        per_page: 100,
        request: { signal },
      }),
    );
  }

  async #upload(name: string, file: AttachedFile): Promise<Asset> {
    const { contentType, label, path, sizeBytes } = file;
    const data = await openAsBlob(path, { type: contentType });
    const changed = new Failure('file-incomplete', `${path} is not what was saved any more`);
    if (data.size !== sizeBytes) throw changed;
    const { data: asset } = await this.#github.ask(`upload ${name}`, ({ octokit, signal }) =>
      octokit.request<Asset>({
        method: 'POST',
        url: this.#uploadUrl,
        name,
        ...(label && { label }),
        data,
        headers: { 'content-type': contentType },
        request: { signal },
      }),
    );
    // Not every GitHub tells a digest.
    if (isSame({ ...asset, digest: asset.digest ?? `sha256:${file.sha256}` }, file)) return asset;
    await this.#delete(asset);
    throw changed;
  }

  /** Puts an asset into the place of another, which is there until then but for a moment. */
  async #swap(old: Asset | undefined, next: Asset, name: string, { label }: AttachedFile): Promise<Asset> {
    const swap = async ({ graced, octokit, prompt, signal }: Client) => {
      signal.throwIfAborted();
      // A deletion that is cut off may be carried out all the same.
      if (old)
        await deleteAsset(octokit, { ...this.#repository, asset_id: old.id, request: { signal: graced } });
      const { data } = await prompt.rest.repos.updateReleaseAsset({
        ...this.#repository,
        asset_id: next.id,
        name,
        ...(label && { label }),
        request: { signal: graced },
      });
      return data;
    };
    return this.#github.ask(`put ${name} into its place`, swap, graceMs);
  }

  /** Removes what another run left behind; where that fails, what was attached is attached all the same. */
  async #remove(asset: Asset, tell: (text: string) => void): Promise<void> {
    try {
      await this.#delete(asset);
    } catch (error) {
      if (!(error instanceof Failure) || error.kind === 'cancelled' || error.kind === 'time-over')
        throw error;
      tell(error.what);
    }
  }

  async #delete({ id, name }: Asset): Promise<void> {
    await this.#github.ask(`delete the asset ${name}`, ({ octokit, signal }) =>
      deleteAsset(octokit, { ...this.#repository, asset_id: id, request: { signal } }),
    );
  }

  /** @throws {Failure} `target-taken` */
  #take(name: string, file: AttachedFile): void {
    const other = this.#takenBy.get(name);
    if (other && other.path !== file.path) {
      const whose = `that of ${basename(other.path)}, of video ${other.videoId}`;
      throw new Failure('target-taken', `The asset ${name} is also ${whose}`);
    }
    this.#takenBy.set(name, file);
  }

  get #repository() {
    const { owner, repo } = this.#github;
    return { owner, repo };
  }
}

function isSame({ digest, size, state }: Asset, { sha256, sizeBytes }: AttachedFile): boolean {
  return state === 'uploaded' && size === sizeBytes && digest === `sha256:${sha256}`;
}

/** What is gone already is as good as deleted. */
async function deleteAsset(
  octokit: Client['octokit'],
  asset: Parameters<Client['octokit']['rest']['repos']['deleteReleaseAsset']>[0],
): Promise<void> {
  try {
    await octokit.rest.repos.deleteReleaseAsset(asset);
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
}

async function findById(github: GitHub, id: number) {
  const { owner, repo } = github;
  return github.ask('look up the release of the event', async ({ octokit, signal }) => {
    const { data } = await octokit.rest.repos
      .getRelease({ owner, repo, release_id: id, request: { signal } })
      .catch(undefinedWhereMissing);
    return data;
  });
}

/** Drafts are not found by their tag, but listed to a token that may write. */
async function findByTag(github: GitHub, tag: string) {
  const { owner, repo } = github;
  return github.ask(`look up the release ${tag}`, async ({ octokit, signal }) => {
    const request = { signal };
    const { data } = await octokit.rest.repos
      .getReleaseByTag({ owner, repo, tag, request })
      .catch(undefinedWhereMissing);
    if (data) return data;
    const pages = octokit.paginate.iterator(octokit.rest.repos.listReleases, {
      owner,
      repo,
      per_page: 100,
      request,
    });
    for await (const page of pages) {
      const draft = page.data.find((release) => release.draft && release.tag_name === tag);
      if (draft) return draft;
    }
    return undefined;
  });
}

function undefinedWhereMissing(error: unknown): { data: undefined } {
  if (statusOf(error) !== 404) throw error;
  return { data: undefined };
}

function randomHex(): string {
  return crypto.getRandomValues(Buffer.alloc(4)).toString('hex');
}
