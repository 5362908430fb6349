import type { Clock } from '../clock.ts';
import type { StreamClient } from '../stream/client.ts';

/** What every operation is carried out with. */
export interface Tools {
  readonly client: StreamClient;
  readonly clock: Clock;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  /** Aborted, with a `Failure` as its reason, when the step ends before its work does. */
  readonly signal: AbortSignal;
  /** What is left of the step's time, in ms. */
  readonly leftMs: () => number;
  /** Whether to stay until what was begun is done. */
  readonly wait: boolean;
  /** A fixed pause between two questions in ms; undefined adapts it. */
  readonly pollIntervalMs: number | undefined;
  /** Tells a person of a change in what is known of the video. */
  readonly tell: (text: string) => void;
}
