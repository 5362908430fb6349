import type { Reply } from '../../local-http/reply.ts';
import { permissionOf } from '../credentials.ts';
import type { Target } from '../faults.ts';
import { deleteAsset, downloadAsset, getAsset, listAssets, updateAsset } from './assets.ts';
import { assetOf, type GitHubContext, type GitHubRequest, type Handler, jsonReply } from './context.ts';
import { GitHubError, notFound } from './errors.ts';
import { createRelease, getRelease, getReleaseByTag, listReleases, updateRelease } from './releases.ts';
import { type Call, callOf, type Route, type RoutePattern } from './routes.ts';
import { uploadAsset } from './uploads.ts';

const calls: Readonly<Record<Route, Handler>> = {
  'releases.list': listReleases,
  'releases.create': createRelease,
  'releases.get': getRelease,
  'releases.by-tag': getReleaseByTag,
  'releases.update': updateRelease,
  'assets.list': listAssets,
  'assets.get': getAsset,
  'assets.update': updateAsset,
  'assets.delete': deleteAsset,
  'assets.upload': uploadAsset,
  'assets.download': downloadAsset,
};

const writing: ReadonlySet<Route> = new Set([
  'releases.create',
  'releases.update',
  'assets.update',
  'assets.delete',
  'assets.upload',
]);

/** The two hosts, by what they serve. */
export type Host = 'api' | 'uploads';

/** What one of the two hosts serves. */
export interface Site {
  readonly host: Host;
  targetOf(method: string, path: string, query: URLSearchParams): Target;
  /** @param requestId the `x-github-request-id` of the response */
  answer(request: GitHubRequest, requestId: string): Promise<Reply>;
}

/** Creates the site of a host that serves the given calls. */
export function site(host: Host, routes: readonly RoutePattern[], context: GitHubContext): Site {
  return {
    host,
    targetOf: (method, path, query) => {
      const call = callOf(routes, method, path);
      return call ? targetOf(call, query, context) : { route: 'unknown' };
    },
    answer: async (request, requestId) => {
      try {
        return await carryOut(request, routes, context);
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
  routes: readonly RoutePattern[],
  context: GitHubContext,
): Promise<Reply> {
  const call = callOf(routes, request.method, request.path);
  if (!call) throw notFound();
  const permission = call.route === 'assets.download' ? 'read' : permissionOf(request.headers);
  if (!context.repository.isNamed(call.owner, call.repo)) throw notFound();
  if (permission === 'read' && writing.has(call.route)) {
    if (context.missingBeforePermission && call.route !== 'assets.upload') assetOf(call, context, permission);
    throw new GitHubError(403, 'Resource not accessible by integration');
  }
  return calls[call.route](call, request, context, permission);
}

/** Errors of the uploads host contain the request ID, those of the API host the status. */
function failure({ status, message, errors }: GitHubError, host: Host, requestId: string): Reply {
  return jsonReply(status, {
    message,
    ...(errors && { errors }),
    documentation_url: 'https://docs.github.com/rest',
    ...(host === 'uploads' ? { request_id: requestId } : { status: String(status) }),
  });
}
