import type { IncomingHttpHeaders } from 'node:http';

/** A request that has come in whole. */
export interface ReceivedRequest {
  readonly method: string;
  /** The path as it was sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** An answer, whole before any of it is sent, so that a fault can spoil the sending. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
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
