import type { Clock } from '../core/clock.ts';
import type { DownloadType } from '../core/record.ts';
import type { Saver, ShownTransfer } from '../files/saver.ts';
import type { SignedUrl } from '../inputs/schemas.ts';
import type { Release } from '../release/release.ts';
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
  /** The name that a URL is given, with placeholders; undefined where it is given none. */
  readonly filename: string | undefined;
  readonly signedUrl: SignedUrl;
  readonly signedUrlTtlMs: number;
  /** Saves files; undefined where none is to be saved. */
  readonly saver: Saver | undefined;
  /** The release that files are attached to; undefined where there is none. */
  readonly release: Release | undefined;
  /** Whether a saved file is of use only until it is attached. */
  readonly discardSaved: boolean;
  /** Has something done once the work for every video is. */
  readonly atEnd: (work: () => Promise<void>) => void;
  /** Tells a person of a change in what is known of the video. */
  readonly tell: (text: string) => void;
  /** Shows how far a file has come, in bytes, until it is disposed of. */
  readonly showTransfer: (type: DownloadType) => ShownTransfer;
  /** Tells a person of what may be wrong though the step goes on. */
  readonly warn: (message: string, title: string) => void;
}
