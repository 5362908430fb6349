import type { ServiceResponse } from '../core/failure.ts';
import { foreignText } from '../core/foreign-text.ts';
import { formatBytes, oneLine, truncate } from '../core/text.ts';

export type Redact = (text: string) => string;

/** A longer body is not an explanation that a person wrote; in bytes. */
const maxDescribedBytes = 65_536;

/** How much of a body a message shows, in UTF-16 units. */
const maxShown = 200;

/**
 * Untrusted text as a message shows it: on one line, with at most `maxLength` UTF-16 units. It is redacted before it is
 * truncated, since a truncated secret would not be recognized.
 */
export function excerpt(text: string, redact: Redact, maxLength = 300): string {
  return truncate(oneLine(redact(text)), maxLength);
}

/**
 * An unexpected body as a message shows it: quoted only if it is text.
 *
 * @param bytes undefined if the body was too large to be read
 */
export function describeBody(headers: Headers, bytes: Uint8Array | undefined, redact: Redact): string {
  const type = foreignText(
    headers.get('content-type')?.split(';')[0] || 'no content type',
    'a content type',
    80,
  );
  if (bytes === undefined) return `a body that is too large (${type})`;
  const size = formatBytes(bytes.byteLength);
  if (bytes.byteLength > maxDescribedBytes) return `a body of ${size} (${type})`;
  const text = decodeText(bytes);
  if (text === undefined) return `a body of ${size} that is not text (${type})`;
  if (text.trim() === '') return `an empty body (${type})`;
  return `${type}: “${excerpt(text, redact, maxShown)}”`;
}

/** Whether a body that begins with these bytes may be text: UTF-8 without control characters except white space. */
export function isText(head: Uint8Array): boolean {
  return decodeText(head, { stream: true }) !== undefined;
}

/** @param options with `stream`, the bytes may end within a character */
function decodeText(bytes: Uint8Array, options: { readonly stream?: boolean } = {}): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, options);
    return /(?!\s)\p{Cc}/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** What a person or the service's support needs of a response. */
export function serviceResponse(
  { headers, status }: Pick<Response, 'headers' | 'status'>,
  more: Pick<ServiceResponse, 'messages' | 'omitted'> = { messages: [] },
): ServiceResponse {
  const rayId = rayIdIn(headers);
  return { ...more, httpStatus: status, ...(rayId !== undefined && { rayId, isGenuine: true }) };
}

/** The Ray ID, which identifies a request to Cloudflare's support: hex digits and a data center, as in `230b-SJC`. */
export function rayIdIn(headers: Headers): string | undefined {
  return /^[\da-f]{1,16}(?:-[a-z\d]{1,8})?$/i.exec(headers.get('cf-ray') ?? '')?.[0];
}
