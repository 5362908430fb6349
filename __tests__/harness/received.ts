import { type Body, type ReceivedResponse, receivedFrom } from '../../src/http/body.ts';

const originals = new WeakMap<Response, ReceivedResponse>();

/** What was received as a `Response`, for tests that change it. */
export function toResponse(received: ReceivedResponse): Response {
  const { body, headers, status } = received;
  const isEmpty = !body || [204, 205, 304].includes(status);
  const response = new Response(isEmpty ? null : streamOf(body), { headers, status });
  originals.set(response, received);
  return response;
}

/** A `Response` as something that was received: what it was before, if no test has changed it. */
export function fromResponse(response: Response): ReceivedResponse {
  return originals.get(response) ?? receivedFrom(response);
}

/** Nothing is read ahead: what the consumer has not asked for stays with the sender. */
function streamOf(body: Body): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        let isEnd = true;
        await body.receive((piece) => {
          isEnd = false;
          controller.enqueue(new Uint8Array(piece));
          return false;
        });
        if (isEnd) controller.close();
      },
      cancel: (reason) => body.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** A body that reports each piece, and once its end: that all was received, a cancellation or an error. */
export function observedBody(body: Body, onPiece: () => void, onEnd: () => void): Body {
  return {
    encoding: body.encoding,
    async receive(take) {
      let isStopped = false;
      try {
        await body.receive((piece) => {
          onPiece();
          const next = take(piece);
          isStopped = next === false;
          return next;
        });
      } catch (error) {
        onEnd();
        throw error;
      }
      if (!isStopped) onEnd();
    },
    cancel(reason) {
      onEnd();
      body.cancel(reason);
    },
  };
}

/** The response with a body that breaks after so many bytes. */
export function brokenAfter(bytes: number, received: ReceivedResponse): ReceivedResponse {
  const { body } = received;
  if (!body) return received;
  let leftBytes = bytes;
  const receive: Body['receive'] = async (take) => {
    let next: ReturnType<typeof take>;
    if (leftBytes > 0) {
      await body.receive((piece) => {
        const part = piece.subarray(0, leftBytes);
        leftBytes -= part.byteLength;
        next = take(part);
        return leftBytes > 0 ? next : false;
      });
    }
    if (leftBytes > 0 || next === false) return;
    await next;
    body.cancel();
    throw new TypeError('terminated');
  };
  return { ...received, body: { encoding: body.encoding, receive, cancel: (reason) => body.cancel(reason) } };
}
