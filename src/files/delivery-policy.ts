import { Failure } from '../core/failure.ts';
import type { FailureKind } from '../core/failures/table.ts';
import type { Timing } from '../core/timing.ts';
import { localAddress } from '../http/addresses.ts';
import { describeUrl, type RedirectPolicy } from '../http/http.ts';
import type { RequestFailure } from '../http/request-failure.ts';
import { backoffMs, type Retry } from '../http/retry.ts';

/** The longest time until the headers of a response, and between two pieces of its body, in ms. */
export const idleTimeoutMs = 30_000;

/** Where a file must not be requested from: whoever answers in place of Cloudflare may name any address. */
export interface DeliveryPolicy {
  /** Why a URL is refused, as in "URL, WHY"; undefined if it is not. */
  refuse(url: URL): string | undefined;
  /** Why a host with this address is refused, as in "ADDRESS, WHY"; undefined if it is not. */
  refuseAddress(address: string): string | undefined;
}

/**
 * Files are as well protected as the API is. They are on this machine only if the API is, or if it is not encrypted and
 * so no real one.
 */
export function deliveryPolicy(apiUrl: string): DeliveryPolicy {
  const { hostname, protocol } = new URL(apiUrl);
  const requiresHttps = protocol === 'https:';
  const allowsLoopback = !requiresHttps || localAddress(hostname) === 'loopback';
  const refuseAddress = (address: string) => {
    const kind = localAddress(address);
    if (kind === 'loopback') return allowsLoopback ? undefined : 'which is this machine';
    return kind && 'which only this machine can reach';
  };
  return {
    refuseAddress,
    refuse: (url) =>
      requiresHttps && url.protocol === 'http:' ? 'which is not encrypted' : refuseAddress(url.hostname),
  };
}

/** @throws {Failure} `unsafe-url` if a URL is refused */
export function requireAllowed(url: string, { refuse }: DeliveryPolicy): void {
  const parsed = new URL(url);
  const why = refuse(parsed);
  if (why !== undefined) throw new Failure('unsafe-url', `The file is at ${describeUrl(parsed)}, ${why}`);
}

export function redirectPolicy({ refuse }: DeliveryPolicy): RedirectPolicy {
  return {
    maxRedirects: 5,
    refuse(to, from) {
      if (!to || !/^https?:$/.test(to.protocol)) return 'which is not an http(s) URL';
      if (to.username || to.password) return 'a URL with a user in it';
      return from.protocol === 'https:' && to.protocol === 'http:' ? 'which is not encrypted' : refuse(to);
    },
  };
}

/** How many attempts in a row may fail without bringing a new byte. */
const maxFruitlessAttempts = 5;

/** How long a file may be missing after Cloudflare reported it as ready, possibly a little early, in ms. */
const missingMs = 60_000;

/** The longest pause during that time, in ms. */
const longestMissingPauseMs = 10_000;

/** Whether the host does not have the file, as it answers right after Cloudflare reported it as ready. */
export function isMissing(kind: FailureKind): boolean {
  return kind === 'file-missing' || kind === 'file-failed';
}

/** When requests for one file are retried: as long as they bring new bytes. */
export class DeliveryRetries {
  /** The most bytes that the file has had so far. */
  furthestBytes = 0;
  /** Whether new bytes arrived since the last failure. */
  hasNewBytes = false;
  /** Whether the URL was signed again since the last new byte. */
  isSignedAgain = false;
  /** How often the file was restarted since `furthestBytes` last grew. */
  restarts = 0;
  readonly #timing: Timing;
  readonly #missingUntilMs: number;
  #fruitlessAttempts = 0;
  #missingAttempts = 0;

  constructor(timing: Timing, readySinceMs: number) {
    this.#timing = timing;
    this.#missingUntilMs = readySinceMs + missingMs;
  }

  /** How long a missing file is still waited for, in ms. */
  get missingLeftMs(): number {
    return Math.max(0, this.#missingUntilMs - this.#timing.clock.now());
  }

  /** Notes progress. Bytes count as new if the file was never as long, or if they were appended after few restarts. */
  noteBytes(receivedBytes: number, isAppended: boolean): void {
    if (receivedBytes > this.furthestBytes) {
      this.furthestBytes = receivedBytes;
      this.restarts = 0;
    } else if (!isAppended || this.restarts >= maxFruitlessAttempts) {
      return;
    }
    this.hasNewBytes = true;
    this.isSignedAgain = false;
    // The attempt that brought them does not count when it fails.
    this.#fruitlessAttempts = -1;
  }

  /** @see RetryPolicy */
  decide({ kind, retryAfterMs = 0 }: RequestFailure): Retry {
    const { random } = this.#timing;
    this.hasNewBytes = false;
    if (isMissing(kind)) {
      const pauseMs = backoffMs(++this.#missingAttempts, random());
      return { pauseMs: Math.min(pauseMs, longestMissingPauseMs, this.missingLeftMs) };
    }
    this.#fruitlessAttempts++;
    const pauseMs = Math.max(retryAfterMs, backoffMs(this.#fruitlessAttempts + 1, random()));
    if (this.#fruitlessAttempts < maxFruitlessAttempts) return { pauseMs };
    return { pauseMs, stop: `the last of ${maxFruitlessAttempts} attempts in a row without a new byte` };
  }
}
