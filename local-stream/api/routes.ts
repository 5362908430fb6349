import { URLPattern } from 'node:url';
import { type DownloadType, downloadTypes } from '../library/download.ts';

/** The base path of the API. */
export const apiBase = '/client/v4';

const stream = `${apiBase}/accounts/:account/stream`;
const video = `${stream}/:video`;
const ofType = `{/:type(${downloadTypes.join('|')})}?`;

const calls = [
  call('videos.list', 'GET', stream),
  call('videos.upload', 'POST', stream),
  call('videos.get', 'GET', video),
  call('videos.delete', 'DELETE', video),
  call('downloads.list', 'GET', `${video}/downloads`),
  call('downloads.create', 'POST', `${video}/downloads${ofType}`),
  call('downloads.delete', 'DELETE', `${video}/downloads${ofType}`),
  call('tokens.create', 'POST', `${video}/token`),
];

/** The implemented API calls, by the names that faults and recorded requests use. */
export type ApiRoute =
  | `videos.${'list' | 'upload' | 'get' | 'delete'}`
  | `downloads.${'list' | 'create' | 'delete'}`
  | 'tokens.create';

/** The names of all API calls. */
export const apiRoutes: readonly ApiRoute[] = calls.map(({ route }) => route);

/** The requests that either host supports. */
export type Route = ApiRoute | 'delivery.get' | 'thumbnails.get';

/** An API call with the parameters of its path. */
export interface ApiCall {
  readonly route: ApiRoute;
  readonly account: string;
  /** The video ID; empty for the calls on the whole library. */
  readonly video: string;
  /** Undefined where the path names none. */
  readonly type: DownloadType | undefined;
}

/** Returns the API call for a request, if there is one. */
export function apiCall(method: string, path: string): ApiCall | undefined {
  for (const { route, method: routeMethod, pattern } of calls) {
    const groups = method === routeMethod ? pattern.exec({ pathname: path })?.pathname.groups : undefined;
    if (!groups) continue;
    const { account = '', video = '', type } = groups;
    return { route, account, video, type: downloadTypes.find((known) => known === type) };
  }
  return undefined;
}

function call(route: ApiRoute, method: string, pathname: string) {
  return { route, method, pattern: new URLPattern({ pathname }) };
}
