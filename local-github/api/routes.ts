import { URLPattern } from 'node:url';

/** The implemented API calls, by the names that faults and recorded requests use. */
export type Route =
  | `releases.${'list' | 'create' | 'get' | 'by-tag' | 'update'}`
  | `assets.${'list' | 'get' | 'update' | 'delete' | 'upload' | 'download'}`;

/** An API call with the parameters of its path. */
export interface Call {
  readonly route: Route;
  readonly owner: string;
  readonly repo: string;
  /** The ID of the release or the asset; NaN for calls without one. */
  readonly id: number;
  /** The tag of the release; empty for calls without one. */
  readonly tag: string;
  /** The name of the asset to download; empty for other calls. */
  readonly asset: string;
}

/** The method and path of an API call. */
export interface RoutePattern {
  readonly route: Route;
  readonly method: string;
  readonly pattern: URLPattern;
}

/**
 * Returns the calls of the API host.
 *
 * @param base the base path of the API: empty, or `/api/v3`
 */
export function apiRoutes(base: string): RoutePattern[] {
  const releases = `${base}/repos/:owner/:repo/releases`;
  return [
    routePattern('releases.list', 'GET', releases),
    routePattern('releases.create', 'POST', releases),
    routePattern('releases.by-tag', 'GET', `${releases}/tags/:tag(.+)`),
    routePattern('releases.get', 'GET', `${releases}/:id(\\d+)`),
    routePattern('releases.update', 'PATCH', `${releases}/:id(\\d+)`),
    routePattern('assets.list', 'GET', `${releases}/:id(\\d+)/assets`),
    routePattern('assets.get', 'GET', `${releases}/assets/:id(\\d+)`),
    routePattern('assets.update', 'PATCH', `${releases}/assets/:id(\\d+)`),
    routePattern('assets.delete', 'DELETE', `${releases}/assets/:id(\\d+)`),
    // GitHub serves this one on github.com, not on the API host.
    routePattern('assets.download', 'GET', '/:owner/:repo/releases/download/:tag/:asset'),
  ];
}

/**
 * Returns the calls of the uploads host.
 *
 * @param base the base path of uploads: empty, or `/api/uploads`
 */
export function uploadRoutes(base: string): RoutePattern[] {
  return [routePattern('assets.upload', 'POST', `${base}/repos/:owner/:repo/releases/:id(\\d+)/assets`)];
}

/** Returns the API call for a request, if there is one. */
export function callOf(routes: readonly RoutePattern[], method: string, path: string): Call | undefined {
  const effectiveMethod = method === 'HEAD' ? 'GET' : method;
  for (const { route, method: routeMethod, pattern } of routes) {
    const groups =
      effectiveMethod === routeMethod ? pattern.exec({ pathname: path })?.pathname.groups : undefined;
    if (!groups) continue;
    const { owner = '', repo = '', id = 'none', tag = '', asset = '' } = groups;
    return { route, owner, repo, id: Number(id), tag: decodeSegment(tag), asset: decodeSegment(asset) };
  }
  return undefined;
}

function routePattern(route: Route, method: string, pathname: string): RoutePattern {
  return { route, method, pattern: new URLPattern({ pathname }) };
}

/** Decodes a path segment; returns it unchanged when its escapes are malformed. */
function decodeSegment(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
