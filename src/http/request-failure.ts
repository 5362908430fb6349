import { Failure, type FailureKind, type Said } from '../core/failure.ts';

/** A request that failed, with what decides whether and when it is worth another attempt. */
export class RequestFailure extends Failure {
  /** Whether the same request may succeed later. */
  readonly passing: boolean;
  /** How long the host asked to wait (`Retry-After`), in ms. */
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: FailureKind,
    what: string,
    options: {
      said?: Said | undefined;
      cause?: unknown;
      passing?: boolean;
      retryAfterMs?: number | undefined;
    } = {},
  ) {
    super(kind, what, options);
    this.passing = options.passing ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}
