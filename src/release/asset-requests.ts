import { formatNumber } from '../core/text.ts';
import { RequestFailure } from '../http/request-failure.ts';
import { type GitHubCall, type GitHubRequest, ifFound } from './github-request.ts';
import { pageSize, pagesOf } from './pages.ts';
import { type Asset, asset, type FoundRelease, listedAsset, readResponse } from './responses.ts';

/** The most assets that a release can have. */
const maxAssets = 1000;

type Assets = ReadonlyMap<number, Asset>;

/**
 * The assets of one release, and the requests that change them.
 *
 * @throws {RequestFailure} what GitHub's refusals mean
 * @see https://docs.github.com/rest/releases/assets
 */
export interface AssetRequests {
  /** The assets by ID. They are listed when first needed, and kept current by the changes that are made here. */
  list(): Promise<Assets>;
  /** Lists them again, since somebody else may have changed them. */
  relist(call?: GitHubCall): Promise<Assets>;
  /** Has them listed again when they are next needed. */
  forget(): void;
  /** @param label what GitHub shows in place of the name; if empty, it shows the name */
  upload(name: string, file: Blob, call: GitHubCall, label?: string): Promise<Asset>;
  /** @param label if empty, the asset keeps its label */
  rename(asset: Asset, name: string, call: GitHubCall, label?: string): Promise<Asset>;
  /** Deletes an asset. One that is gone already counts as deleted. */
  remove(asset: Asset, call: GitHubCall): Promise<void>;
}

export function openAssetRequests(
  request: GitHubRequest,
  { id: releaseId, uploadUrl }: FoundRelease,
  apiUrl: string,
): AssetRequests {
  let list: Promise<Map<number, Asset>> | undefined;

  async function load(call: GitHubCall | undefined): Promise<Map<number, Asset>> {
    const action = 'list the assets of the release';
    const path = `releases/${releaseId}/assets`;
    const tooLong = () =>
      new RequestFailure(
        'github-error',
        `Could not ${action}: it lists more than the ${formatNumber(maxAssets)} that it can have`,
      );
    const paged = { action, path, maxPages: maxAssets / pageSize, tooLong };
    const assets = new Map<number, Asset>();
    for await (const page of pagesOf(request, paged, apiUrl, call)) {
      for (const entry of page) {
        const found = readResponse(action, listedAsset, entry);
        assets.set(found.id, found);
      }
    }
    return assets;
  }

  function relist(call?: GitHubCall): Promise<Assets> {
    const loading = load(call);
    list = loading;
    loading.catch(() => {
      if (list === loading) list = undefined;
    });
    return loading;
  }

  /** Applies a change to the list, once it is loaded: its response may be older than the change. */
  function updateList(apply: (assets: Map<number, Asset>) => void): void {
    list?.then(apply, () => {});
  }

  function readChanged(action: string, data: unknown): Asset {
    const changed = readResponse(action, asset, data);
    updateList((assets) => assets.set(changed.id, changed));
    return changed;
  }

  return {
    list: () => list ?? relist(),
    relist,
    forget: () => {
      list = undefined;
    },
    upload: async (name, file, call, label = '') => {
      const action = `upload ${name}`;
      const { data } = await request(
        action,
        (octokit) =>
          octokit.request({
            method: 'POST',
            url: `${uploadUrl.origin}${uploadUrl.pathname}{?name,label}`,
            name,
            ...(label && { label }),
            data: file,
            headers: { 'content-type': file.type },
          }),
        call,
      );
      return readChanged(action, data);
    },
    rename: async ({ id, name: from }, name, call, label = '') => {
      const action = `rename the asset ${from} to ${name}`;
      const { data } = await request(
        action,
        ({ rest }, repo) =>
          rest.repos.updateReleaseAsset({ ...repo, asset_id: id, name, ...(label && { label }) }),
        call,
      );
      return readChanged(action, data);
    },
    remove: async ({ id, name }, call) => {
      await ifFound(
        request(
          `delete the asset ${name}`,
          ({ rest }, repo) => rest.repos.deleteReleaseAsset({ ...repo, asset_id: id }),
          call,
        ),
      );
      updateList((assets) => assets.delete(id));
    },
  };
}
