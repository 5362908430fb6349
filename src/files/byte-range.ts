/**
 * How an answer goes on with a file that came in part.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-range-requests
 */

/** What is known of a file from the answers so far. */
export interface Version {
  /** What identifies it in `If-Range`: a strong entity tag, or a date; undefined where the host gave neither. */
  readonly validator: string | undefined;
  /** Its whole size in bytes, where the host announced it. */
  readonly totalBytes: number | undefined;
}

/** The version of a file that a whole or partial answer is of. */
export function versionOf(headers: Headers): Version {
  const range = contentRange(headers.get('content-range'));
  return {
    validator: validatorOf(headers),
    totalBytes: range ? range.totalBytes : wholeNumber(headers.get('content-length')),
  };
}

/** A strong entity tag; or, where there is no tag at all, a date so old that no other version can share it. */
function validatorOf(headers: Headers): string | undefined {
  const etag = headers.get('etag');
  if (etag) return etag.startsWith('W/') ? undefined : etag;
  const modified = headers.get('last-modified');
  const ageMs = Date.parse(headers.get('date') ?? '') - Date.parse(modified ?? '');
  return modified !== null && ageMs >= 1000 ? modified : undefined;
}

/** The headers that ask for the rest of a file; those that ask for all of it where the rest cannot be asked for. */
export function rangeHeaders(haveBytes: number, version: Version | undefined): Record<string, string> {
  if (haveBytes === 0 || version?.validator === undefined) return {};
  return { Range: `bytes=${haveBytes}-`, 'If-Range': version.validator };
}

/**
 * Whether a partial answer (206) is the next part of the file: it begins where the file ends so far, and is of the
 * same version.
 */
export function continues(headers: Headers, haveBytes: number, version: Version | undefined): boolean {
  const range = contentRange(headers.get('content-range'));
  if (range?.startByte !== haveBytes) return false;
  const { totalBytes } = versionOf(headers);
  const sameSize = [totalBytes, undefined].includes(version?.totalBytes) || totalBytes === undefined;
  const validators = [headers.get('etag'), headers.get('last-modified')];
  // What is joined on must say of itself what it was asked for.
  return sameSize && (haveBytes === 0 || validators.includes(version?.validator ?? ''));
}

/** The size in bytes that an answer "range not satisfiable" (416) tells of the whole file. */
export function sizeOfUnsatisfied(headers: Headers): number | undefined {
  const [, size = null] = /^\s*bytes\s+\*\/(\d+)\s*$/i.exec(headers.get('content-range') ?? '') ?? [];
  return wholeNumber(size);
}

function contentRange(header: string | null) {
  const [, start = null, end = null, total = null] =
    /^\s*bytes\s+(\d+)-(\d+)\/(\d+|\*)\s*$/i.exec(header ?? '') ?? [];
  const startByte = wholeNumber(start);
  const endByte = wholeNumber(end);
  const totalBytes = wholeNumber(total);
  if (startByte === undefined || endByte === undefined || endByte < startByte) return undefined;
  return totalBytes !== undefined && totalBytes <= endByte ? undefined : { startByte, totalBytes };
}

function wholeNumber(text: string | null): number | undefined {
  const value = text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
  return Number.isSafeInteger(value) ? value : undefined;
}
