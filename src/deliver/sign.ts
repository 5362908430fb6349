import { Failure } from '../core/failure.ts';
import type { FailureKind } from '../core/failures/table.ts';
import type { ReadonlyRecords, RecordPatch, RecordUpdate } from '../core/record.ts';
import { singleFlight } from '../core/single-flight.ts';
import { requireAllowed } from '../files/delivery-policy.ts';
import type { RequestFailure } from '../http/request-failure.ts';
import type { StreamVideo } from '../stream/video.ts';
import type { DeliveryContext } from './context.ts';

/** When the URL of a ready download is signed; with `auto`, if the video requires it. */
export type SignedUrlMode = 'auto' | 'always' | 'never';

/** A token lives for at most 24 hours, and the time that a request takes is not known before. */
const longestLifeMs = 24 * 3_600_000 - 60_000;

/** The fields of a record that signing sets; only `url` if it is not signed. */
export type UrlFields = Pick<RecordPatch, 'expiresAt' | 'unsignedUrl'> & { readonly url: string };

/** Signs the URLs of one video. One token serves all its types as long as at least half of its life is left. */
export type UrlSigner = ReturnType<typeof createUrlSigner>;

interface UrlSignerOptions {
  readonly mode: SignedUrlMode;
  /** How long a signed URL is to be valid. */
  readonly ttlMs: number;
  /** Takes each token before any text can contain it. */
  readonly shortenToken: (token: string) => void;
}

export function createUrlSigner(video: StreamVideo, { mode, shortenToken, ttlMs }: UrlSignerOptions) {
  const lifeMs = Math.min(ttlMs, longestLifeMs);
  let token = { text: '', expiresMs: 0 };
  let wasRefused = false;

  const createToken = singleFlight(async () => {
    const expSeconds = Math.floor((video.epochMs() + lifeMs) / 1000);
    token = { text: await video.createToken(expSeconds, mode !== 'always'), expiresMs: expSeconds * 1000 };
    shortenToken(token.text);
  });
  const isExpiring = () => token.expiresMs - video.epochMs() < lifeMs / 2;

  /** Puts a token in the place of the video's ID. */
  async function sign(unsignedUrl: string): Promise<UrlFields> {
    if (isExpiring()) await createToken();
    // If the response took long, the token may have little life left.
    if (isExpiring()) await createToken();
    const url = withToken(unsignedUrl, video.id, token.text);
    return { url, unsignedUrl, expiresAt: new Date(token.expiresMs).toISOString() };
  }

  /** Signs a URL that the delivery host refused; with a new token if it was refused with the current one. */
  async function signAgain(unsignedUrl: string, refusedUrl: string, refusal: RequestFailure) {
    if (mode === 'never') {
      throw new Failure('private-video', refusal.what, { response: refusal.response, cause: refusal });
    }
    const isSigned = refusedUrl !== unsignedUrl;
    if (!isSigned && !(await video.details()).requireSignedURLs) throw refusal;
    wasRefused = true;
    if (isSigned && refusedUrl.includes(token.text)) token.expiresMs = 0;
    return sign(unsignedUrl);
  }

  /** Whether URLs must be signed. The video's details are looked up if they are not known. */
  async function isNeeded(): Promise<boolean> {
    if (mode !== 'auto') return mode === 'always';
    return wasRefused || (await video.knownDetails()).requireSignedURLs === true;
  }

  return { mode, isNeeded, sign, signAgain };
}

/** The failures of signing with which an unsigned URL is of no use. */
const fatalKinds: ReadonlySet<FailureKind> = new Set(['video-not-found', 'unsafe-url']);

/** Signs a URL if that is needed. If that fails but is not required, the URL stays unsigned, with a warning. */
export async function signUrl(
  url: string,
  { policy, saver, signal, signer, video, warn }: DeliveryContext,
): Promise<UrlFields> {
  let isNeeded: boolean | undefined;
  try {
    isNeeded = await signer.isNeeded();
    // The token gives access to the file, so it must not go where the file may not come from.
    if (isNeeded) requireAllowed(url, policy);
    return isNeeded ? await signer.sign(url) : { url };
  } catch (error) {
    const isRequired = saver || signer.mode === 'always' || signal.aborted;
    if (isRequired || !(error instanceof Failure) || fatalKinds.has(error.kind)) throw error;
    const why = isNeeded
      ? 'The video is private, but its URL is not signed and will be refused'
      : 'The URL is not signed, although the video may be private';
    warn(`Video ${video.id}: ${why}. ${error.message}`, 'A URL was not signed');
    return { url };
  }
}

/** Signs the URLs of one video again. The signer keeps its token if that has at least half of its life left. */
export async function* renewUrls(
  { all, videoId }: ReadonlyRecords,
  signer: UrlSigner,
  warn: (message: string, title: string) => void,
): AsyncGenerator<RecordUpdate> {
  for (const { expiresAt, failure, type, unsignedUrl } of all) {
    if (failure || unsignedUrl === undefined) continue;
    try {
      yield { type, patch: await signer.sign(unsignedUrl) };
    } catch (error) {
      const what = `Video ${videoId}: its URL could not be signed again and expires at ${expiresAt}`;
      warn(`${what}. ${Failure.from(error).message}`, 'A URL was not signed');
    }
  }
}

function withToken(url: string, videoId: string, token: string): string {
  const signed = new URL(url);
  const segments = signed.pathname.split('/');
  const index = segments.indexOf(videoId);
  if (index < 0) {
    const what = `The URL cannot be signed, since it does not contain the video's ID: ${url}`;
    throw new Failure('unknown-answer', what);
  }
  signed.pathname = segments.with(index, token).join('/');
  return signed.href;
}
