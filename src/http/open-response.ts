import type { ReceivedResponse, Take } from './body.ts';
import { decode } from './decode.ts';
import type { RequestTimeout } from './request-timeout.ts';

/** The largest body of a response that lists nothing, in bytes. */
const defaultMaxBytes = 1024 * 1024;

/**
 * How many values of JSON a body may have: many more than real ones, whose values have some 30 bytes each. Parsed values
 * take a hundred bytes of memory, however short they are.
 */
const maxValues = (maxBytes: number) => Math.min(maxBytes / 16, 500_000);

/** A response whose body is still to be read. Dispose of it to close the connection of what was not read. */
export type OpenResponse = ReturnType<typeof openResponse>;

export function openResponse(url: URL, { body, headers, status }: ReceivedResponse, timeout: RequestTimeout) {
  const { signal } = timeout;
  // Fetch may lose its signal to the garbage collector while nothing arrives.
  signal.addEventListener('abort', () => body?.cancel(signal.reason), { once: true });
  /** Pieces that `peek` received, until they are read. */
  const peeked: Uint8Array[] = [];

  async function receive(take: Take): Promise<void> {
    signal.throwIfAborted();
    for (let piece = peeked.shift(); piece; piece = peeked.shift()) {
      const next = take(piece);
      if (next === false) return;
      await next;
    }
    await body?.receive(take);
    signal.throwIfAborted();
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
      const pieces: Uint8Array[] = [];
      let leftBytes = lengthBytes;
      timeout.restart();
      await receive((piece) => {
        timeout.restart();
        pieces.push(new Uint8Array(piece));
        leftBytes -= piece.byteLength;
        return leftBytes <= 0 ? false : undefined;
      });
      timeout.pause();
      peeked.unshift(...pieces);
      return Buffer.concat(pieces).subarray(0, lengthBytes);
    },
    /**
     * Passes on the body as it arrives. The timeout starts again with each piece, and is paused while a promise of `take`
     * is pending.
     */
    async read(take: Take): Promise<void> {
      timeout.restart();
      await receive((piece) => {
        timeout.pause();
        const next = take(piece);
        if (next) return next.then(() => timeout.restart());
        timeout.restart();
        return next;
      });
    },
    /**
     * The whole body, decoded, received within the time that is left.
     *
     * @param maxBytes how large it may be once it is decoded, since a small compressed body can become any size
     * @returns undefined if it is larger, or has more values of JSON than fit into the memory; the rest is not received
     */
    async bytes(maxBytes = defaultMaxBytes): Promise<Uint8Array | undefined> {
      const pieces: Uint8Array[] = [];
      let leftBytes = maxBytes;
      // Peeking has paused it.
      if (peeked.length > 0) timeout.restart();
      await receive((piece) => {
        leftBytes -= piece.byteLength;
        if (leftBytes < 0) return false;
        pieces.push(new Uint8Array(piece));
        return undefined;
      });
      const whole = leftBytes < 0 ? undefined : decode(Buffer.concat(pieces), body?.encoding, maxBytes);
      return whole && countValues(whole) <= maxValues(maxBytes) ? whole : undefined;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      body?.cancel();
      timeout[Symbol.dispose]();
    },
  };
}

/** About how many values of JSON these bytes contain: each but the first follows a comma or opens a list or object. */
function countValues(bytes: Uint8Array): number {
  let values = 0;
  for (const byte of bytes) if (byte === 0x2c || byte === 0x5b || byte === 0x7b) values++;
  return values;
}
