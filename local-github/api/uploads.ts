import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type Asset, keptBytes } from '../releases/asset.ts';
import { assetNameFor } from '../releases/asset-name.ts';
import type { Release } from '../releases/release.ts';
import { type Handler, jsonReply, releaseOf } from './context.ts';
import { GitHubError, invalid, nameTaken, notFound } from './errors.ts';

/** The documented limit is "under 2 GiB", but the API accepts exactly 2 GiB. */
export const maxAssetBytes = 2 ** 31;

/** The maximum number of assets of a release. */
export const maxAssets = 1000;

/**
 * Receives a new asset. A refusal is sent before the body is read. Otherwise the asset exists as a `starter` while the
 * body is received, and remains one if the body is incomplete.
 * Follows https://docs.github.com/rest/releases/assets#upload-a-release-asset
 */
export const uploadAsset: Handler = async (call, { query, headers, body }, context, permission) => {
  const { repository, responses, clock } = context;
  const release = releaseOf(call, context, permission);
  const sizeBytes = contentLength(headers);
  // As reported in https://github.com/concourse/github-release-resource/issues/151
  if (release.isImmutable) throw new GitHubError(422, 'Cannot upload assets to an immutable release.');
  const requestedName = query.get('name') ?? '';
  if (requestedName === '') throw invalid({ code: 'missing_field', field: 'name' });
  const name = assetNameFor(requestedName);
  await context.beforeUpload({ tag: release.tag, name });
  checkAllowed(release, name, sizeBytes);

  const asset = repository.startAsset(release, {
    name,
    // GitHub reports "" for API uploads without a label, and null for uploads on its web pages.
    label: query.get('label') ?? '',
    contentType: headers['content-type'] ?? 'application/octet-stream',
  });
  const content = await readContent(body, sizeBytes <= keptBytes);
  // Another client may have deleted the starter meanwhile.
  if (!release.asset(asset.id)) throw notFound();
  asset.complete(content, clock.now());
  return jsonReply(201, responses.asset(release, asset));
};

/** The error is as reported in https://github.com/denoland/deno/issues/24197, also for chunked bodies. */
function contentLength({ 'content-length': length }: IncomingHttpHeaders): number {
  if (length === undefined) throw new GitHubError(400, 'Bad Content-Length: ');
  return Number(length);
}

/**
 * The messages are as reported in https://github.com/svenstaro/upload-release-action/issues/94 and
 * https://github.com/bluerobotics/BlueOS/issues/3683
 *
 * @throws GitHubError 422 when GitHub would refuse the asset
 */
function checkAllowed(release: Release, name: string, sizeBytes: number): void {
  if (sizeBytes < 1)
    throw invalid({ code: 'custom', field: 'size', message: 'size must be greater than or equal to 1' });
  if (sizeBytes > maxAssetBytes) {
    const message = `size must be less than or equal to ${maxAssetBytes}`;
    throw invalid({ code: 'custom', field: 'size', message });
  }
  if (release.assetNamed(name)) throw nameTaken();
  if (release.assets.length >= maxAssets) {
    const message = `file_count limited to ${maxAssets} assets per release`;
    throw invalid({ code: 'custom', field: 'file_count', message });
  }
}

async function readContent(
  body: AsyncIterable<Uint8Array>,
  isKept: boolean,
): Promise<Parameters<Asset['complete']>[0]> {
  const hash = createHash('sha256');
  const kept: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of body) {
    hash.update(piece);
    sizeBytes += piece.byteLength;
    if (isKept) kept.push(piece);
  }
  const digest = `sha256:${hash.digest('hex')}`;
  return { sizeBytes, digest, ...(isKept && { bytes: new Uint8Array(Buffer.concat(kept)) }) };
}
