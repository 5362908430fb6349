import { openAsBlob } from 'node:fs';
import { Failure } from '../core/failure.ts';
import type { Timing } from '../core/timing.ts';
import { RequestFailure } from '../http/request-failure.ts';
import { openAssetRequests } from './asset-requests.ts';
import { isConflict, isNameTaken } from './github-failure.ts';
import type { GitHubOptions, GitHubRequest } from './github-request.ts';
import { type Asset, type FoundRelease, isUploaded } from './responses.ts';
import { logLeft, type Replacement, swap } from './swap.ts';
import { type TemporaryKind, temporaryKindOf, temporaryName } from './temporary-name.ts';
import { openWriteQueue } from './write-queue.ts';

/** A file on the disk, complete and checked. */
export interface AttachedFile {
  readonly path: string;
  /** The name that it is to have, of which GitHub keeps only some characters. */
  readonly name: string;
  readonly sizeBytes: number;
  /** In hex. */
  readonly sha256: string;
  readonly mediaType: string;
  /** What GitHub shows in place of the name; undefined to show the name. */
  readonly label: string | undefined;
  /** Replaces a name without any letter or digit that an asset name can have. */
  readonly videoId: string;
}

/**
 * Puts a file into the release as the asset of this name.
 *
 * @param log takes a line about what happens to others
 * @returns the URL of the asset
 */
export type PutAsset = (name: string, file: AttachedFile, log: (text: string) => void) => Promise<string>;

/** The video whose file is attached, and what takes lines about other assets. */
interface Context {
  readonly videoId: string;
  readonly log: (text: string) => void;
}

/** How often putting an asset is attempted where others change the release at the same time. */
const maxAttempts = 6;

/**
 * Opens the assets of one release.
 *
 * @see https://docs.github.com/rest/releases/assets
 */
