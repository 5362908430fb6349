import { Failure } from '../core/failure.ts';
import { singleFlight } from '../core/single-flight.ts';
import { aboutLeft } from '../core/text.ts';
import { RequestFailure } from '../http/request-failure.ts';
import { encodeErrors } from '../stream/encode-errors.ts';
import type { VideoDetails } from '../stream/schemas.ts';
import { estimateRemainingMs } from '../wait/estimate.ts';
import type { OperationContext } from './context.ts';
import { polls, type Samples } from './polls.ts';

/** A video that is ready, and whether that had to be waited for. */
export interface ProcessedVideo {
  readonly details: VideoDetails;
  readonly hasWaited: boolean;
}

/** Cloudflare's processing of a video, which must be done before a download can be created. */
export class Processing {
  readonly #context: OperationContext;
  /** Whether one encoded quality is enough, as documented. No longer once a POST was refused even so. */
  #acceptsStreamable = true;
  #loggedState = '';

  constructor(context: OperationContext) {
    this.#context = context;
  }

  /**
   * Waits, if asked, until the video is processed. The types of one video share the wait.
   *
   * @param refusal Cloudflare's response to the POST that was refused
   * @throws {Failure} `encode-failed`; without `wait` also `not-ready`, `still-live`
   */
  readonly untilReady = singleFlight((details: VideoDetails, refusal: RequestFailure) =>
    this.#wait(details, refusal),
  );

  async #wait(first: VideoDetails, refusal: RequestFailure): Promise<ProcessedVideo> {
    const { video, wait } = this.#context;
    let details = first;
    let remainingMs = this.#observe(details, refusal);
    const hasWaited = !this.#isReady(details);
    if (hasWaited && !wait) throw notReady(details, refusal);
    const pending = () => {
      const { percent = null, state } = details.status;
      return new Map(this.#isReady(details) ? [] : [[state, percent]]);
    };
    try {
      for await (const samples of polls(pending, this.#context)) {
        details = await video.details();
        remainingMs = this.#observe(details, refusal, samples);
      }
    } catch (error) {
      const failure = Failure.from(error);
      const progress = `the video was still being processed (${describeState(details)}${aboutLeft(remainingMs)})`;
      throw isInterrupted(failure) ? failure.withProgress(progress) : failure;
    }
    this.#acceptsStreamable = false;
    return { details, hasWaited };
  }

  /**
   * Logs a new state.
   *
   * @returns the estimated time until the video is processed, in ms
   * @throws {Failure} `encode-failed`
   */
  #observe(details: VideoDetails, refusal: RequestFailure, samples?: Samples): number | undefined {
    const { clock, log } = this.#context;
    const { percent = null, state } = details.status;
    if (state === 'error') {
      const what = `Cloudflare could not encode the video: ${errorReason(details) ?? 'no reason given'}`;
      throw new Failure('encode-failed', what, { response: refusal.response });
    }
    const remainingMs = estimateRemainingMs([...(samples?.get(state) ?? []), { atMs: clock.now(), percent }]);
    const described = describeState(details);
    if (!this.#isReady(details) && described !== this.#loggedState) {
      log(`video: ${described}${aboutLeft(remainingMs)}`);
      this.#loggedState = described;
    }
    return remainingMs;
  }

  #isReady({ readyToStream, status }: VideoDetails): boolean {
    return status.state === 'ready' || (this.#acceptsStreamable && readyToStream);
  }
}

/** The reason in a video's details for an error of the video or its downloads, in words. */
export function errorReason({ status: { reasonCode, reasonText } }: VideoDetails): string | undefined {
  const meaning = reasonCode === undefined ? undefined : encodeErrors.get(reasonCode);
  return [meaning, reasonText && `“${reasonText}”`, reasonCode].filter(Boolean).join(', ') || undefined;
}

/** Whether something other than the video ended the wait. */
function isInterrupted(failure: Failure): boolean {
  return failure instanceof RequestFailure || failure.isEndOfStep;
}

function notReady(details: VideoDetails, { response }: RequestFailure): Failure {
  if (details.status.state === 'live-inprogress') {
    const what = 'The video is still being broadcast, so it has no download yet';
    return new Failure('still-live', what, { response });
  }
  const what = `The video is still being processed (${describeState(details)}), so it has no download yet`;
  return new Failure('not-ready', what, { response });
}

function describeState({ status: { percent, state } }: VideoDetails): string {
  return typeof percent === 'number' && state === 'inprogress' ? `${state}, ${Math.floor(percent)} %` : state;
}
