import { Failure, type FailureOptions } from '../core/failure.ts';
import type { FailureKind } from '../core/failures/table.ts';

export interface RequestFailureOptions extends FailureOptions {
  /** Whether the same request may succeed later; `false` by default. */
  readonly retryable?: boolean;
  /** How long the host asked to wait (`Retry-After`), in ms. */
  readonly retryAfterMs?: number | undefined;
}

/** A request that failed, with what decides whether and when to retry it. */
export class RequestFailure extends Failure {
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(kind: FailureKind, what: string, options: RequestFailureOptions = {}) {
    super(kind, what, options);
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** The same failure, no longer retryable, with the reason. */
  final(why: string): RequestFailure {
    const { cause, response } = this;
    return new RequestFailure(this.kind, `${this.what} (${why})`, { cause, response });
  }
}

/** Whether an error is a failed request of this kind. */
export function isRequestFailure(error: unknown, kind: FailureKind): error is RequestFailure {
  return error instanceof RequestFailure && error.kind === kind;
}
