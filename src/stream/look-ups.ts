import type { FailureKind } from '../core/failures/table.ts';
import { RequestFailure } from '../http/request-failure.ts';
import type { StreamClient } from './client.ts';
import { listVideos } from './library.ts';
import { type VideoDetails, videoDetails } from './video-details.ts';

/** How many videos are looked up at once. */
const maxIds = 100;

/** The failures of a list that may be about one of its IDs, so that each video is looked up alone then. */
const refusals: ReadonlySet<FailureKind> = new Set([
  'account-wrong',
  'request-refused',
  'unknown-answer',
  'video-not-found',
]);

/** A video that is to be looked up. */
interface LookUp extends PromiseWithResolvers<VideoDetails> {
  readonly id: string;
  /** Whether the video was looked up before, so that it can wait until others share the request. */
  readonly isRepeated: boolean;
}

/**
 * How many recent IDs are remembered. Their distinct number is for how many requests' time repeated look-ups wait for one
 * another.
 */
const maxRecent = 10;

/**
 * Looks up the details of videos. Those that are asked for while a request is in flight share the next one, so that many
 * videos need few requests. That Cloudflare's list takes many IDs is not documented, so a video that is missing in its
 * response is looked up alone.
 */
export class LookUps {
  readonly #client: StreamClient;
  readonly #pause: (requests: number) => Promise<void>;
  /** The IDs of the last look-ups. */
  #recent: readonly string[] = [];
  #waiting: LookUp[] = [];
  #isRunning = false;
  /** Whether the list does not take several IDs. */
  #isOneByOne = false;

  /** @param pause waits for the time that the rate limit allows so many requests in; not at all without a limit */
  constructor(client: StreamClient, pause: (requests: number) => Promise<void>) {
    this.#client = client;
    this.#pause = pause;
  }

  /**
   * @param isRepeated whether it was looked up before, so that nothing else has to wait for it
   * @throws {RequestFailure} `video-not-found`, or why the video could not be looked up
   */
  details(id: string, isRepeated = false): Promise<VideoDetails> {
    if (this.#isOneByOne) return this.#alone(id);
    const lookUp = { id, isRepeated, ...Promise.withResolvers<VideoDetails>() };
    this.#waiting.push(lookUp);
    if (!this.#isRunning) void this.#run();
    return lookUp.promise;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      const videos = new Set(this.#recent).size;
      if (videos > 1 && this.#waiting.every(({ isRepeated }) => isRepeated)) await this.#pause(videos);
      const batch = this.#waiting.slice(0, maxIds);
      this.#waiting = this.#waiting.slice(maxIds);
      this.#recent = [...this.#recent, ...batch.map(({ id }) => id)].slice(-maxRecent);
      await this.#together(batch);
    }
    this.#isRunning = false;
  }

  /** Never rejects. */
  async #together(batch: readonly LookUp[]): Promise<void> {
    const found = batch.length === 1 ? new Map<string, VideoDetails>() : await this.#list(batch);
    if (!found) return;
    const missing = batch.filter(({ id, resolve }) => {
      const details = found.get(id);
      if (details) resolve(details);
      return !details;
    });
    const alone = missing.map(({ id, reject, resolve }) =>
      this.#alone(id).then((details) => {
        this.#isOneByOne ||= batch.length > 1;
        resolve(details);
      }, reject),
    );
    await Promise.all(alone);
  }

  /** Undefined if the look-ups have failed; empty if Cloudflare refuses to list them. */
  async #list(batch: readonly LookUp[]): Promise<ReadonlyMap<string, VideoDetails> | undefined> {
    try {
      const videos = await listVideos(this.#client, { id: batch.map(({ id }) => id).join(',') });
      return new Map(videos.filter((video) => video !== undefined).map((video) => [video.uid, video]));
    } catch (error) {
      if (error instanceof RequestFailure && refusals.has(error.kind)) return new Map();
      for (const { reject } of batch) reject(error);
      return undefined;
    }
  }

  #alone(id: string): Promise<VideoDetails> {
    return this.#client.call({
      action: 'look up the video',
      method: 'GET',
      path: [id],
      videoId: id,
      result: videoDetails,
    });
  }
}
