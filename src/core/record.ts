import { describeRemaining } from './deadline.ts';
import { type DownloadType, downloadTypes, labelOf } from './download-types.ts';
import type { Failure } from './failure.ts';
import { aboutLeft } from './text.ts';

/**
 * `ready`, `inprogress`, `error` as Cloudflare reports; `none` and `deleted`; `unknown` until something was learned,
 * published as `failed`.
 */
export type RecordStatus = 'ready' | 'inprogress' | 'error' | 'none' | 'deleted' | 'unknown';

/** What a dry run reports that a step would do. */
export type PlannedStep = 'create' | 'wait' | 'save' | 'attach' | 'delete';

/** What is reported of one download of one video. */
export interface DownloadRecord {
  readonly videoId: string;
  /** Empty if no type was asked for and the video has, as far as is known, no download. */
  readonly type: DownloadType | '';
  readonly status: RecordStatus;
  /** The word that Cloudflare reports, if that is no known status: then `status` is `inprogress`. */
  readonly unknownStatus?: string | undefined;
  /** 0–100, `null` if unknown. */
  readonly percentComplete: number | null;
  /** How much longer the download will take to generate, in ms; undefined if that cannot be estimated. */
  readonly remainingMs?: number | undefined;
  /** Where the file is, or will be once it is `ready`; `null` if Cloudflare has not returned it. */
  readonly url: string | null;
  /** Why Cloudflare's URL cannot be used, as in "its URL is PROBLEM"; undefined if it can, or if there is none. */
  readonly urlProblem?: string | undefined;
  /** The URL before it was signed; undefined if it is not signed. */
  readonly unsignedUrl?: string | undefined;
  /** When a signed URL expires, in RFC 3339. */
  readonly expiresAt?: string | undefined;
  /** Where the file was saved: relative to the workspace when inside it, with `/`. */
  readonly file?: string | undefined;
  readonly sizeBytes?: number | undefined;
  /** In hex. */
  readonly sha256?: string | undefined;
  /** The address of the release asset. */
  readonly assetUrl?: string | undefined;
  /** The video's title, if it was learned. */
  readonly title?: string | undefined;
  /** The length of the video, if it was learned. */
  readonly durationSeconds?: number | undefined;
  /** A picture of a public video, at the host of `url`. */
  readonly thumbnailUrl?: string | undefined;
  /** What the step would do, in order; only in a dry run. */
  readonly planned?: readonly PlannedStep[];
  /** Whether an earlier run has done this, so that nothing was requested for it now. */
  readonly resumed?: boolean;
  /** Why this record fails the step. */
  readonly failure?: Failure | undefined;
}

/** A record of a known type. */
export type TypedRecord = DownloadRecord & { readonly type: DownloadType };

/** What an operation or a delivery step learned about a download. */
export type RecordPatch = Partial<Omit<DownloadRecord, 'videoId' | 'type'>>;

export interface RecordUpdate {
  readonly type: DownloadType | '';
  readonly patch: RecordPatch;
}

const unknownState = {
  status: 'unknown',
  unknownStatus: undefined,
  percentComplete: null,
  url: null,
  urlProblem: undefined,
  unsignedUrl: undefined,
  expiresAt: undefined,
} as const satisfies RecordPatch;

/** The records of one video. Only `apply` changes them, so that whatever ends the step finds the last state. */
export class VideoRecords {
  readonly videoId: string;
  readonly #types: readonly DownloadType[];
  readonly #records = new Map<DownloadType | '', DownloadRecord>();

  /** @param types the types to report; empty to report those that exist, or one untyped record if none does */
  constructor(videoId: string, types: readonly DownloadType[]) {
    this.videoId = videoId;
    this.#types = types.length > 0 ? types : downloadTypes;
    for (const type of types.length > 0 ? types : ([''] as const)) this.#records.set(type, this.get(type));
  }

  /** In the order asked for. */
  get all(): readonly DownloadRecord[] {
    return (['', ...this.#types] as const).flatMap((type) => this.#records.get(type) ?? []);
  }

  get(type: DownloadType | ''): DownloadRecord {
    return this.#records.get(type) ?? { videoId: this.videoId, type, ...unknownState };
  }

  /** Applies what was learned. A record keeps its first failure, with its state if work was interrupted. */
  apply({ type, patch: { failure, ...facts } }: RecordUpdate): DownloadRecord {
    const before = this.get(type);
    const after = { ...before, ...facts };
    // The untyped record stands for the types as long as none is known to exist.
    if (type !== '') this.#records.delete('');
    this.#records.set(type, failure && !before.failure ? withFailure(after, failure) : after);
    return this.get(type);
  }

  /** Fails every record that has not failed. */
  fail(failure: Failure): void {
    for (const { type } of this.all) this.apply({ type, patch: { failure } });
  }
}

/** The records of one video, for those who may not change them. */
export type ReadonlyRecords = Omit<VideoRecords, 'apply' | 'fail'>;

function withFailure(record: DownloadRecord, failure: Failure): DownloadRecord {
  // A video that does not exist has no downloads, whatever was reported before.
  if (failure.kind === 'video-not-found') return { ...record, ...unknownState, failure };
  const isInterrupted = failure.isEndOfStep || record.status === 'inprogress';
  return { ...record, failure: isInterrupted ? failure.withProgress(lastState(record, failure)) : failure };
}

/** The state of a download in words: `generating the MP4, 42 %, about 20 s left`, `MP4 ready (to do: save)`. */
export function describeRecord(record: DownloadRecord): string {
  const { planned, remainingMs, status } = record;
  const state = `${describeStatus(record)}${status === 'inprogress' ? aboutLeft(remainingMs) : ''}`;
  return planned?.length ? `${state} (to do: ${planned.join(', ')})` : state;
}

/** A status of Cloudflare or of this action as a message names it. */
function describeStatus({ percentComplete, status, type, unknownStatus }: DownloadRecord): string {
  if (type === '') return 'no downloads';
  const label = labelOf(type);
  switch (status) {
    case 'inprogress': {
      const word = unknownStatus === undefined ? '' : ` (Cloudflare reports “${unknownStatus}”)`;
      const percent = percentComplete === null ? '' : `, ${Math.floor(percentComplete)} %`;
      return `generating the ${label}${word}${percent}`;
    }
    case 'none':
      return `no ${label}`;
    case 'error':
      return `${label} in status error`;
    default:
      return `${label} ${status}`;
  }
}

function lastState(record: DownloadRecord, failure: Failure): string {
  switch (record.status) {
    case 'unknown':
      return 'nothing was known of the video yet';
    case 'none':
      return 'there was no download yet';
    case 'inprogress': {
      const { remainingMs } = record;
      const left =
        remainingMs === undefined
          ? '; the time left cannot be estimated'
          : describeRemaining(failure, remainingMs);
      return `last state: ${describeStatus(record)}${left}. Cloudflare may still be generating the download`;
    }
    default:
      return `last state: ${describeRecord(record)}`;
  }
}
