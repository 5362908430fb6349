import type { ServiceResponse } from '../core/failure.ts';
import { oneLine, truncate } from '../core/text.ts';

export type Redact = (text: string) => string;

/**
 * Untrusted text as a message shows it: on one line, with at most `maxLength` UTF-16 units. It is redacted before it is
 * truncated, since a truncated secret would not be recognized.
 */
export function excerpt(text: string, redact: Redact, maxLength = 300): string {
  return truncate(oneLine(redact(text)), maxLength);
}

/** An unexpected body as a message shows it. */
export function describeBody(headers: Headers, text: string, redact: Redact): string {
  const type = excerpt(headers.get('content-type')?.split(';')[0] ?? 'no content type', redact, 80);
  return text.trim() === '' ? `an empty body (${type})` : `${type}: “${excerpt(text, redact, 200)}”`;
}

/** What a person or the service's support needs of a response. */
export function serviceResponse(
  { headers, status }: Pick<Response, 'headers' | 'status'>,
  redact: Redact,
  messages: ServiceResponse['messages'] = [],
): ServiceResponse {
  const rayId = headers.get('cf-ray');
  return { messages, httpStatus: status, ...(rayId && { rayId: excerpt(rayId, redact, 64) }) };
}
