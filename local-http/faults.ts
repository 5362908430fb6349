import type { ByteSource } from './byte-source.ts';
import { randomNumbers } from './random.ts';

/** A fault of the connection: it does not depend on what the request or the response contains. */
export type ConnectionFault =
  /** The request is carried out and answered `ms` later, in real time, independently of the server's clock. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** The connection is reset; the request is not carried out. */
  | { readonly kind: 'reset' }
  /** The request is carried out, then the connection is reset instead of sending the response. */
  | { readonly kind: 'answer-lost' }
  /**
   * Sends these bytes (text as UTF-8) on the connection before the response, for what an HTTP server would not send.
   * With `Infinity` bytes no response follows. With `drip`, that many bytes are sent at a time, with a pause of `everyMs`
   * between them, in real time.
   */
  | {
      readonly kind: 'raw';
      readonly bytes: string | Uint8Array | ByteSource;
      readonly drip?: { readonly bytes: number; readonly everyMs: number };
    };

/** The request is carried out, and its response is altered before it is sent. */
export type AlterationFault =
  /**
   * Replaces headers of the response, and removes those that are null. Without `Content-Length` the body is sent in
   * chunks.
   */
  | { readonly kind: 'headers'; readonly headers: HeaderOverrides }
  /**
   * Replaces the JSON of the response with what `alter` returns, headers as `headers` does, and the reason phrase by
   * `statusText`, sent as UTF-8 because `fetch` decodes it so. A response other than JSON stays as it is.
   */
  | {
      readonly kind: 'alter';
      readonly alter: (json: unknown) => unknown;
      readonly headers?: HeaderOverrides;
      readonly statusText?: string;
    };

/** Header values that replace those of a response; null removes a header. Names in any case. */
export type HeaderOverrides = Readonly<Record<string, string | null>>;

/** The request is not carried out; this response is sent instead. */
export interface StatusFault<Body = string | Uint8Array | ByteSource> {
  readonly kind: 'status';
  readonly status: number;
  /** Defaults to an empty body. */
  readonly body?: Body;
  /** Defaults to plain text. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * What a request addresses. A server adds optional fields of its own (such as the ID of a video), and faults can be
 * limited to requests with given values of them.
 */
export interface RequestTarget {
  /** The name of the API call, or `unknown`. */
  readonly route: string;
}

/** The requests that a fault applies to: one API call, or `any` request. */
export type FaultRoute<Target extends RequestTarget> = Exclude<Target['route'], 'unknown'> | 'any';

/**
 * A fault for a number of requests: those to its route whose target has the same value in every other field that is
 * given here.
 */
export type PlannedFault<Fault, Target extends RequestTarget> = Partial<Omit<Target, 'route'>> & {
  readonly route: FaultRoute<Target>;
  readonly fault: Fault;
  /** How many requests fail. Defaults to 1; `Infinity` for all. */
  readonly times?: number;
  /**
   * How many matching requests succeed before the first one fails. Defaults to 0. Requests that meet a fault added
   * earlier do not count.
   */
  readonly after?: number;
};

/** Faults at random, in an order that the seed determines. */
export interface RandomFaults<Fault, Target extends RequestTarget> {
  /** Defaults to `any`. */
  readonly route?: FaultRoute<Target>;
  /** An integer. */
  readonly seed: number;
  /** The probability of a fault per request, 0–1. */
  readonly rate: number;
  /** The faults to choose from, with equal probability. */
  readonly faults: readonly Fault[];
}

/** The faults planned for upcoming requests. A request meets at most one: the first match in order of addition. */
export class Faults<Fault, Target extends RequestTarget> {
  readonly #sources = new Set<(target: Target) => Fault | undefined>();

  /** Adds a fault. Returns a function that removes it. */
  add(planned: PlannedFault<Fault, Target>): () => void {
    const { route, fault, times = 1, after = 0, ...fields } = planned;
    let skipped = 0;
    let met = 0;
    return this.#addSource((target) => {
      if (!matches(target, route, fields) || met >= times) return undefined;
      if (skipped < after) {
        skipped += 1;
        return undefined;
      }
      met += 1;
      return fault;
    });
  }

  /** Adds random faults. Returns a function that removes them. */
  addRandom({ route = 'any', seed, rate, faults }: RandomFaults<Fault, Target>): () => void {
    const random = randomNumbers(seed);
    return this.#addSource((target) => {
      if (!matches(target, route, {}) || random() >= rate) return undefined;
      return faults[Math.floor(random() * faults.length)];
    });
  }

  /** Returns the fault for the next request, if any, and counts it as met. */
  next(target: Target): Fault | undefined {
    for (const source of this.#sources) {
      const fault = source(target);
      if (fault) return fault;
    }
    return undefined;
  }

  #addSource(source: (target: Target) => Fault | undefined): () => void {
    this.#sources.add(source);
    return () => {
      this.#sources.delete(source);
    };
  }
}

function matches(target: RequestTarget, route: string, fields: object): boolean {
  const values = new Map<string, unknown>(Object.entries(target));
  return (
    (route === 'any' || route === target.route) &&
    Object.entries(fields).every(([name, value]) => value === undefined || value === values.get(name))
  );
}
