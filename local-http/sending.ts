import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { ByteSource } from './byte-source.ts';

/**
 * Writes the pieces of a body and waits for the socket to drain between them, so that a slow client does not fill the
 * memory of this process. Returns early when the client disconnects.
 */
export async function write(outgoing: Writable, pieces: Iterable<Uint8Array>): Promise<void> {
  for (const piece of pieces) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(piece)) await drained(outgoing);
  }
}

/**
 * Writes `bytes` (at least 1) of a body at a time, with a pause of `everyMs` between them, in real time. Returns early
 * when the client disconnects.
 */
export async function drip(
  outgoing: Writable,
  body: ByteSource,
  { bytes, everyMs }: { readonly bytes: number; readonly everyMs: number },
): Promise<void> {
  const stepBytes = Math.max(1, bytes);
  for (let at = 0; at < body.sizeBytes && !outgoing.destroyed; at += stepBytes) {
    if (at > 0) await pause(everyMs, outgoing);
    await write(outgoing, body.read(at, Math.min(at + stepBytes, body.sizeBytes)));
  }
}

/** Waits in real time. Returns early when the client disconnects. */
export async function pause(ms: number, outgoing: Writable): Promise<void> {
  if (outgoing.destroyed) return;
  const disconnected = new AbortController();
  const abort = () => disconnected.abort();
  outgoing.once('close', abort);
  await delay(ms, undefined, { signal: disconnected.signal }).catch(() => undefined);
  outgoing.off('close', abort);
}

/** Resolves when more can be written, or when the client disconnects. */
function drained(outgoing: Writable): Promise<void> {
  if (outgoing.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off('drain', done).off('close', done);
      resolve();
    };
    outgoing.once('drain', done).once('close', done);
  });
}
