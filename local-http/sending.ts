import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Writes the pieces of a body and waits for the socket to drain between them, so that a slow client does not fill the
 * memory of this process. Returns early when the client disconnects.
 */
export async function write(outgoing: ServerResponse, pieces: Iterable<Uint8Array>): Promise<void> {
  for (const piece of pieces) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(piece)) await drained(outgoing);
  }
}

/** Waits in real time. Returns early when the client disconnects. */
export async function pause(ms: number, outgoing: ServerResponse): Promise<void> {
  if (outgoing.destroyed) return;
  const disconnected = new AbortController();
  const abort = () => disconnected.abort();
  outgoing.once('close', abort);
  await delay(ms, undefined, { signal: disconnected.signal }).catch(() => undefined);
  outgoing.off('close', abort);
}

/** Resolves when more can be written, or when the client disconnects. */
function drained(outgoing: ServerResponse): Promise<void> {
  if (outgoing.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off('drain', done).off('close', done);
      resolve();
    };
    outgoing.once('drain', done).once('close', done);
  });
}
