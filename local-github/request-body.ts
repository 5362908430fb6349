import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Fault } from './faults.ts';

/** A request body is incomplete: the client disconnected, or a fault interrupted it. */
export class IncompleteBodyError extends Error {}

/** What was received of a request body so far. */
export interface BodyRecord {
  bodyBytes: number;
  /** In hexadecimal; absent until the whole body was received. */
  sha256?: string;
}

/**
 * Reads the body of a request piece by piece, records its size and hash, and interrupts it where the fault says so.
 * Nothing is read before the first piece is requested.
 *
 * @throws IncompleteBodyError while it is read
 */
export async function* readBody(
  incoming: IncomingMessage,
  record: BodyRecord,
  fault: Fault | undefined,
): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256');
  const end = interruptedAt(fault);
  if (end > 0) {
    for await (const piece of pieces(incoming)) {
      const part = piece.subarray(0, end - record.bodyBytes);
      record.bodyBytes += part.byteLength;
      hash.update(part);
      yield part;
      if (record.bodyBytes >= end) break;
    }
  }
  if (end === Number.POSITIVE_INFINITY) {
    record.sha256 = hash.digest('hex');
    if (fault?.kind === 'status' && fault.leavesStarter) throw new IncompleteBodyError();
    return;
  }
  if (fault?.kind === 'broken-upload') incoming.socket.resetAndDestroy();
  // Unread data hides the end of the connection, so this may last until the server closes.
  else await closed(incoming.socket);
  throw new IncompleteBodyError();
}

/** Resolves when the connection is closed, also by an error. */
export function closed(connection: Socket | ServerResponse): Promise<void> {
  if (connection.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    connection.once('close', () => resolve());
  });
}

function interruptedAt(fault: Fault | undefined): number {
  if (fault?.kind === 'broken-upload') return fault.bytes;
  if (fault?.kind === 'stall') return fault.afterBytes ?? 0;
  return Number.POSITIVE_INFINITY;
}

async function* pieces(incoming: IncomingMessage): AsyncGenerator<Uint8Array, void> {
  const chunks: AsyncIterable<Uint8Array> = incoming.iterator({ destroyOnReturn: false });
  try {
    yield* chunks;
  } catch {
    throw new IncompleteBodyError();
  }
}
