import type { IncomingHttpHeaders } from 'node:http';
import type { ByteSource } from './byte-source.ts';

/** A request that has come in whole. */
export interface ReceivedRequest {
  readonly method: string;
  /** The path as it was sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** An answer, known as a whole before any of it is sent, so that a fault can spoil the sending. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | ByteSource;
  /** The body is sent in chunks, so that its length shows only at its end. */
  readonly isChunked?: boolean;
}

/** An answer of text. */
export function textReply(
  status: number,
  text: string,
  contentType = 'text/plain; charset=utf-8',
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return {
    status,
    headers: { 'content-type': contentType, ...headers },
    body: new TextEncoder().encode(text),
  };
}
