import type { Clock } from '../local-http/clock.ts';
import { Faults } from '../local-http/faults.ts';
import { listen } from '../local-http/listener.ts';
import { apiSite } from './api/api.ts';
import type { ApiContext } from './api/context.ts';
import { credentials } from './api/credentials.ts';
import { Details, type VideoDetails } from './api/details.ts';
import { cloudflareRateLimit, RateLimit, type RateLimitOptions } from './api/rate-limit.ts';
import { apiBase } from './api/routes.ts';
import { deliverySite } from './delivery/delivery.ts';
import { exchange, type RecordedRequest, type Site, type Traffic } from './exchange.ts';
import type { Fault, Target } from './faults.ts';
import type { DownloadType } from './library/download.ts';
import { Library } from './library/library.ts';
import type { MediaSource } from './library/media.ts';
import type { VideoOptions } from './library/video.ts';
import { defaultReadings, type Readings } from './readings.ts';
import { Tokens } from './tokens.ts';

/** The options of a local Stream; all are optional. */
export interface LocalStreamOptions {
  /** The port of the API host. Defaults to any free port, which the delivery host always uses. */
  readonly port?: number;
  /** The address to listen on. Defaults to 127.0.0.1. */
  readonly host?: string;
  /** Defaults to the system time. */
  readonly clock?: Clock;
  readonly readings?: Partial<Readings>;
  /** Defaults to Cloudflare's limit. */
  readonly rateLimit?: RateLimitOptions;
  /** How an uploaded video is processed. By default it is queued for 0.5 s and encoded for 3 s. */
  readonly uploads?: ApiContext['uploads'];
}

/** A local Cloudflare Stream with one account. All state is in memory. */
export interface LocalStream extends AsyncDisposable {
  /** The base URL of the API: `http://127.0.0.1:PORT/client/v4`. */
  readonly apiUrl: string;
  /** The URL of the delivery host: `http://127.0.0.1:PORT`, on another port than the API. */
  readonly deliveryUrl: string;
  readonly accountId: string;
  /** May read and write. */
  readonly token: string;
  /** May only read. */
  readonly readOnlyToken: string;
  /** With `key`, the legacy credentials, which may read and write. */
  readonly email: string;
  readonly key: string;
  /** The faults planned for upcoming requests. */
  readonly faults: Faults<Fault, Target>;
  /** The requests received, in order. May be emptied. */
  readonly requests: RecordedRequest[];
  /**
   * Adds a video. Returns its details.
   *
   * @throws Error when its ID is in use
   * @throws RangeError when `created` is not a date or a timestamp
   */
  addVideo(options?: VideoOptions): VideoDetails;
  /** Removes a video. Returns whether it existed. */
  removeVideo(uid: string): boolean;
  /**
   * Replaces a file of a video, as if it had been encoded again. The delivery host then serves the new bytes, with
   * another `ETag` and `Last-Modified`; responses in progress continue with the old bytes.
   *
   * @throws Error when there is no such video
   * @throws the errors of `mediaFrom`
   */
  replaceMedia(uid: string, type: DownloadType, source: MediaSource): void;
  /** Invalidates all signed tokens issued so far, as if their key had been deleted. */
  revokeTokens(): void;
  /** Returns the current details of a video, without a request. */
  video(uid: string): VideoDetails | undefined;
  /** Stops both hosts and closes every connection to them. */
  close(): Promise<void>;
}

/**
 * Starts a local Cloudflare Stream.
 *
 * @throws the system error when it cannot listen, such as EADDRINUSE
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
      if (!video) throw new Error(`there is no video with the ID ${uid}`);
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
