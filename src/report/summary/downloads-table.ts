import { labelOf } from '../../core/download-types.ts';
import { failures } from '../../core/failures/table.ts';
import type { DownloadRecord } from '../../core/record.ts';
import { count, formatBytes, formatDuration, formatNumber } from '../../core/text.ts';
import { publishedStatus } from '../outputs.ts';
import type { Markdown } from './markdown.ts';
import { type Cells, type Column, table, unbroken } from './table.ts';

/** The longest title that is shown whole, in UTF-16 units. */
const maxTitleLength = 120;

/** A thumbnail as it is shown, in CSS pixels; displays of high density get twice as many. */
const thumbnailPx = { width: 120, height: 68 };

/** Space for the heading of the table and for the line that counts what is left out, in bytes of UTF-8. */
const reservedBytes = 2000;

/**
 * The table of downloads: one row per record, in their order, as far as they fit. Rows of failed downloads are the last
 * to be left out.
 *
 * @param maxBytes of UTF-8
 */
export function downloadsTable(records: readonly DownloadRecord[], md: Markdown, maxBytes: number): string {
  if (records.length === 0) return '';
  const columns = columnsOf(md);
  const rows = fittingRows(records, columns, maxBytes - reservedBytes);
  if (rows.length === records.length) return table(columns, rows);
  const notice = `Only ${formatNumber(rows.length)} of ${count(records.length, 'download')} are shown, since a job summary holds no more. The file in the output <code>results-file</code> lists them all.`;
  return rows.length === 0 ? notice : `${table(columns, rows)}\n\n${notice}`;
}

function fittingRows(
  records: readonly DownloadRecord[],
  columns: readonly Column<DownloadRecord>[],
  maxBytes: number,
): Cells[] {
  const rows = new Map<number, Cells>();
  let bytes = 0;
  fill: for (const isFailed of [true, false]) {
    for (const [index, record] of records.entries()) {
      if ((record.failure !== undefined) !== isFailed) continue;
      const cells = columns.map(({ cell }) => cell(record));
      bytes += Buffer.byteLength(`| ${cells.join(' | ')} |\n`);
      if (bytes > maxBytes) break fill;
      rows.set(index, cells);
    }
  }
  return [...rows].toSorted(([a], [b]) => a - b).map(([, cells]) => cells);
}

function columnsOf(md: Markdown): Column<DownloadRecord>[] {
  return [
    { heading: 'Thumbnail', cell: ({ thumbnailUrl }) => thumbnail(thumbnailUrl, md) },
    { heading: 'Video', cell: (record) => video(record, md) },
    { heading: 'Type', cell: ({ type }) => (type === '' ? '' : labelOf(type)) },
    { heading: 'Result', cell: (record) => result(record, md) },
    {
      heading: 'Duration',
      isNumeric: true,
      cell: ({ durationSeconds }) =>
        durationSeconds ? unbroken(formatDuration(durationSeconds * 1000)) : '',
    },
    {
      heading: 'Size',
      isNumeric: true,
      cell: ({ sizeBytes }) => (sizeBytes === undefined ? '' : unbroken(formatBytes(sizeBytes))),
    },
    { heading: 'SHA-256', cell: ({ sha256 }) => (sha256 ? md.code(sha256) : '') },
    { heading: 'Link', cell: (record) => link(record, md) },
    { heading: 'File', cell: ({ file }) => (file ? md.code(file) : '') },
    {
      heading: 'Release asset',
      cell: ({ assetUrl }) => (assetUrl ? md.link(assetName(assetUrl), assetUrl) : ''),
    },
    {
      heading: 'Link expires',
      cell: ({ expiresAt }) => (expiresAt ? md.text(withoutSeconds(expiresAt)) : ''),
    },
  ];
}

/** @see https://developers.cloudflare.com/stream/viewing-videos/displaying-thumbnails/ */
function thumbnail(address: string | undefined, md: Markdown): string {
  const url = address && URL.parse(address);
  if (!url) return '';
  url.searchParams.set('width', String(thumbnailPx.width * 2));
  url.searchParams.set('height', String(thumbnailPx.height * 2));
  return md.image(url.href, thumbnailPx.width);
}

/** A video by its title, with its ID below; by its ID if it has no title. */
function video({ title = '', videoId }: DownloadRecord, md: Markdown): string {
  const name = md.text(title, maxTitleLength);
  const id = md.code(videoId);
  return name ? `${name}<br>${id}` : id;
}

function result(record: DownloadRecord, md: Markdown): string {
  const { assetUrl, failure, file, percentComplete, planned, resumed, status, unknownStatus } = record;
  if (failure) return `❌ ${failures[failure.kind].title}`;
  if (planned) return planned.length > 0 ? planned.join(', ') : 'nothing to do';
  if (resumed) return '✅&nbsp;carried over';
  const done = [...(file ? ['saved'] : []), ...(assetUrl ? ['attached'] : [])];
  if (done.length > 0) return `✅&nbsp;${done.join(' and ')}`;
  switch (status) {
    case 'ready':
    case 'deleted':
      return `✅&nbsp;${status}`;
    case 'inprogress': {
      const percent = percentComplete === null ? '' : `, ${Math.floor(percentComplete)} %`;
      return `⏳&nbsp;${unknownStatus === undefined ? 'generating' : md.text(unknownStatus)}${percent}`;
    }
    case 'none':
      return 'no download';
    default:
      return `⚠️&nbsp;${publishedStatus(record)}`;
  }
}

/** Only what everyone can open is linked: a signed URL, or one that does not work yet, is not. */
function link({ failure, status, unsignedUrl, url }: DownloadRecord, md: Markdown): string {
  if (url === null) return '';
  if (status !== 'ready') return failure ? '' : md.code(url);
  return unsignedUrl === undefined ? md.link('Download', url) : md.code(url);
}

function assetName(address: string): string {
  const name = URL.parse(address)?.pathname.split('/').at(-1);
  try {
    return decodeURIComponent(name || address);
  } catch {
    return name || address;
  }
}

/** `2026-01-31 12:00 UTC`, from RFC 3339 in UTC. */
function withoutSeconds(instant: string): string {
  return instant.replace(/^([\d-]+)T(\d+:\d+).*Z$/, '$1 $2 UTC');
}
