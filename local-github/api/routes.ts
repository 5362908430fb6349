import { URLPattern } from 'node:url';

/** What can be asked, by the names that faults and recorded requests use. */
export type Route =
  | `releases.${'list' | 'get' | 'by-tag'}`
  | `assets.${'list' | 'get' | 'update' | 'delete' | 'upload' | 'download'}`;

/** A call, with what its path names. */
export interface Call {
  readonly route: Route;
  readonly owner: string;
  readonly repo: string;
  /** Of the release or the asset; NaN for the calls without. */
  readonly id: number;
  /** Empty for the calls without. */
  readonly tag: string;
  /** The name of the asset to download; empty for all other calls. */
  readonly asset: string;
}

/** A route, and the requests that take it. */
export interface Way {
  readonly route: Route;
  readonly method: string;
  readonly pattern: URLPattern;
}

/**
 * The calls of the API's host.
 *
 * @param base the path under which they are: empty, or `/api/v3`
 */
export function apiWays(base: string): Way[] {
  const releases = `${base}/repos/:owner/:repo/releases`;
  return [
    way('releases.list', 'GET', releases),
    way('releases.by-tag', 'GET', `${releases}/tags/:tag(.+)`),
    way('releases.get', 'GET', `${releases}/:id(\\d+)`),
    way('assets.list', 'GET', `${releases}/:id(\\d+)/assets`),
    way('assets.get', 'GET', `${releases}/assets/:id(\\d+)`),
    way('assets.update', 'PATCH', `${releases}/assets/:id(\\d+)`),
    way('assets.delete', 'DELETE', `${releases}/assets/:id(\\d+)`),
    // On the real one this is the host of the pages, not of the API.
    way('assets.download', 'GET', '/:owner/:repo/releases/download/:tag/:asset'),
  ];
}

/**
 * The call of the host for uploads.
 *
 * @param base the path under which it is: empty, or `/api/uploads`
 */
export function uploadWays(base: string): Way[] {
  return [way('assets.upload', 'POST', `${base}/repos/:owner/:repo/releases/:id(\\d+)/assets`)];
}

/** The call that a request makes, if there is such a call. */
export function callOf(ways: readonly Way[], method: string, path: string): Call | undefined {
  const asked = method === 'HEAD' ? 'GET' : method;
  for (const { route, method: itsMethod, pattern } of ways) {
    const groups = asked === itsMethod ? pattern.exec({ pathname: path })?.pathname.groups : undefined;
    if (!groups) continue;
    const { owner = '', repo = '', id = 'none', tag = '', asset = '' } = groups;
    return { route, owner, repo, id: Number(id), tag: decoded(tag), asset: decoded(asset) };
  }
  return undefined;
}

function way(route: Route, method: string, pathname: string): Way {
  return { route, method, pattern: new URLPattern({ pathname }) };
}

/** A part of a path without its escapes, or as it is when they are none. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
