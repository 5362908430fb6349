import type { FailureKind } from '../core/failures/table.ts';
import { singleFlight } from '../core/single-flight.ts';
import { RequestFailure } from '../http/request-failure.ts';

/** What it means that Cloudflare does not know the address of a video, while it knows that of the account. */
export const malformedId = 'Cloudflare does not know the address of this video, so its ID may be malformed';

/** The request that failed. */
interface FailedCall {
  /** What it was to do, as in "Could not DO". */
  readonly action: string;
  /** Undefined if it was not about one video. */
  readonly videoId?: string;
}

/** Tells failures of one request from those that concern every request, such as wrong credentials. */
export class FatalFailure {
  /** What is wrong for every request; undefined as long as nothing is. */
  current: RequestFailure | undefined;
  readonly #accountFailure: () => Promise<unknown>;
  #isAccountKnown = false;

  /** @param lookUpAccount a request that concerns the account alone */
  constructor(lookUpAccount: () => Promise<unknown>) {
    this.#accountFailure = singleFlight(() =>
      lookUpAccount().then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
  }

  /**
   * The failure as it is to be reported: the current one if it concerns every request.
   *
   * @param hasAnswered whether the API has answered before, so that its address is right
   */
  async explain(
    failure: RequestFailure,
    { action, videoId }: FailedCall,
    hasAnswered: boolean,
  ): Promise<RequestFailure> {
    const isAddressWrong = !hasAnswered && addressFailures.has(failure.kind);
    if (!this.current && (isAddressWrong || isFatal(failure))) this.current = failure;
    if (this.current || !isUnroutable(failure) || videoId === undefined) return this.current ?? failure;
    // A malformed video ID has the same answer as a wrong account.
    const accountFailure = this.#isAccountKnown ? undefined : await this.#accountFailure();
    if (accountFailure instanceof RequestFailure && isUnroutable(accountFailure)) this.current ??= failure;
    if (this.current) return this.current;
    if (accountFailure !== undefined) return failure;
    this.#isAccountKnown = true;
    const what = `Could not ${action}: ${malformedId}`;
    return new RequestFailure('video-not-found', what, { response: failure.response, cause: failure });
  }
}

/** What answers at an address that is wrong, or that a firewall blocks. */
const addressFailures: ReadonlySet<FailureKind> = new Set(['wrong-address', 'blocked']);

/** Whether a failure is about the credentials. */
function isFatal(failure: RequestFailure): boolean {
  const { kind } = failure;
  if (kind === 'token-invalid' || kind === 'token-permission') return true;
  return kind === 'account-wrong' && !isUnroutable(failure);
}

/** Whether Cloudflare does not know the address: the ID of the account or that of the video is wrong. */
export function isUnroutable({ response }: RequestFailure): boolean {
  return response?.messages.some(({ code }) => code === 7000 || code === 7003) === true;
}
