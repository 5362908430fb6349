import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type Asset, keptBytes } from '../releases/asset.ts';
import { assetNameFor } from '../releases/asset-name.ts';
import type { Release } from '../releases/release.ts';
import { type CarryOut, jsonReply, releaseOf } from './context.ts';
import { GitHubError, invalid, nameTaken, notFound } from './errors.ts';

/** "Each file included in a release must be under 2 GiB", and the API takes one of exactly that. */
export const maxAssetBytes = 2 ** 31;

/** How many assets a release has at most. */
export const maxAssets = 1000;

/**
 * Takes in a new asset. What speaks against it is said at once, before its bytes have come: the asset is there, as a
 * `starter`, from the first of them on, and if they break off it stays.
 * Follows https://docs.github.com/rest/releases/assets#upload-a-release-asset
 */
export const uploadAsset: CarryOut = async (call, { query, headers, body }, context, permission) => {
  const { repository, answers, clock } = context;
  const release = releaseOf(call, context, permission);
  const sizeBytes = lengthOf(headers);
  // As reported in https://github.com/concourse/github-release-resource/issues/151
  if (release.isImmutable) throw new GitHubError(422, 'Cannot upload assets to an immutable release.');
  const asked = query.get('name') ?? '';
  if (asked === '') throw invalid({ code: 'missing_field', field: 'name' });
  const name = assetNameFor(asked);
  await context.beforeUpload({ tag: release.tag, name });
  admit(release, name, sizeBytes);

  const asset = repository.startAsset(release, {
    name,
    // The real one says "" for what came by the API without a label, and null for what came by the pages.
    label: query.get('label') ?? '',
    contentType: headers['content-type'] ?? 'application/octet-stream',
  });
  const content = await contentOf(body, sizeBytes <= keptBytes);
  // It may have been deleted as the leftover that it looked like.
  if (!release.asset(asset.id)) throw notFound();
  asset.complete(content, clock.now());
  return jsonReply(201, answers.asset(release, asset));
};

/** As reported in https://github.com/denoland/deno/issues/24197, also for a body in chunks. */
function lengthOf({ 'content-length': length }: IncomingHttpHeaders): number {
  if (length === undefined) throw new GitHubError(400, 'Bad Content-Length: ');
  return Number(length);
}

/**
 * Messages as reported in https://github.com/svenstaro/upload-release-action/issues/94 and
 * https://github.com/bluerobotics/BlueOS/issues/3683
 *
 * @throws GitHubError 422 when there can be no such asset
 */
function admit(release: Release, name: string, sizeBytes: number): void {
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

async function contentOf(
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
