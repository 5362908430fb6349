import type { ByteSource } from './byte-source.ts';

/** A complete response, known before any of it is sent, so that a fault can alter how it is sent. */
export interface Reply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | ByteSource;
  /** Sends the body with `Transfer-Encoding: chunked` instead of `Content-Length`. */
  readonly isChunked?: boolean;
}

/** Creates a text response. */
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
