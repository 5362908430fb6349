/** What identifies the version of a file that a response belongs to. */
export interface Version {
  /** For `If-Range`: a strong entity tag or a date; undefined where the host sent neither. */
  readonly validator: string | undefined;
  /** The size of the whole file in bytes; undefined where the host did not announce it. */
  readonly totalBytes: number | undefined;
}

/** The version of the file that a response with the whole file (200) or with a part of it (206) belongs to. */
export function versionOf(headers: Headers): Version {
  const range = contentRange(headers);
  const totalBytes = range ? range.totalBytes : wholeNumber(headers.get('content-length'));
  return { validator: validatorOf(headers), totalBytes };
}

/** A strong entity tag or, where there is no tag at all, a date so old that no other version can share it. */
function validatorOf(headers: Headers): string | undefined {
  const etag = headers.get('etag');
  if (etag) return etag.startsWith('W/') ? undefined : etag;
  const modified = headers.get('last-modified');
  const ageMs = Date.parse(headers.get('date') ?? '') - Date.parse(modified ?? '');
  return modified !== null && ageMs >= 1000 ? modified : undefined;
}

/** The headers that request the rest of a file; none where only the whole file can be requested. */
export function rangeHeaders(receivedBytes: number, version: Version | undefined): Record<string, string> {
  if (receivedBytes === 0 || version?.validator === undefined) return {};
  return { Range: `bytes=${receivedBytes}-`, 'If-Range': version.validator };
}

/**
 * Whether a partial response (206) starts where the file ends so far, and belongs to the same version.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-range-requests
 */
export function continues(headers: Headers, receivedBytes: number, version: Version | undefined): boolean {
  const range = contentRange(headers);
  if (range?.startByte !== receivedBytes) return false;
  const totalBytes = version?.totalBytes ?? range.totalBytes;
  if ((range.totalBytes ?? totalBytes) !== totalBytes) return false;
  // A host may ignore If-Range, so the response itself must name the version.
  const validators = [headers.get('etag'), headers.get('last-modified')];
  return receivedBytes === 0 || validators.includes(version?.validator ?? '');
}

/** The size in bytes of the whole file, as the response "range not satisfiable" (416) gives it. */
export function unsatisfiedSize(headers: Headers): number | undefined {
  return wholeNumber(/^\s*bytes\s+\*\/(\d+)\s*$/i.exec(headers.get('content-range') ?? '')?.[1]);
}

function contentRange(headers: Headers) {
  const header = headers.get('content-range') ?? '';
  const [, start, end, total] = /^\s*bytes\s+(\d+)-(\d+)\/(\d+|\*)\s*$/i.exec(header) ?? [];
  const [startByte, endByte, totalBytes] = [wholeNumber(start), wholeNumber(end), wholeNumber(total)];
  if (startByte === undefined || endByte === undefined || endByte < startByte) return undefined;
  return totalBytes !== undefined && totalBytes <= endByte ? undefined : { startByte, totalBytes };
}

function wholeNumber(text: string | null | undefined): number | undefined {
  const value = /^\d+$/.test(text ?? '') ? Number(text) : undefined;
  return Number.isSafeInteger(value) ? value : undefined;
}
