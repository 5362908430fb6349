import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Writes pieces of a body, each when there is room for it, so that a client that reads slowly makes no heap of them
 * here. It ends early when the client has left.
 */
export async function write(outgoing: ServerResponse, pieces: Iterable<Uint8Array>): Promise<void> {
  for (const piece of pieces) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(piece)) await room(outgoing);
  }
}

/** Waits, and not in vain: it ends early when the client has left. */
export async function pause(ms: number, outgoing: ServerResponse): Promise<void> {
  if (outgoing.destroyed) return;
  const left = new AbortController();
  const leave = () => left.abort();
  outgoing.once('close', leave);
  await delay(ms, undefined, { signal: left.signal }).catch(() => undefined);
  outgoing.off('close', leave);
}

/** Resolves when more can be written, or when the client has left. */
function room(outgoing: ServerResponse): Promise<void> {
  if (outgoing.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off('drain', done).off('close', done);
      resolve();
    };
    outgoing.once('drain', done).once('close', done);
  });
}
