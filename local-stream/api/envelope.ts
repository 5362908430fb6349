import { type Reply, textReply } from '../../local-http/reply.ts';

/** An error in the `errors` of the API's envelope. */
export interface ApiMessage {
  readonly code: number;
  readonly message: string;
  readonly error_chain?: readonly ApiMessage[];
}

/** A response of the API other than a success. */
export class ApiError extends Error {
  readonly status: number;
  readonly errors: readonly [ApiMessage, ...ApiMessage[]];

  constructor(status: number, ...errors: [ApiMessage, ...ApiMessage[]]) {
    super(errors[0].message);
    this.status = status;
    this.errors = errors;
  }
}

/** The video or the download does not exist. */
export function notFound(): ApiError {
  return new ApiError(404, { code: 10003, message: 'Not Found' });
}

/** The request is well-formed but cannot be carried out. */
export function badRequest(message: string): ApiError {
  return new ApiError(400, { code: 10005, message });
}

/** The request body cannot be parsed. */
export function undecodable(message: string): ApiError {
  return new ApiError(400, { code: 10004, message });
}

/**
 * The envelope of a success.
 * Follows https://developers.cloudflare.com/fundamentals/api/how-to/make-api-calls/#interpret-the-response
 *
 * @param additional fields beside `result`, such as the counts of a list
 */
export function success(result: unknown, additional: Readonly<Record<string, unknown>> = {}): Reply {
  return json(200, { result, success: true, errors: [], messages: [], ...additional });
}

/** The envelope of an error. */
export function failure({ status, errors }: Pick<ApiError, 'status' | 'errors'>): Reply {
  return json(status, { result: null, success: false, errors, messages: [] });
}

function json(status: number, value: unknown): Reply {
  return textReply(status, JSON.stringify(value), 'application/json');
}
