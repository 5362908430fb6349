import type { Reply } from '../../local-stream/http/reply.ts';
import { permissionOf } from '../credentials.ts';
import type { Target } from '../faults.ts';
import { deleteAsset, downloadAsset, getAsset, listAssets, updateAsset } from './assets.ts';
import { type CarryOut, type GitHubContext, type GitHubRequest, jsonReply } from './context.ts';
import { GitHubError, notFound } from './errors.ts';
import { getRelease, getReleaseByTag, listReleases } from './releases.ts';
import { type Call, callOf, type Route, type Way } from './routes.ts';
import { uploadAsset } from './uploads.ts';

const calls: Readonly<Record<Route, CarryOut>> = {
  'releases.list': listReleases,
  'releases.get': getRelease,
  'releases.by-tag': getReleaseByTag,
  'assets.list': listAssets,
  'assets.get': getAsset,
  'assets.update': updateAsset,
  'assets.delete': deleteAsset,
  'assets.upload': uploadAsset,
  'assets.download': downloadAsset,
};

const writing: ReadonlySet<Route> = new Set(['assets.update', 'assets.delete', 'assets.upload']);

/** The two hosts, by what they are for. */
export type Host = 'api' | 'uploads';

/** One of the two hosts, as far as its content goes. */
export interface Site {
  readonly host: Host;
  /** What a request asks for. */
  targetOf(method: string, path: string, query: URLSearchParams): Target;
  /** @param requestId what the answer's `x-github-request-id` will be */
  answer(request: GitHubRequest, requestId: string): Promise<Reply>;
}

/** A host with the calls that it has. */
export function site(host: Host, ways: readonly Way[], context: GitHubContext): Site {
  return {
    host,
    targetOf: (method, path, query) => {
      const call = callOf(ways, method, path);
      return call ? targetOf(call, query, context) : { route: 'unknown' };
    },
    answer: async (request, requestId) => {
      try {
        return await carryOut(request, ways, context);
      } catch (error) {
        if (error instanceof GitHubError) return failure(error, host, requestId);
        throw error;
      }
    },
  };
}

function targetOf({ route, id, asset }: Call, query: URLSearchParams, { repository }: GitHubContext): Target {
  switch (route) {
    case 'assets.upload':
      return { route, asset: query.get('name') ?? undefined };
    case 'assets.download':
      return { route, asset };
    case 'assets.get':
    case 'assets.update':
    case 'assets.delete':
      return { route, asset: repository.asset(id)?.asset.name };
    default:
      return { route };
  }
}

async function carryOut(
  request: GitHubRequest,
  ways: readonly Way[],
  context: GitHubContext,
): Promise<Reply> {
  const call = callOf(ways, request.method, request.path);
  if (!call) throw notFound();
  const permission = call.route === 'assets.download' ? 'read' : permissionOf(request.headers);
  if (!context.repository.isNamed(call.owner, call.repo)) throw notFound();
  if (permission === 'read' && writing.has(call.route))
    throw new GitHubError(403, 'Resource not accessible by integration');
  return calls[call.route](call, request, context, permission);
}

/** The host for uploads names the request where the API repeats the status. */
function failure({ status, message, errors }: GitHubError, host: Host, requestId: string): Reply {
  return jsonReply(status, {
    message,
    ...(errors && { errors }),
    documentation_url: 'https://docs.github.com/rest',
    ...(host === 'uploads' ? { request_id: requestId } : { status: String(status) }),
  });
}
