import { type DownloadType, labelOf } from '../core/download-types.ts';
import { failures } from '../core/failures/table.ts';
import { type DownloadRecord, describeRecord } from '../core/record.ts';
import { formatBytes } from '../core/text.ts';

/** Why a video does not have a type of download, or any, if that is no failure. */
type Excuses = ReadonlyMap<DownloadType | '', string>;

/** What became of the downloads of one video: `MP4 saved, 48.2 MB; M4A failed: The disk is full`. */
export function describeOutcomes(records: readonly DownloadRecord[], excuses: Excuses): string {
  const kinds = new Set(records.map(({ failure }) => failure?.kind));
  const [kind] = kinds;
  // What is wrong with the whole video is said once.
  if (kinds.size === 1 && kind) return failures[kind].title;
  const outcomes = Map.groupBy(records, (record) => (record.failure ? undefined : excuses.get(record.type)));
  return [...outcomes]
    .map(([why, of]) => {
      if (why === undefined) return of.map(describeOutcome).join('; ');
      return `${of.map(describeRecord).join(', ')}: ${why}`;
    })
    .join('; ');
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
