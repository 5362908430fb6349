import type { Failure } from './failure.ts';

/** The types of download that Cloudflare Stream knows: an MP4 and an M4A. */
export const downloadTypes = ['default', 'audio'] as const;

export type DownloadType = (typeof downloadTypes)[number];

/** `ready`, `inprogress`, `error` as Cloudflare says; `none`, `deleted`; `failed` where nothing is known. */
export type RecordStatus = 'ready' | 'inprogress' | 'error' | 'none' | 'deleted' | 'failed';

/**
 * What is reported of one video and type. It exists from the start of the step and is updated as the operation
 * learns more, so that whatever ends the step finds the last state in it.
 */
export interface DownloadRecord<Type extends DownloadType | '' = DownloadType | ''> {
  readonly videoId: string;
  /** Empty where a video was listed that has no download, or of which nothing is known. */
  readonly type: Type;
  status: RecordStatus;
  /** 0–100, `null` where unknown. */
  percentComplete: number | null;
  /** Where the file is, or will be once it is `ready`; `null` where Cloudflare has not said. */
  url: string | null;
  /** When a signed URL ends, in RFC 3339. */
  expiresAt?: string;
  /** Where the file was saved: relative to the workspace where it is in it, with `/`. */
  file?: string;
  sizeBytes?: number;
  /** In hex. */
  sha256?: string;
  /** The address of the release asset. */
  assetUrl?: string;
  /** Why this record fails the step. */
  failure?: Failure;
}

/** A record of a type that was asked for or found. */
export type TypedRecord = DownloadRecord<DownloadType>;

/** One video of the step with its records, one per type. */
export interface VideoRecords {
  readonly id: string;
  records: readonly DownloadRecord[];
}

/** A record of which nothing is known yet. */
export function newRecord<Type extends DownloadType | ''>(videoId: string, type: Type): DownloadRecord<Type> {
  return { videoId, type, status: 'failed', percentComplete: null, url: null };
}