export function openAssets(
  request: GitHubRequest,
  release: FoundRelease,
  { apiUrl, ...timing }: Timing & Pick<GitHubOptions, 'apiUrl'>,
): PutAsset {
  const assets = openAssetRequests(request, release, apiUrl);
  const { cleanUp, write } = openWriteQueue(timing);

  async function upload(name: string, file: AttachedFile, context: Context): Promise<Asset> {
    const { label, mediaType, path, sha256, sizeBytes, videoId } = file;
    const data = await openAsBlob(path, { type: mediaType });
    const changed = new Failure('file-incomplete', `${path} was changed after it had been saved`);
    if (data.size !== sizeBytes) throw changed;
    // Only the beginning waits for other writes: several files may be in transfer at once.
    await write(async () => {});
    const asset = await assets.upload(name, data, { videoId }, label);
    // Older versions of GitHub Enterprise Server report no digest.
    if (isSameFile({ ...asset, digest: asset.digest ?? `sha256:${sha256}` }, file)) return asset;
    const isIncomplete = `GitHub reports the state “${asset.state}” for the uploaded file ${name}`;
    const fault = isUploaded(asset) ? changed : new Failure('github-error', isIncomplete);
    const left: string[] = [];
    await remove(asset, { ...context, log: (line) => left.push(line) });
    throw left.length > 0 ? fault.describedAs([fault.what, ...left].join('; ')) : fault;
  }

  /** Removes an asset that is not needed any more. Where that fails, the asset is named. */
  function remove(asset: Asset, { log, videoId }: Context): Promise<void> {
    return cleanUp((grace) => assets.remove(asset, { grace, videoId })).catch(logLeft(asset, log));
  }

  /** Throws an error, with the asset that is in the way where a name differs from its name only by case. */
  async function throwWithOtherCase(error: unknown, name: string): Promise<never> {
    if (!(error instanceof RequestFailure) || !isNameTaken(error) || timing.signal.aborted) throw error;
    // Only what is already known is worth another request.
    const isKnown = inOtherCase((await assets.list()).values(), name);
    const other = isKnown && inOtherCase((await assets.relist()).values(), name);
    if (!other) throw error;
    const why = `the release has ${other.name}, which GitHub takes for the same name`;
    const advice = 'delete or rename that asset, or save the file under another name';
    const { kind, response, what } = error;
    throw new Failure(kind, `${what}; ${why}: ${advice}`, { response, cause: error });
  }

  /** Gives the name to a file that was uploaded under a temporary name. */
  async function giveName(replacement: Replacement, isLeftover: boolean, { log, videoId }: Context) {
    let hasBegun = false;
    try {
      return await write((grace) => {
        hasBegun = true;
        return swap(replacement, assets, { grace, videoId }, log);
      });
    } catch (error) {
      // What an earlier step uploaded spares the next one an upload.
      if (!hasBegun && !isLeftover) await remove(replacement.part, { log, videoId });
      throw error;
    }
  }

  async function putOnce(name: string, file: AttachedFile, context: Context): Promise<Asset> {
    const { log, videoId } = context;
    const orOtherCase = (error: unknown) => throwWithOtherCase(error, name);
    // The oldest first.
    const all = [...(await assets.list()).values()].toSorted((one, other) => one.id - other.id);
    const ofKind = (kind: TemporaryKind) => all.filter((asset) => temporaryKindOf(asset.name, name) === kind);
    const [parts, olds] = [ofKind('part'), ofKind('old')];
    const complete = parts.find((part) => isSameFile(part, file));

    let current = all.find((asset) => asset.name === name);
    // An earlier step ended before the new file had the name; the latest is what it replaced.
    const aside = current ? undefined : olds.findLast(isUploaded);
    if (aside && !complete) {
      const restore = write((grace) => assets.rename(aside, name, { grace, videoId }));
      current = await restore.catch(orOtherCase);
    }
    let asset: Asset;
    if (current && isSameFile(current, file)) {
      log(`${name} is already attached to ${release.tag}`);
      asset = current;
    } else if (!current && parts.length + olds.length === 0) {
      asset = await upload(name, file, context).catch(orOtherCase);
    } else {
      const part = complete ?? (await upload(temporaryName(name, 'part'), file, context));
      const replacement = { name, label: file.label, part, old: current ?? aside };
      asset = await giveName(replacement, part === complete, context).catch(orOtherCase);
    }
    const handled = [asset.id, current?.id, aside?.id];
    for (const left of [...parts, ...olds].filter(({ id }) => !handled.includes(id))) {
      await remove(left, context);
    }
    return asset;
  }

  return async (name, file, log) => {
    for (let attempt = 1; ; attempt++) {
      try {
        const { browser_download_url: url } = await putOnce(name, file, { log, videoId: file.videoId });
        if (url !== undefined) return url;
        throw new Failure('github-error', `GitHub reports no usable URL for the asset ${name}`);
      } catch (error) {
        const isLast = attempt === maxAttempts || timing.signal.aborted;
        if (!(error instanceof RequestFailure) || !isConflict(error) || isLast) throw error;
        assets.forget();
        const answer = error.response?.messages.map(({ message }) => message).join(', ');
        const what = `${error.what} (${answer}); another job, or an interrupted upload, changed the release`;
        log(`${what}; next attempt in ${attempt} s`);
        await timing.clock.sleep(attempt * 1000, timing.signal);
      }
    }
  };
}

function inOtherCase(assets: Iterable<Asset>, name: string): Asset | undefined {
  const all = [...assets];
  if (all.some((asset) => asset.name === name)) return undefined;
  return all.find((asset) => asset.name.toLowerCase() === name.toLowerCase());
}

/** Whether an asset certainly has the contents of a file. */
function isSameFile(asset: Asset, { sha256, sizeBytes }: AttachedFile): boolean {
  return isUploaded(asset) && asset.size === sizeBytes && asset.digest === `sha256:${sha256}`;
}
