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
  // Fetch may lose its signal to the garbage collector while nothing arrives.
  signal.addEventListener('abort', () => void cancel(signal.reason), { once: true });
  /** Pieces that `peek` received, until they are read. */
  const peeked: Uint8Array[] = [];

  /** The next piece that arrives; undefined at the end. */
  async function receive(): Promise<Uint8Array | undefined> {
    signal.throwIfAborted();
    const piece = (await reader?.read())?.value;
    if (!piece) signal.throwIfAborted();
    return piece;
  }

  async function* read(isIdleTimeout: boolean): AsyncGenerator<Uint8Array> {
    for (const piece of peeked) yield piece;
    if (isIdleTimeout || peeked.length > 0) timeout.restart();
    for (let piece = await receive(); piece; piece = await receive()) {
      if (isIdleTimeout) timeout.pause();
      yield piece;
      if (isIdleTimeout) timeout.restart();
    }
  }

  return {
    url,
    status,
    headers,
    /**
     * The first bytes of the body: as many as asked for, unless it has fewer. They are part of what is read later. The
     * timeout starts again with each piece, and is paused until the body is read on.
     */
    async peek(lengthBytes: number): Promise<Uint8Array> {
      const byteCount = () => peeked.reduce((sum, { byteLength }) => sum + byteLength, 0);
      while (byteCount() < lengthBytes) {
        timeout.restart();
        const piece = await receive();
        if (!piece) break;
        peeked.push(piece);
      }
      timeout.pause();
      return Buffer.concat(peeked.map((piece) => piece.subarray(0, lengthBytes))).subarray(0, lengthBytes);
    },
    /** The body as it arrives. The timeout starts again with each piece, and is paused while a piece is used. */
    pieces: () => read(true),
    /**
     * The whole body, received within the time that is left.
     *
     * @param maxBytes how large it may be once it is decoded, since a small compressed body can become any size
     * @returns undefined if it is larger, or has more values of JSON than fit into the memory; the rest is not received
     */
    async bytes(maxBytes = defaultMaxBytes): Promise<Uint8Array | undefined> {
      const pieces: Uint8Array[] = [];
      let readBytes = 0;
      let values = 0;
      for await (const piece of read(false)) {
        pieces.push(piece);
        readBytes += piece.byteLength;
        values += countValues(piece);
        if (readBytes > maxBytes || values > maxValues(maxBytes)) return undefined;
      }
      return Buffer.concat(pieces);
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
