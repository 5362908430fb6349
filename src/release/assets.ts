import { randomBytes } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import * as v from 'valibot';
import { Failure } from '../core/failure.ts';
import type { Timing } from '../core/timing.ts';
import { RequestFailure } from '../http/request-failure.ts';
import { isConflict } from './github-failure.ts';
import { type FoundRelease, type GitHubRequest, ifFound } from './github-request.ts';
import { openWriteQueue } from './write-queue.ts';

/** A file on the disk, complete and checked. */
export interface AttachedFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** In hex. */
  readonly sha256: string;
  readonly mediaType: string;
  /** What GitHub shows in place of the name; undefined to show the name. */
  readonly label: string | undefined;
  /** Replaces a name without any letter or digit that an asset name can have. */
  readonly videoId: string;
}

const assetSchema = v.object({
  id: v.number(),
  name: v.string(),
  state: v.optional(v.string()),
  size: v.number(),
  digest: v.nullish(v.string()),
  browser_download_url: v.string(),
});

type Asset = v.InferOutput<typeof assetSchema>;

/** Puts a file into the release as the asset of this name. `log` takes a line about what happens to others. */
export type PutAsset = (name: string, file: AttachedFile, log: (text: string) => void) => Promise<Asset>;

/** How often putting an asset is attempted where others change the release at the same time. */
const maxAttempts = 6;

/**
 * Opens the assets of one release. They are listed when they are first needed, and again where somebody else changed
 * them; in between, the list is kept current by what is changed here.
 *
 * @see https://docs.github.com/rest/releases/assets
 */
export function openAssets(request: GitHubRequest, release: FoundRelease, timing: Timing): PutAsset {
  const write = openWriteQueue(timing);
  let list: Promise<Map<number, Asset>> | undefined;

  async function load(): Promise<Map<number, Asset>> {
    const assets = await request('list the assets of the release', ({ paginate, rest }, repo) =>
      paginate(rest.repos.listReleaseAssets, { ...repo, release_id: release.id, per_page: 100 }),
    );
    return new Map(assets.map(toAsset).map((asset) => [asset.id, asset]));
  }

  /** Applies a change to the list, once it is loaded: its response may be older than the change. */
  function updateList(apply: (assets: Map<number, Asset>) => void): void {
    list?.then(apply, () => {});
  }

  async function upload(name: string, file: AttachedFile): Promise<Asset> {
    const { label, mediaType, path, sha256, sizeBytes } = file;
    const data = await openAsBlob(path, { type: mediaType });
    const changed = new Failure('file-incomplete', `${path} was changed after it had been saved`);
    if (data.size !== sizeBytes) throw changed;
    // Only the beginning waits for other writes: several files may be in transfer at once.
    await write(async () => {});
    const uploaded = await request(`upload ${name}`, (octokit) =>
      octokit.request({
        method: 'POST',
        url: release.upload_url,
        name,
        ...(label && { label }),
        data,
        headers: { 'content-type': mediaType },
      }),
    );
    const asset = toAsset(uploaded.data);
    updateList((assets) => assets.set(asset.id, asset));
    // Older versions of GitHub Enterprise Server report no digest.
    if (isSameFile({ ...asset, digest: asset.digest ?? `sha256:${sha256}` }, file)) return asset;
    await write(() => remove(asset));
    throw changed;
  }

  async function remove({ id, name }: Asset, signal?: AbortSignal): Promise<void> {
    const removed = request(
      `delete the asset ${name}`,
      ({ rest }, repo) => rest.repos.deleteReleaseAsset({ ...repo, asset_id: id }),
      signal,
    );
    // An asset that is gone already counts as deleted.
    await ifFound(removed);
    updateList((assets) => assets.delete(id));
  }

  /** Deletes the old asset of a name and gives the name to the new one. */
  function swap(old: Asset | undefined, { id }: Asset, name: string, label = ''): Promise<Asset> {
    // Between the two requests there is no asset of that name.
    return write(async (graced) => {
      if (old) await remove(old, graced);
      const renamed = await request(
        `rename the uploaded file to ${name}`,
        ({ rest }, repo) =>
          rest.repos.updateReleaseAsset({ ...repo, asset_id: id, name, ...(label && { label }) }),
        graced,
      );
      const asset = toAsset(renamed.data);
      updateList((assets) => assets.set(id, asset));
      return asset;
    });
  }

  const putOnce: PutAsset = async (name, file, log) => {
    list ??= load().catch((error: unknown) => {
      list = undefined;
      throw error;
    });
    const assets = [...(await list).values()];
    const current = assets.find((asset) => asset.name === name);
    // A replacement is uploaded under a temporary name. A name has at most 255 characters.
    const prefix = name.slice(0, 200);
    const parts = assets.filter(
      (part) => part.name.startsWith(prefix) && /^\.[0-9a-f]{8}\.part$/.test(part.name.slice(prefix.length)),
    );
    let asset: Asset;
    if (current && isSameFile(current, file)) {
      log(`${name} is already attached to ${release.tag_name}`);
      asset = current;
    } else if (!current && parts.length === 0) {
      asset = await upload(name, file);
    } else {
      const complete = parts.find((part) => isSameFile(part, file));
      const next = complete ?? (await upload(`${prefix}.${randomBytes(4).toString('hex')}.part`, file));
      asset = await swap(current, next, name, file.label);
    }
    for (const part of parts.filter(({ id }) => id !== asset.id)) {
      // The file is attached even where what another run left behind cannot be deleted.
      await write(() => remove(part)).catch((error: unknown) => {
        if (!(error instanceof RequestFailure)) throw error;
        log(error.what);
      });
    }
    return asset;
  };

  return async (name, file, log) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await putOnce(name, file, log);
      } catch (error) {
        if (!(error instanceof RequestFailure) || !isConflict(error) || attempt === maxAttempts) throw error;
        list = undefined;
        const answer = error.response?.messages.map(({ message }) => message).join(', ');
        const what = `${error.what} (${answer}); another job, or an interrupted upload, changed the release`;
        log(`${what}; next attempt in ${attempt} s`);
        await timing.clock.sleep(attempt * 1000, timing.signal);
      }
    }
  };
}

/** @throws {RequestFailure} where GitHub's response is not a release asset */
function toAsset(data: unknown): Asset {
  const { output, success } = v.safeParse(assetSchema, data);
  if (success) return output;
  throw new RequestFailure('github-error', 'The response of GitHub is not a release asset');
}

/** Whether an asset certainly has the contents of a file. */
function isSameFile({ digest, size, state }: Asset, { sha256, sizeBytes }: AttachedFile): boolean {
  return state === 'uploaded' && size === sizeBytes && digest === `sha256:${sha256}`;
}
