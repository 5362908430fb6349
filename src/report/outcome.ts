import { labelOf } from '../core/download-types.ts';
import { failures } from '../core/failures/table.ts';
import { type DownloadRecord, describeRecord } from '../core/record.ts';
import { formatBytes } from '../core/text.ts';

/** What became of the downloads of one video: `MP4 saved, 48.2 MB; M4A failed: The disk is full`. */
export function describeOutcomes(records: readonly DownloadRecord[]): string {
  const kinds = new Set(records.map(({ failure }) => failure?.kind));
  const [kind] = kinds;
  // What is wrong with the whole video is said once.
  if (kinds.size === 1 && kind) return failures[kind].title;
  return records.map(describeOutcome).join('; ');
}

function describeOutcome(record: DownloadRecord): string {
  const { assetUrl, failure, file, planned, resumed, sizeBytes, type } = record;
  if (type === '') return failure ? failures[failure.kind].title : describeRecord(record);
  const label = labelOf(type);
  if (failure) return `${label} failed: ${failures[failure.kind].title}`;
  if (planned) return describeRecord(record);
  if (resumed) return `${label} carried over`;
  const size = sizeBytes === undefined ? '' : `, ${formatBytes(sizeBytes)}`;
  if (assetUrl !== undefined) return `${label} attached${size}`;
  return file === undefined ? describeRecord(record) : `${label} saved${size}`;
}
