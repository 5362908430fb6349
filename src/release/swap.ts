import { Failure } from '../core/failure.ts';
import { RequestFailure } from '../http/request-failure.ts';
import type { AssetRequests } from './asset-requests.ts';
import { type GitHubCall, ifFound } from './github-request.ts';
import { type Asset, isUploaded } from './responses.ts';
import { temporaryName } from './temporary-name.ts';

export interface Replacement {
  /** The name that the new file is to get. */
  readonly name: string;
  readonly label: string | undefined;
  /** The new file, uploaded completely under a temporary name. */
  readonly part: Asset;
  /** The earlier file: it has the name, or an interrupted swap renamed it. Undefined if there is none. */
  readonly old: Asset | undefined;
}

/**
 * Gives the name to the new file. Both files exist until the last step: the old one is renamed, the new one gets its
 * name, and the old one is deleted. If that fails in between, the old one gets its name back.
 *
 * @param log takes a line about an old file that cannot be deleted
 * @returns the new asset
 * @throws {Failure} with what the release holds then
 */
export async function swap(
  { label, name, old, part }: Replacement,
  assets: AssetRequests,
  call: GitHubCall,
  log: (text: string) => void,
): Promise<Asset> {
  // An incomplete upload is not worth keeping.
  const kept = old && isUploaded(old) ? old : undefined;
  const aside = kept && { ...kept, name: kept.name === name ? temporaryName(name, 'old') : kept.name };
  let attached: Asset;
  try {
    if (!aside && old) await assets.remove(old, call);
    // An asset that is gone already leaves its name free.
    if (aside && kept.name === name) await ifFound(assets.rename(kept, aside.name, call));
    attached = await assets.rename(part, name, call, label);
  } catch (error) {
    // What has become of it is in the list.
    if (aside) await assets.rename(aside, name, call).catch(() => {});
    const now = await assets.relist(call).catch(() => undefined);
    const found = now?.get(part.id);
    if (found?.name !== name) throw withNote(error, describe(now, name, aside, part));
    attached = found;
  }
  if (aside) await assets.remove(aside, call).catch(logLeft(aside, log));
  return attached;
}

/** Handles the failure to remove an asset that is not needed any more: names it. */
export function logLeft({ name }: Pick<Asset, 'name'>, log: (text: string) => void) {
  return (error: unknown): void => {
    if (!(error instanceof Failure)) throw error;
    log(`The asset ${name} is left in the release: ${error.what}`);
  };
}

/**
 * What the release holds after a swap failed.
 *
 * @param now undefined where it could not be listed
 * @param aside the old asset, with the name that it has while it is not attached
 */
function describe(
  now: ReadonlyMap<number, Asset> | undefined,
  name: string,
  aside: Asset | undefined,
  part: Asset,
): string {
  if (!now) {
    const names = [name, ...(aside ? [aside.name] : []), part.name];
    return `what the release holds now is unknown: look for ${names.join(', ')}`;
  }
  const holder = [...now.values()].find((asset) => asset.name === name);
  const state = holder
    ? `${name} is ${holder.id === aside?.id ? 'still the earlier file' : 'another file'}`
    : `the release has no ${name} now`;
  const elsewhere = (asset: Asset | undefined, which: string) => {
    const found = asset && now.get(asset.id);
    return found && found.name !== name ? [`the ${which} file is ${found.name}`] : [];
  };
  return [state, ...elsewhere(aside, 'earlier'), ...elsewhere(part, 'new')].join(', ');
}

function withNote(error: unknown, note: string): unknown {
  if (!(error instanceof Failure)) return error;
  const what = `${error.what}; ${note}`;
  if (!(error instanceof RequestFailure)) return error.describedAs(what);
  return new RequestFailure(error.kind, what, { response: error.response, cause: error });
}
