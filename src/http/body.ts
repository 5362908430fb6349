import { oneLine } from '../core/text.ts';

/**
 * Takes a piece of a body, which must not be used once it was taken: its memory may be freed.
 *
 * @returns false to stop after this piece; a promise to pause until it resolves, and to fail if it rejects
 */
export type Take = (piece: Uint8Array) => Promise<void> | false | undefined;

/** A body that is still to be received. */
export interface Body {
  /** The encoding that its bytes still have; undefined if there is none. */
  readonly encoding: string | undefined;
  /**
   * Passes on each piece as it arrives, also those after the piece where an earlier call stopped.
   *
   * @throws an error of the connection, or the reason of a cancellation
   */
  receive(take: Take): Promise<void>;
  /** Closes the connection, unless everything was received. */
  cancel(reason?: unknown): void;
}

/** A response whose body is still to be received, with headers as messages may show them. */
export interface ReceivedResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body | undefined;
}

/** The longest value of a header, in UTF-16 units. */
const maxHeaderLength = 8192;

/** Headers with values on one line each, without those that are too long. */
export function cleanHeaders(headers: Iterable<readonly [name: string, value: string]>): Headers {
  const clean = new Headers();
  for (const [name, value] of headers)
    if (value.length <= maxHeaderLength) clean.append(name, oneLine(value));
  return clean;
}

/** A response of fetch, which decodes bodies. */
export function receivedFrom({ body, headers, status }: Response): ReceivedResponse {
  return { status, headers: cleanHeaders(headers), body: body ? streamBody(body) : undefined };
}

function streamBody(stream: ReadableStream<Uint8Array>): Body {
  // The lock is never released, since that creates an error with a stack trace.
  const reader = stream.getReader();
  return {
    encoding: undefined,
    async receive(take) {
      for (;;) {
        const { value: piece } = await reader.read();
        const next = piece ? take(piece) : false;
        if (next === false) return;
        await next;
      }
    },
    cancel: (reason) => void reader.cancel(reason).catch(() => {}),
  };
}
