import { type Reply, textReply } from '../http/reply.ts';

/** What the API says of an error, in `errors` of its envelope. */
export interface ApiMessage {
  readonly code: number;
  readonly message: string;
  readonly error_chain?: readonly ApiMessage[];
}

/** An answer of the API that is not a success. */
export class ApiError extends Error {
  readonly status: number;
  readonly errors: readonly [ApiMessage, ...ApiMessage[]];

  constructor(status: number, ...errors: [ApiMessage, ...ApiMessage[]]) {
    super(errors[0].message);
    this.status = status;
    this.errors = errors;
  }
}

/** The account has no such video, or the video no such download. */
export function notFound(): ApiError {
  return new ApiError(404, { code: 10003, message: 'Not Found' });
}

/** The request is understood and cannot be carried out. */
export function badRequest(message: string): ApiError {
  return new ApiError(400, { code: 10005, message });
}

/** The request's body is not what the call takes. */
export function undecodable(message: string): ApiError {
  return new ApiError(400, { code: 10004, message });
}

/**
 * The envelope of a success.
 * Follows https://developers.cloudflare.com/fundamentals/api/how-to/make-api-calls/#interpret-the-response
 *
 * @param beside what stands beside `result`, such as the counts of a list
 */
export function success(result: unknown, beside: Readonly<Record<string, unknown>> = {}): Reply {
  return json(200, { result, success: true, errors: [], messages: [], ...beside });
}

/** The envelope of an error. */
export function failure({ status, errors }: ApiError): Reply {
  return json(status, { result: null, success: false, errors, messages: [] });
}

function json(status: number, value: unknown): Reply {
  return textReply(status, JSON.stringify(value), 'application/json');
}
