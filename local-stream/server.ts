import { apiSite } from './api/api.ts';
import type { ApiContext } from './api/context.ts';
import { credentials } from './api/credentials.ts';
import { Details, type VideoDetails } from './api/details.ts';
import { cloudflareRateLimit, RateLimit, type RateLimitOptions } from './api/rate-limit.ts';
import { apiBase } from './api/routes.ts';
import type { Clock } from './clock.ts';
import { deliverySite } from './delivery/delivery.ts';
import { Faults } from './faults.ts';
import { exchange, type RecordedRequest, type Site, type Traffic } from './http/exchange.ts';
import { listen } from './http/listener.ts';
import type { DownloadType } from './library/download.ts';
import { Library } from './library/library.ts';
import type { MediaSource } from './library/media.ts';
import type { VideoOptions } from './library/video.ts';
import { defaultReadings, type Readings } from './readings.ts';
import { Tokens } from './tokens.ts';

/** How a local Stream is set up. All may be left out. */
export interface LocalStreamOptions {
  /** The port of the API; any free one by default. The delivery host always takes a free one. */
  readonly port?: number;
  /** The address to listen on; 127.0.0.1 by default. */
  readonly host?: string;
  /** The system's time by default. */
  readonly clock?: Clock;
  readonly readings?: Partial<Readings>;
  /** Cloudflare's own limit by default. */
  readonly rateLimit?: RateLimitOptions;
  /** What becomes of a video that is uploaded: by default it is queued for 0.5 s and encoded for 3 s. */
  readonly uploads?: ApiContext['uploads'];
}

/** A Cloudflare Stream on this machine, with one account. It keeps everything in memory. */
export interface LocalStream extends AsyncDisposable {
  /** The base of the API's calls: `http://127.0.0.1:PORT/client/v4`. */
  readonly apiUrl: string;
  /** The host that delivers downloads: `http://127.0.0.1:PORT`, another port than the API's. */
  readonly deliveryUrl: string;
  readonly accountId: string;
  /** May read and write. */
  readonly token: string;
  /** May only read. */
  readonly readOnlyToken: string;
  /** With `key` the older pair of credentials, which may read and write. */
  readonly email: string;
  readonly key: string;
  /** What goes wrong with the requests to come. */
  readonly faults: Faults;
  /** What came in, in order. It may be emptied. */
  readonly requests: RecordedRequest[];
  /**
   * Adds a video, and returns its details.
   *
   * @throws Error when its id is taken
   * @throws RangeError when `created` is not a date
   */
  addVideo(options?: VideoOptions): VideoDetails;
  /** Removes a video, and tells whether it was there. */
  removeVideo(uid: string): boolean;
  /**
   * Puts another file in the place of a video's: as if it had been encoded anew. From now on the delivery host hands
   * out other bytes, with another `ETag` and `Last-Modified`; an answer that is under way goes on with the old ones.
   *
   * @throws Error when there is no such video
   * @throws what `mediaFrom` throws
   */
  replaceMedia(uid: string, type: DownloadType, source: MediaSource): void;
  /** From now on all tokens are refused that were handed out so far, as if their key was deleted. */
  revokeTokens(): void;
  /** The details of a video as they are now, without a request. */
  video(uid: string): VideoDetails | undefined;
  /** Ends both hosts and every connection to them. */
  close(): Promise<void>;
}

/**
 * Starts a Cloudflare Stream on this machine.
 *
 * @throws the system's error when it cannot listen, such as EADDRINUSE
 */
export async function startLocalStream(options: LocalStreamOptions = {}): Promise<LocalStream> {
  const { port = 0, host = '127.0.0.1', clock = Date } = options;
  const readings: Readings = { ...defaultReadings, ...options.readings };
  const { uploads = { phases: { queuedMs: 500, encodeMs: 3000 } } } = options;
  const library = new Library();
  const tokens = new Tokens(clock);
  const rateLimit = new RateLimit(options.rateLimit ?? cloudflareRateLimit, clock);
  const traffic: Traffic = { faults: new Faults(), requests: [], clock };
  const open = (site: Site, onPort: number) =>
    listen(onPort, host, (incoming, outgoing) => void exchange(incoming, outgoing, site, traffic));

  const delivery = await open(deliverySite({ library, tokens, readings, clock }), 0);
  const details = new Details(delivery.url, readings);
  const context: ApiContext = { library, details, tokens, readings, clock, uploads };
  const api = await open(apiSite(context, rateLimit), port).catch(async (error: unknown) => {
    await delivery.close();
    throw error;
  });

  const close = async () => {
    await Promise.all([api.close(), delivery.close()]);
  };
  return {
    apiUrl: `${api.url}${apiBase}`,
    deliveryUrl: delivery.url,
    ...credentials,
    faults: traffic.faults,
    requests: traffic.requests,
    addVideo: (video = {}) => {
      const nowMs = clock.now();
      return details.video(library.add(video, nowMs), nowMs);
    },
    removeVideo: (uid) => library.remove(uid),
    replaceMedia: (uid, type, source) => {
      const video = library.get(uid);
      if (!video) throw new Error(`there is no video with the id ${uid}`);
      video.replaceMedia(type, source, clock.now());
    },
    revokeTokens: () => tokens.revoke(),
    video: (uid) => {
      const video = library.get(uid);
      return video && details.video(video, clock.now());
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
