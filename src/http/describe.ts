import type { ServiceResponse } from '../core/failure.ts';
import { foreignText } from '../core/foreign-text.ts';
import { count, oneLine, truncate } from '../core/text.ts';

export type Redact = (text: string) => string;

/** A longer body is not an explanation that a person wrote; in UTF-16 units. */
const maxDescribed = 65_536;

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
 * An unexpected body as a message shows it.
 *
 * @param text undefined if the body was too large to be read
 */
export function describeBody(headers: Headers, text: string | undefined, redact: Redact): string {
  const type = foreignText(
    headers.get('content-type')?.split(';')[0] || 'no content type',
    'a content type',
    80,
  );
  if (text === undefined) return `a body that is too large (${type})`;
  if (text.trim() === '') return `an empty body (${type})`;
  if (text.length > maxDescribed) return `a body of ${count(text.length, 'character')} (${type})`;
  return `${type}: “${excerpt(text, redact, maxShown)}”`;
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
