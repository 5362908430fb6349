/** What a response names of the version of the file that it belongs to. */
export interface Version {
  /** As it was sent, so that a weak tag begins with `W/`; undefined where there is none. */
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  /** What `If-Range` may contain: a strong tag or a date that proves the version; undefined where there is neither. */
  readonly strongValidator: string | undefined;
  /** The size of the whole file in bytes; undefined where the host did not announce it. */
  readonly totalBytes: number | undefined;
}

/** The version of the file that a response with the whole file (200) or with a part of it (206) belongs to. */
export function versionOf(headers: Headers): Version {
  const etag = headers.get('etag') || undefined;
  const lastModified = headers.get('last-modified') || undefined;
  const range = contentRange(headers);
  const totalBytes = range ? range.totalBytes : wholeNumber(headers.get('content-length'));
  return { etag, lastModified, strongValidator: strongValidator(headers, etag, lastModified), totalBytes };
}

/**
 * A strong entity tag or, where there is no tag at all, a date so old that no other version can share it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5
 */
function strongValidator(headers: Headers, etag?: string, lastModified?: string): string | undefined {
  if (etag !== undefined) return etag.startsWith('W/') ? undefined : etag;
  const ageMs = Date.parse(headers.get('date') ?? '') - Date.parse(lastModified ?? '');
  return ageMs >= 1000 ? lastModified : undefined;
}

/** Whether a part can be recognized as one of the same version. A date that is not old enough does not suffice. */
export function isRecognizable(version: Version | undefined): version is Version {
  return version !== undefined && (version.etag ?? version.strongValidator) !== undefined;
}

/** The headers that request the rest of a file; none where only the whole file can be requested. */
export function rangeHeaders(receivedBytes: number, version: Version | undefined): Record<string, string> {
  if (receivedBytes === 0 || !isRecognizable(version)) return {};
  const { strongValidator: condition } = version;
  return { Range: `bytes=${receivedBytes}-`, ...(condition !== undefined && { 'If-Range': condition }) };
}

/**
 * Whether a partial response (206) starts where the file ends so far, and belongs to the same version. One that answers
 * `If-Range` need not name the version again.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.3.7
 */
export function continues(headers: Headers, receivedBytes: number, version: Version): boolean {
  const range = contentRange(headers);
  if (range?.startByte !== receivedBytes) return false;
  const { totalBytes = range.totalBytes } = version;
  if ((range.totalBytes ?? totalBytes) !== totalBytes) return false;
  if (totalBytes !== undefined && range.endByte >= totalBytes) return false;
  // A host may ignore If-Range, so what the part names must be the same.
  if (namesAnother(headers, version)) return false;
  return version.strongValidator !== undefined || isSameVersion(versionOf(headers), version);
}

/** Whether two responses name the same version. */
export function isSameVersion(one: Version, other: Version): boolean {
  return one.etag === other.etag && one.lastModified === other.lastModified;
}

/** Whether a response has another entity tag or date than the version. */
export function namesAnother(headers: Headers, version: Version): boolean {
  const sent = versionOf(headers);
  const { etag = version.etag, lastModified = version.lastModified } = sent;
  return !isSameVersion({ ...sent, etag, lastModified }, version);
}

/** How long the body of a response is at most, by all that its headers announce; undefined if they announce nothing. */
export function announcedBytes(headers: Headers): number | undefined {
  const range = contentRange(headers);
  const lengths = [
    wholeNumber(headers.get('content-length')),
    range && range.endByte - range.startByte + 1,
  ].filter((length) => length !== undefined);
  return lengths.length === 0 ? undefined : Math.min(...lengths);
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
  return totalBytes !== undefined && totalBytes <= endByte ? undefined : { startByte, endByte, totalBytes };
}

function wholeNumber(text: string | null | undefined): number | undefined {
  const value = /^\d+$/.test(text ?? '') ? Number(text) : undefined;
  return Number.isSafeInteger(value) ? value : undefined;
}
