import type { Clock } from '../core/clock.ts';
import { oneLine } from '../core/text.ts';

/**
 * Aborts a request that takes too long: after a fixed time, or after an idle time if it is restarted whenever
 * something arrives. The outer signal aborts it too, with its own reason. Both signals are held strongly, since
 * those that `AbortSignal.any` and fetch derive can be garbage-collected while a response stalls.
 */
export function startRequestTimeout(limitMs: number, clock: Clock, outer: AbortSignal) {
  const aborted = new AbortController();
  /** When the time started, on the clock's scale; undefined while paused. */
  let sinceMs: number | undefined = clock.now();
  const abort = () => aborted.abort(outer.reason);
  if (outer.aborted) abort();
  outer.addEventListener('abort', abort);

  const check = () => {
    const leftMs = limitMs - (clock.now() - (sinceMs ?? clock.now()));
    if (leftMs > 0) cancel = clock.schedule(leftMs, check);
    else aborted.abort(new DOMException('No response in time', 'TimeoutError'));
  };
  let cancel = clock.schedule(limitMs, check);

  return {
    /** Aborted with a `TimeoutError`, or with the outer signal's reason. */
    signal: aborted.signal,
    /** Starts the time again, since something arrived. */
    restart(): void {
      sinceMs = clock.now();
    },
    /** Stops the time until the next restart. */
    pause(): void {
      sinceMs = undefined;
    },
    [Symbol.dispose](): void {
      cancel();
      outer.removeEventListener('abort', abort);
    },
  };
}

export type RequestTimeout = ReturnType<typeof startRequestTimeout>;

const decoder = new TextDecoder();

/** The largest body of a response that lists nothing, in bytes. */
const defaultMaxBytes = 1024 * 1024;

/**
 * How many values of JSON a body may have: many more than real ones, whose values have some 30 bytes each. Parsed values
 * take a hundred bytes of memory, however short they are.
 */
const maxValues = (maxBytes: number) => Math.min(maxBytes / 16, 500_000);

/** The longest value of a header, in UTF-16 units. */
const maxHeaderLength = 8192;

/** The part of fetch's response that is used, with headers as `cleanHeaders` returns them. */
export type ReceivedResponse = Pick<Response, 'body' | 'headers' | 'status'>;

/** A response whose body is still to be read. Dispose of it to close the connection of what was not read. */
export type OpenResponse = ReturnType<typeof openResponse>;

export function openResponse(url: URL, { body, headers, status }: ReceivedResponse, timeout: RequestTimeout) {
  const { signal } = timeout;
  // The lock is never released, since that creates an error with a stack trace: a body is read only once.
  const reader = body?.getReader();
  const cancel = (reason?: unknown) => reader?.cancel(reason).catch(() => {});

  async function* read(isIdleTimeout: boolean): AsyncGenerator<Uint8Array> {
    signal.throwIfAborted();
    if (!reader) return;
    // Fetch may lose its signal to the garbage collector while nothing arrives.
    signal.addEventListener('abort', () => void cancel(signal.reason), { once: true });
    if (isIdleTimeout) timeout.restart();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (isIdleTimeout) timeout.pause();
      yield part.value;
      if (isIdleTimeout) timeout.restart();
    }
    signal.throwIfAborted();
  }

  return {
    url,
    status,
    headers,
    /** The body as it arrives. The timeout starts again with each piece, and is paused while a piece is used. */
    pieces: () => read(true),
    /**
     * The body as text, received within the time that is left.
     *
     * @param maxBytes how large it may be once it is decoded, since a small compressed body can become any size
     * @returns undefined if it is larger, or has more values of JSON than fit into the memory; the rest is not received
     */
    async text(maxBytes = defaultMaxBytes): Promise<string | undefined> {
      const pieces: Uint8Array[] = [];
      let readBytes = 0;
      let values = 0;
      for await (const piece of read(false)) {
        pieces.push(piece);
        readBytes += piece.byteLength;
        values += countValues(piece);
        if (readBytes > maxBytes || values > maxValues(maxBytes)) return undefined;
      }
      return decoder.decode(Buffer.concat(pieces));
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await cancel();
      timeout[Symbol.dispose]();
    },
  };
}

/** Headers with values as messages may show them, without those that are too long. */
export function cleanHeaders(headers: Headers): Headers {
  const clean = new Headers();
  for (const [name, value] of headers)
    if (value.length <= maxHeaderLength) clean.append(name, oneLine(value));
  return clean;
}

/** About how many values of JSON these bytes contain: each but the first follows a comma or opens a list or object. */
function countValues(bytes: Uint8Array): number {
  let values = 0;
  for (const byte of bytes) if (byte === 0x2c || byte === 0x5b || byte === 0x7b) values++;
  return values;
}
