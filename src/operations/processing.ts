import { describeRemaining } from '../core/deadline.ts';
import { Failure, type ServiceResponse } from '../core/failure.ts';
import { singleFlight } from '../core/single-flight.ts';
import { aboutLeft } from '../core/text.ts';
import { RequestFailure } from '../http/request-failure.ts';
import { errorReason } from '../stream/encode-errors.ts';
import type { VideoDetails } from '../stream/video-details.ts';
import { estimateRemainingMs, shortestRemainingMs } from '../wait/estimate.ts';
import type { OperationContext } from './context.ts';
import { polls, type Samples } from './polls.ts';
import { describeState } from './video-state.ts';

/** Cloudflare's processing of a video. The types of one video share its polls. */
export class Processing {
  readonly #context: OperationContext;
  readonly #polls: AsyncGenerator<Samples>;
  #details: VideoDetails | undefined;
  #waiting = 0;
  #loggedState = '';
  #remainingMs: number | undefined;
  /** Ends when nothing waits for it any more. */
  #encoding: Disposable | undefined;

  constructor(context: OperationContext) {
    this.#context = context;
    const pending = () => {
      const { percent = null, state = '' } = this.#details?.status ?? {};
      return new Map([[state, percent]]);
    };
    this.#polls = polls(pending, context);
  }

  /**
   * Waits until the video is processed far enough.
   *
   * @param first the details as last looked up
   * @param response what Cloudflare answered to the request that it refused, if there was one
   * @throws {Failure} `encode-failed`
   */
  async until(
    isEnough: (details: VideoDetails) => boolean,
    first: VideoDetails,
    response: ServiceResponse | undefined,
  ): Promise<void> {
    let details = first;
    this.#details = first;
    this.#waiting++;
    if (this.#waiting === 1 && !isEnough(first)) this.#encoding = this.#context.startEncoding();
    try {
      refuseFailed(details, response);
      while (!isEnough(details)) {
        this.#log(details);
        details = await this.#next();
        refuseFailed(details, response);
      }
    } catch (error) {
      const failure = Failure.from(error);
      const left = describeRemaining(failure, this.#remainingMs);
      const progress = `the video was not ready (${describeState(details)}${left})`;
      throw isInterrupted(failure) ? failure.withProgress(progress) : failure;
    } finally {
      this.#waiting--;
      if (this.#waiting === 0) this.#encoding?.[Symbol.dispose]();
    }
  }

  /** The current details: those of the last poll while another type waits. */
  async details(): Promise<VideoDetails> {
    return (this.#waiting > 0 && this.#details) || this.#context.video.details();
  }

  readonly #next = singleFlight(async () => {
    const { video } = this.#context;
    const { value: samples } = await this.#polls.next();
    const details = await video.details();
    this.#details = details;
    this.#estimate(details, samples);
    return details;
  });

  #estimate({ status: { percent, state } }: VideoDetails, samples: Samples | undefined): void {
    const sample = { atMs: this.#context.clock.now(), percent };
    const all = [...(samples?.get(state) ?? []), sample];
    this.#remainingMs = estimateRemainingMs(all);
    this.#context.onEstimate(shortestRemainingMs(all), 'encoding');
  }

  /** Logs a new state. */
  #log(details: VideoDetails): void {
    const described = describeState(details);
    if (described === this.#loggedState) return;
    this.#context.log(`${described}${aboutLeft(this.#remainingMs)}`);
    this.#loggedState = described;
  }
}

/** @throws {Failure} `encode-failed` if the video's state is `error`, which is final */
export function refuseFailed(details: VideoDetails, response: ServiceResponse | undefined): void {
  if (details.status.state !== 'error') return;
  const what = `Cloudflare could not encode the video: ${errorReason(details) ?? 'no reason given'}`;
  throw new Failure('encode-failed', what, { response });
}

/** Whether something other than the video ended the wait. */
function isInterrupted(failure: Failure): boolean {
  return failure instanceof RequestFailure || failure.isEndOfStep;
}
