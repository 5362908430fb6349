import type { Failure, Said } from '../core/failure.ts';
import { oneLine } from '../core/text.ts';
import { quoteBody, readText } from '../http/body.ts';
import { networkFault } from '../http/network-error.ts';
import { redirectTarget } from '../http/redirect-target.ts';
import { parseRetryAfterMs } from '../http/retry.ts';
import { version } from '../http/version.ts';
import { TransferError } from './errors.ts';

/** What requests are made with. */
export interface RequestTools {
  readonly fetch: typeof globalThis.fetch;
  /** One line per request. */
  readonly debug: (line: string) => void;
  /** Makes a foreign text fit to be shown. */
  readonly cut: (text: string) => string;
}

const maxRedirects = 5;

/** As much of a page as is read to show its beginning, in bytes. */
const quotedBytes = 4096;

/**
 * Asks the delivery host for a file. Redirects are followed here, so that each is looked at first. No request holds
 * credentials.
 *
 * @throws {TransferError} `delivery-redirected` for a redirect that must not be followed
 * @throws the error of `fetch`
 */
export async function request(
  address: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  { cut, debug, fetch }: RequestTools,
): Promise<Response> {
  let url = new URL(address);
  for (let redirects = 0; ; redirects++) {
    const response = await fetch(url, {
      headers: {
        ...headers,
        // Fetch itself adds it to a request for a part.
        ...(!headers['Range'] && { 'Accept-Encoding': 'identity' }),
        'User-Agent': `stream-downloads/${version}`,
      },
      redirect: 'manual',
      signal,
    });
    debug(`GET ${url.host}${url.pathname} ${headers['Range'] ?? 'whole'} ${response.status}`);
    if (!redirectStatus.has(response.status)) return response;

    await response.body?.cancel();
    const location = response.headers.get('location');
    const next = location === null ? null : URL.parse(location, url.href);
    const target = oneLine(cut(redirectTarget(response, url.href)));
    const refuse = (why: string) =>
      new TransferError('delivery-redirected', `${url.host} redirects to ${target}, ${why}`, {
        said: saidOf(response),
      });
    if (redirects === maxRedirects) throw refuse(`after ${maxRedirects} redirects`);
    if (!next || !/^https?:$/.test(next.protocol)) throw refuse('which is no http(s) address');
    if (next.username || next.password) throw refuse('an address with a user in it');
    if (url.protocol === 'https:' && next.protocol === 'http:') throw refuse('which is not encrypted');
    url = next;
  }
}

const redirectStatus: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** What an answer is that is neither the file nor a part of it. */
export async function refusal(
  response: Response,
  signal: AbortSignal,
  cut: (text: string) => string,
): Promise<TransferError> {
  const { headers, status } = response;
  const shown = quoteBody(headers, await readText(response, signal, quotedBytes), cut);
  const [kind, why, passing] = meaning(status);
  return new TransferError(kind, `${why} with ${shown}`, {
    said: saidOf(response),
    passing,
    retryAfterMs: parseRetryAfterMs(headers.get('retry-after'), headers.get('date')),
  });
}

function meaning(status: number): [TransferError['kind'], string, boolean] {
  if (status >= 500 || status === 429 || status === 408) {
    return ['delivery-error', 'the delivery host answered', true];
  }
  switch (status) {
    case 200:
    case 206:
      return ['not-media', 'the delivery host answered, not with the file but', true];
    case 404:
    case 410:
      return ['file-missing', 'the delivery host does not have it and answered', false];
    case 407:
      return ['proxy', 'a proxy answered HTTP 407', false];
    case 424:
      return ['file-failed', 'Cloudflare failed to make it, and the delivery host answered', false];
    default:
      return ['delivery-refused', 'the delivery host refused', false];
  }
}

/** What an error says that came in place of an answer, or of the rest of one. */
export function brokenOff(host: string, error: unknown, late: string): TransferError {
  const { kind, passing, what } = networkFault(host, error, late);
  return new TransferError(kind === 'unreachable' ? 'delivery-unreachable' : kind, what, {
    cause: error,
    passing,
  });
}

/** What a person or Cloudflare's support needs of an answer. */
export function saidOf({ headers, status }: Response): Said {
  const rayId = headers.get('cf-ray');
  return { messages: [], httpStatus: status, ...(rayId && { rayId: oneLine(rayId, 64) }) };
}

/** Whether a failure tells that the host refused who asks: a signed URL may have ended. */
export function isRefusal(failure: Failure): boolean {
  const status = failure.said?.httpStatus;
  return failure.kind === 'delivery-refused' && (status === 401 || status === 403);
}
