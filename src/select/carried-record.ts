import type { DownloadType } from '../core/download-types.ts';

/** A finished download in the results file of an earlier run, with what the record of this run takes from it. */
export interface CarriedRecord {
  readonly videoId: string;
  readonly type: DownloadType;
  /** Undefined if it was signed, since it has expired or soon will. */
  readonly url: string | undefined;
  readonly title?: string | undefined;
  /** Relative to the workspace when inside it, with `/`. */
  readonly file?: string | undefined;
  readonly sizeBytes?: number | undefined;
  /** In hex. */
  readonly sha256?: string | undefined;
  readonly assetUrl?: string | undefined;
}
