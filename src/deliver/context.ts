import type { DownloadType } from '../core/download-types.ts';
import type { Timing } from '../core/timing.ts';
import type { DeliveryPolicy } from '../files/delivery-policy.ts';
import type { Saver, ShownTransfer } from '../files/saver.ts';
import type { RetryObserver } from '../http/retry.ts';
import type { Release } from '../release/release.ts';
import type { StreamVideo } from '../stream/video.ts';
import type { UrlSigner } from './sign.ts';

/** What the delivery of one video's downloads needs. */
export interface DeliveryContext extends Pick<Timing, 'clock' | 'signal'> {
  readonly video: StreamVideo;
  /** The template of the name for the URL; undefined to add none. */
  readonly filename: string | undefined;
  readonly signer: UrlSigner;
  readonly policy: DeliveryPolicy;
  /** Undefined if nothing is to be saved. */
  readonly saver: Saver | undefined;
  /** Undefined if nothing is to be attached. */
  readonly release: Release | undefined;
  /** Whether saved files are kept after they were attached. */
  readonly keepsFiles: boolean;
  /** Takes a line about the video. */
  readonly log: (text: string) => void;
  /** Takes a warning about the step. */
  readonly warn: (message: string, title: string) => void;
  /** Follows the attempts to receive files. */
  readonly retries: RetryObserver;
  /** Shows a transfer until it is disposed of. */
  readonly startTransfer: (type: DownloadType) => ShownTransfer;
  /** Notes that a file is being attached until it is disposed of. */
  readonly startUpload: (type: DownloadType) => Disposable;
}
