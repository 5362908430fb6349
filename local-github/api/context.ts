import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../../local-stream/clock.ts';
import { type Reply, textReply } from '../../local-stream/http/reply.ts';
import type { Permission } from '../credentials.ts';
import type { Asset } from '../releases/asset.ts';
import type { Release } from '../releases/release.ts';
import type { Repository } from '../releases/repository.ts';
import type { Answers } from './answers.ts';
import { notFound } from './errors.ts';
import type { Call } from './routes.ts';

/** A request whose body may still be on its way. */
export interface GitHubRequest {
  readonly method: string;
  /** The path as it was sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** To be read once at most. Reading it throws a `BodyBroken` when the body does not come whole. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** An upload that is about to begin. */
export interface UploadStart {
  /** The tag of its release. */
  readonly tag: string;
  /** What its asset will be called. */
  readonly name: string;
}

/** What the calls work on. */
export interface GitHubContext {
  readonly repository: Repository;
  readonly answers: Answers;
  readonly clock: Clock;
  /** The origin of the API's host. */
  readonly origin: string;
  /** Lets others act between an upload's arrival and the look at what is there. */
  beforeUpload(upload: UploadStart): Promise<void>;
}

/** Carries out one call. Throws a `GitHubError` for an answer that is no success. */
export type CarryOut = (
  call: Call,
  request: GitHubRequest,
  context: GitHubContext,
  permission: Permission,
) => Reply | Promise<Reply>;

/** An answer of JSON. */
export function jsonReply(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return textReply(status, JSON.stringify(value), 'application/json; charset=utf-8', headers);
}

/** Drafts are there only for those who may write. */
export function isVisible(release: Release, permission: Permission): boolean {
  return !release.isDraft || permission === 'write';
}

/**
 * The release that a call names by its id.
 *
 * @throws GitHubError 404 when there is none that may be seen
 */
export function releaseOf(call: Call, { repository }: GitHubContext, permission: Permission): Release {
  const release = repository.release(call.id);
  if (!release || !isVisible(release, permission)) throw notFound();
  return release;
}

/**
 * The asset that a call names by its id.
 *
 * @throws GitHubError 404 when there is none that may be seen
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
