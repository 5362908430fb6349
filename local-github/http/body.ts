import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Fault } from '../faults.ts';

/** A request's body does not come whole: the client has left, or a fault wants it so. */
export class BodyBroken extends Error {}

/** What came of a body so far. */
export interface BodyRecord {
  bodyBytes: number;
  /** In hexadecimal; missing until all of it has come. */
  sha256?: string;
}

/**
 * A request's body as it comes, measured on its way, and broken off where a fault wants it so. Nothing of it is read
 * before somebody asks for it.
 *
 * @throws BodyBroken while it is read
 */
export async function* bodyOf(
  incoming: IncomingMessage,
  record: BodyRecord,
  fault: Fault | undefined,
): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256');
  const end = breakOf(fault);
  if (end > 0) {
    for await (const piece of untilBroken(incoming)) {
      const part = piece.subarray(0, end - record.bodyBytes);
      record.bodyBytes += part.byteLength;
      hash.update(part);
      yield part;
      if (record.bodyBytes >= end) break;
    }
  }
  if (end === Number.POSITIVE_INFINITY) {
    record.sha256 = hash.digest('hex');
    return;
  }
  if (fault?.kind === 'broken-upload') incoming.socket.resetAndDestroy();
  // What is not read keeps the end of the connection from showing, so this may last until the server closes.
  else await closed(incoming.socket);
  throw new BodyBroken();
}

/** All of a body, and then the end of it is held against it. */
export async function* lost(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  yield* body;
  throw new BodyBroken();
}

/** Resolves when it is closed, also by an error. */
export function closed(connection: Socket | ServerResponse): Promise<void> {
  if (connection.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    connection.once('close', () => resolve());
  });
}

function breakOf(fault: Fault | undefined): number {
  if (fault?.kind === 'broken-upload') return fault.bytes;
  if (fault?.kind === 'stall') return fault.afterBytes ?? 0;
  return Number.POSITIVE_INFINITY;
}

async function* untilBroken(incoming: IncomingMessage): AsyncGenerator<Uint8Array, void> {
  const pieces: AsyncIterable<Uint8Array> = incoming.iterator({ destroyOnReturn: false });
  try {
    yield* pieces;
  } catch {
    throw new BodyBroken();
  }
}
