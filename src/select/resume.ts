import * as v from 'valibot';
import { type DownloadType, downloadTypes } from '../core/download-types.ts';
import { foreignUrl } from '../core/foreign-text.ts';
import { titleText } from '../core/text.ts';
import type { CarriedRecord } from './carried-record.ts';

/** The longest path of a file, and the longest title, in UTF-16 units. A longer title counts as missing. */
const maxText = 4096;

/** Undefined where Cloudflare's or GitHub's URL cannot be used. */
const url = v.nullish(
  v.pipe(
    v.string(),
    v.transform((text) => foreignUrl(text).url),
  ),
);

/** A record as any version of this action has written it: later versions have added fields. */
const earlierRecord = v.pipe(
  v.object({
    videoId: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/)),
    type: v.picklist([...downloadTypes, '']),
    status: v.string(),
    url,
    expiresAt: v.nullish(v.string()),
    name: v.fallback(v.optional(v.pipe(v.string(), v.maxLength(maxText), v.transform(titleText))), undefined),
    // A path that leads out of a folder is none of this action's.
    file: v.nullish(
      v.pipe(
        v.string(),
        v.nonEmpty(),
        v.maxLength(maxText),
        v.regex(/^(?!(?:.*[\\/])?\.\.(?:[\\/]|$))\P{Cc}+$/u),
      ),
    ),
    size: v.nullish(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
    sha256: v.nullish(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/i), v.toLowerCase())),
    assetUrl: url,
    planned: v.optional(v.unknown()),
    error: v.optional(v.unknown()),
  }),
  v.transform((record) => ({
    videoId: record.videoId,
    type: record.type,
    /** Whether the step did what it was asked for. */
    isDone: record.status === 'ready' && !record.error && !record.planned,
    // What was signed expires within a day.
    url: (record.expiresAt ? undefined : record.url) ?? undefined,
    title: record.name || undefined,
    file: record.file ?? undefined,
    sizeBytes: record.size ?? undefined,
    sha256: record.sha256 ?? undefined,
    assetUrl: record.assetUrl ?? undefined,
  })),
);

/** A record of a results file. */
export type EarlierRecord = v.InferOutput<typeof earlierRecord>;

const results = v.object({ version: v.literal(1), downloads: v.array(earlierRecord) });

/** The records of a results file; or why they cannot be read, as in "FILE: PROBLEM". */
export type ReadResults =
  | { readonly records: readonly EarlierRecord[]; readonly problem?: undefined }
  | { readonly records?: undefined; readonly problem: string };

/**
 * Reads the text of a results file. Text in it is cleaned and limited, since anybody may have written it. A problem
 * names where it is, but never what is there, which may be a secret.
 */
export function readResults(text: string): ReadResults {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problem: `it is not JSON${positionIn(error)}` };
  }
  const parsed = v.safeParse(results, value, { abortEarly: true });
  if (parsed.success) return { records: parsed.output.downloads };
  const [issue] = parsed.issues;
  const field = (v.getDotPath(issue) ?? '').replace(/\.(\d+)/g, '[$1]');
  if (field === '') return { problem: 'it is not a results file, which has `version` and `downloads`' };
  if (field === 'version') {
    return { problem: 'its `version` is not 1, the only one that this version of the action reads' };
  }
  return { problem: `its field \`${field}\` is missing or malformed` };
}

/** `, at line 3, column 5`; empty if the error does not say it. */
function positionIn(error: unknown): string {
  const message = Error.isError(error) ? error.message : '';
  const [, line, column] = /\(line (\d+) column (\d+)\)/.exec(message) ?? [];
  if (line !== undefined) return `, at line ${line}, column ${column}`;
  return message.startsWith('Unexpected end') ? ': it ends too early' : '';
}

/** What a record must have for its download to be done. */
export interface Wanted {
  /** The types asked for; empty for every type there is. */
  readonly types: readonly DownloadType[];
  /** Whether files are saved. */
  readonly savesFiles: boolean;
  /** The release that files are attached to; undefined if they are not. */
  readonly release: { readonly repository: string; readonly tag: string } | undefined;
}

/**
 * Chooses which records are carried over, by the ID of the video: the last one of each download that has what is wanted,
 * whatever others say, since the order of files is often by chance.
 *
 * @param records of all results files, the later ones last
 */
export function carriedOver(
  records: Iterable<EarlierRecord>,
  { release, savesFiles, types }: Wanted,
): ReadonlyMap<string, readonly CarriedRecord[]> {
  const isWanted = ({ assetUrl, file, isDone, sha256 }: EarlierRecord, type: DownloadType) =>
    isDone &&
    (types.length === 0 || types.includes(type)) &&
    // A file that was only attached was removed afterwards.
    (!savesFiles || (sha256 !== undefined && (file !== undefined || assetUrl === undefined))) &&
    (!release || (assetUrl !== undefined && isAssetOf(release, assetUrl)));

  const carried = new Map<string, CarriedRecord[]>();
  for (const record of records) {
    const { isDone: _isDone, type, videoId, ...facts } = record;
    if (type === '' || !isWanted(record, type)) continue;
    const others = carried.get(videoId)?.filter((other) => other.type !== type) ?? [];
    carried.set(videoId, [...others, { videoId, type, ...facts }]);
  }
  return carried;
}

/** Whether a URL is that of an asset of a release. GitHub ignores the case of a repository's name. */
function isAssetOf({ repository, tag }: { repository: string; tag: string }, assetUrl: string): boolean {
  const path = /\/([^/]+\/[^/]+)\/releases\/download\/([^/]+)\/[^/]+$/;
  const [, inRepository = '', ofTag = ''] = path.exec(new URL(assetUrl).pathname) ?? [];
  return inRepository.toLowerCase() === repository.toLowerCase() && isEncoded(tag, ofTag);
}

/** Whether a part of a path stands for a text. */
function isEncoded(text: string, part: string): boolean {
  try {
    return decodeURIComponent(part) === text.toWellFormed();
  } catch {
    return false;
  }
}
