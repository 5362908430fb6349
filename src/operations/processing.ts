import { encodeErrors, Failure } from '../core/failure.ts';
import { aboutLeft, oneLine } from '../core/text.ts';
import type { Video } from '../stream/answers.ts';
import type { StreamError } from '../stream/errors.ts';
import { forecastMs } from '../wait/forecast.ts';
import { type Pending, poll, type Sightings } from '../wait/poll.ts';
import { withState } from './outcome.ts';
import type { Tools } from './tools.ts';
import type { VideoAtWork } from './video.ts';

/** Cloudflare's processing of a video, which must be done before a download can be created. */
export class Processing {
  readonly #video: VideoAtWork;
  readonly #tools: Tools;
  readonly #seen: (video: Video) => void;
  /** Whether a quality that can be streamed is enough: so it is documented, until a POST is refused all the same. */
  #streamableIsReady = true;
  #wait: Promise<Processed> | undefined;
  #told = '';
  #leftMs: number | undefined;

  /** @param seen is told of each look at the video */
  constructor(video: VideoAtWork, tools: Tools, seen: (video: Video) => void) {
    this.#video = video;
    this.#tools = tools;
    this.#seen = seen;
  }

  /**
   * Looks at the video after a refused POST, and waits for it if asked. The types of one video share the wait.
   *
   * @param refusal what Cloudflare said to the POST
   * @throws {Failure} `video-not-found`, `encode-failed`; without `wait` also `not-ready`, `still-live`
   */
  untilReady(refusal: StreamError): Promise<Processed> {
    this.#wait ??= this.#untilReady(refusal).finally(() => {
      this.#wait = undefined;
    });
    return this.#wait;
  }

  async #untilReady(refusal: StreamError): Promise<Processed> {
    let video = await this.#look(refusal);
    const waited = !this.#isReady(video);
    if (waited && !this.#tools.wait) throw notReady(video, refusal);
    const pending = (): Pending =>
      this.#isReady(video) ? new Map() : new Map([[video.status.state, video.status.percent ?? null]]);
    const ask = async (sightings: Sightings) => {
      video = await this.#look(refusal, sightings);
      return pending();
    };
    await poll(pending(), ask, this.#tools).catch((error: unknown) => {
      throw withState(
        error,
        `the video was still being processed (${state(video)}${aboutLeft(this.#leftMs)})`,
      );
    });
    this.#streamableIsReady = false;
    return { video, waited };
  }

  async #look(refusal: StreamError, sightings?: Sightings): Promise<Video> {
    const video = await this.#video.details();
    this.#seen(video);
    if (video.status.state === 'error') throw encodeFailed(video, refusal);
    const { percent = null, state: name } = video.status;
    this.#leftMs = forecastMs([...(sightings?.get(name) ?? []), { atMs: this.#tools.clock.now(), percent }]);
    if (!this.#isReady(video) && state(video) !== this.#told) {
      this.#tools.tell(`video: ${state(video)}${aboutLeft(this.#leftMs)}`);
      this.#told = state(video);
    }
    return video;
  }

  #isReady(video: Video): boolean {
    return video.status.state === 'ready' || (this.#streamableIsReady && video.readyToStream);
  }
}

/** A video that is ready, and whether that had to be waited for. */
export interface Processed {
  readonly video: Video;
  readonly waited: boolean;
}

/** The reason that a video's details give for an error of it or its downloads, in words. */
export function errorReason({ status: { reasonCode, reasonText } }: Video): string | undefined {
  const meaning = reasonCode === undefined ? undefined : encodeErrors.get(reasonCode);
  const words = reasonText && `“${oneLine(reasonText)}”`;
  return [meaning, words, reasonCode && oneLine(reasonCode)].filter(Boolean).join(', ') || undefined;
}

function encodeFailed(video: Video, { said }: StreamError): Failure {
  return new Failure(
    'encode-failed',
    `Cloudflare could not encode the video: ${errorReason(video) ?? 'no reason given'}`,
    { said },
  );
}

function notReady(video: Video, { said }: StreamError): Failure {
  return video.status.state === 'live-inprogress'
    ? new Failure('still-live', 'The video is still being broadcast, so it has no download yet', { said })
    : new Failure(
        'not-ready',
        `The video is still being processed (${state(video)}), so it has no download yet`,
        { said },
      );
}

function state({ status: { percent, state } }: Video): string {
  return typeof percent === 'number' && state === 'inprogress' ? `${state}, ${Math.floor(percent)} %` : state;
}
