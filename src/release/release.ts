import { basename } from 'node:path';
import pLimit from 'p-limit';
import { Failure } from '../core/failure.ts';
import { count, formatNumber } from '../core/text.ts';
import { assetName } from './asset-name.ts';
import { type AttachedFile, openAssets } from './assets.ts';
import { findRelease, type ReleaseReference } from './find-release.ts';
import { type GitHubOptions, openGitHub } from './github-request.ts';
import { requireWritePermission } from './permission.ts';

/** The largest asset that GitHub accepts, in bytes. */
const maxAssetBytes = 2 * 1024 ** 3;

export interface ReleaseOptions extends GitHubOptions {
  readonly reference: ReleaseReference;
  /** Files in transfer at once. */
  readonly concurrency: number;
}

/** A GitHub release that files are attached to. */
export interface Release {
  readonly tag: string;
  readonly isDraft: boolean;
  /** The address of its page; undefined if GitHub reports none. */
  readonly pageUrl: string | undefined;
  /**
   * Finds out whether the token may attach files, with at most one request, which changes nothing.
   *
   * @throws {Failure} `github-permission` if it certainly may not
   */
  requireWritePermission(): Promise<void>;
  /**
   * Attaches a file: an asset that is the same is kept, one that differs is replaced once the new one is complete.
   *
   * @param log takes a line about an asset that is kept, a conflict, or one that is left since it cannot be deleted
   * @returns the URL of the asset; for a draft, the one that it will have once the draft is published
   * @throws {Failure}
   */
  attach(file: AttachedFile, log: (text: string) => void): Promise<string>;
}

/**
 * Finds a release that files can be attached to.
 *
 * @throws {Failure} `release-not-found`, `release-ambiguous`, `release-immutable`, and what GitHub's refusals mean
 */
export async function openRelease(options: ReleaseOptions): Promise<Release> {
  const request = openGitHub(options);
  const release = await findRelease(request, options.reference, options);
  const putAsset = openAssets(request, release, options);
  const inTransfer = pLimit(options.concurrency);
  const { isDraft, pageUrl, tag, tagInUrl } = release;
  /** The file of each asset name that was used in this step. */
  const fileOf = new Map<string, AttachedFile>();

  return {
    tag,
    isDraft,
    pageUrl,
    requireWritePermission: () => requireWritePermission(request, release),
    attach: async (file, log) => {
      const name = await assetName(file.name, file.videoId);
      const other = fileOf.get(name) ?? file;
      if (other.path !== file.path) {
        const whose = `that of the file ${basename(other.path)} of video ${other.videoId}`;
        throw new Failure('target-taken', `The asset ${name} is also ${whose}`);
      }
      fileOf.set(name, file);
      if (file.sizeBytes > maxAssetBytes) {
        const what = `${name} has ${count(file.sizeBytes, 'byte')}, and a release accepts ${formatNumber(maxAssetBytes)} at most`;
        throw new Failure('asset-too-large', what);
      }
      const url = await inTransfer(() => putAsset(name, file, log));
      // The URL of a draft's asset is temporary: it changes when the draft is published.
      const draft = /(\/releases\/download\/)untagged-[^/]+\//;
      return url.replace(draft, `$1${tagInUrl}/`);
    },
  };
}
