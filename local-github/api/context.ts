import type { Clock } from '../../local-http/clock.ts';
import type { RequestHead } from '../../local-http/exchange.ts';
import { type Reply, textReply } from '../../local-http/reply.ts';
import type { Permission } from '../credentials.ts';
import type { Asset } from '../releases/asset.ts';
import type { Release } from '../releases/release.ts';
import type { Repository } from '../releases/repository.ts';
import { notFound } from './errors.ts';
import type { Responses } from './responses.ts';
import type { Call } from './routes.ts';

/** A request whose body may still be in transit. */
export interface GitHubRequest extends RequestHead {
  /** To be read at most once. Reading throws an `IncompleteBodyError` when the body does not arrive completely. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** An upload that has arrived and is not yet validated. */
export interface UploadStart {
  /** The tag of its release. */
  readonly tag: string;
  /** The name that its asset will have. */
  readonly name: string;
}

/** What the API calls depend on. */
export interface GitHubContext {
  readonly repository: Repository;
  readonly responses: Responses;
  readonly clock: Clock;
  /** Whether an asset that does not exist is reported to a read-only token that is to change it. */
  readonly missingBeforePermission: boolean;
  /** The origin of the API's host. */
  readonly origin: string;
  /** Called when an upload arrives, before it is compared with the existing assets. */
  beforeUpload(upload: UploadStart): Promise<void>;
}

/** Carries out one API call. Throws a `GitHubError` for any response other than a success. */
export type Handler = (
  call: Call,
  request: GitHubRequest,
  context: GitHubContext,
  permission: Permission,
) => Reply | Promise<Reply>;

/** Creates a JSON response. */
export function jsonReply(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return textReply(status, JSON.stringify(value), 'application/json; charset=utf-8', headers);
}

/** Drafts are visible only with write permission. */
export function isVisible(release: Release, permission: Permission): boolean {
  return !release.isDraft || permission === 'write';
}

/**
 * Returns the release with the ID in the path of a call.
 *
 * @throws GitHubError 404 when it does not exist or is not visible
 */
export function releaseOf(call: Call, { repository }: GitHubContext, permission: Permission): Release {
  const release = repository.release(call.id);
  if (!release || !isVisible(release, permission)) throw notFound();
  return release;
}

/**
 * Returns the asset with the ID in the path of a call.
 *
 * @throws GitHubError 404 when it does not exist or is not visible
 */
export function assetOf(
  call: Call,
  { repository }: GitHubContext,
  permission: Permission,
): { readonly release: Release; readonly asset: Asset } {
  const found = repository.asset(call.id);
  if (!found || !isVisible(found.release, permission)) throw notFound();
  return found;
}
