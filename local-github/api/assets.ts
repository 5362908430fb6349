import type { Reply } from '../../local-http/reply.ts';
import type { Asset } from '../releases/asset.ts';
import { assetNameFor } from '../releases/asset-name.ts';
import { assetOf, type GitHubRequest, type Handler, jsonReply, releaseOf } from './context.ts';
import { invalid, nameTaken, notFound } from './errors.ts';
import { readJsonObject } from './json-body.ts';
import { pageOf } from './pages.ts';

/** Follows https://docs.github.com/rest/releases/assets#list-release-assets */
export const listAssets: Handler = (call, { query, path }, context, permission) => {
  const release = releaseOf(call, context, permission);
  const { items, link } = pageOf(release.assets, query, `${context.origin}${path}`);
  const assets = items.map((asset) => context.responses.asset(release, asset));
  return jsonReply(200, assets, link === undefined ? {} : { link });
};

/**
 * With `Accept: application/octet-stream` the response is the content of the asset. GitHub may also redirect to it.
 * Follows https://docs.github.com/rest/releases/assets#get-a-release-asset
 */
export const getAsset: Handler = (call, { headers }, context, permission) => {
  const { release, asset } = assetOf(call, context, permission);
  if (headers.accept?.includes('application/octet-stream')) return bytesReply(asset);
  return jsonReply(200, context.responses.asset(release, asset));
};

/** Follows https://docs.github.com/rest/releases/assets#update-a-release-asset */
export const updateAsset: Handler = async (call, request, context, permission) => {
  const change = await readChange(request);
  const { release, asset } = assetOf(call, context, permission);
  // GitHub's message is not known; this one is modelled on the one for a deletion.
  if (release.isImmutable)
    throw invalid({ code: 'custom', message: 'Cannot update asset of an immutable release' });
  const { label } = change;
  const name = change.name === undefined ? asset.name : assetNameFor(change.name);
  if ((release.assetNamed(name) ?? asset) !== asset) throw nameTaken();
  asset.change({ name, ...(label !== undefined && { label }) }, context.clock.now());
  return jsonReply(200, context.responses.asset(release, asset));
};

/** Follows https://docs.github.com/rest/releases/assets#delete-a-release-asset */
export const deleteAsset: Handler = (call, _request, context, permission) => {
  const { release, asset } = assetOf(call, context, permission);
  // As reported in https://github.com/uutils/coreutils/issues/13839
  if (release.isImmutable)
    throw invalid({ code: 'custom', message: 'Cannot delete asset from an immutable release' });
  release.remove(asset);
  return { status: 204, headers: {}, body: new Uint8Array() };
};

/** Serves the `browser_download_url` of an asset of a published release, without authentication. */
export const downloadAsset: Handler = ({ tag, asset: name }, _request, { repository }) => {
  const asset = repository.publishedOf(tag)?.assetNamed(name);
  if (!asset) throw notFound();
  return bytesReply(asset);
};

/** @throws GitHubError 404 when the upload is incomplete, or was too large to be kept */
function bytesReply(asset: Asset): Reply {
  if (!asset.bytes) throw notFound();
  asset.downloads += 1;
  return {
    status: 200,
    headers: {
      'content-type': asset.contentType,
      'content-disposition': `attachment; filename=${asset.name}`,
    },
    body: asset.bytes,
  };
}

interface AssetChange {
  readonly name: string | undefined;
  readonly label: string | null | undefined;
}

async function readChange(request: GitHubRequest): Promise<AssetChange> {
  const { name, label } = await readJsonObject(request);
  if (name !== undefined && (typeof name !== 'string' || name === ''))
    throw invalid({ code: 'invalid', field: 'name' });
  if (label !== undefined && label !== null && typeof label !== 'string')
    throw invalid({ code: 'invalid', field: 'label' });
  return { name, label };
}
