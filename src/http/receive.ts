import type { Dispatcher } from 'undici';
import { isBlockedPort } from './blocked-ports.ts';
import { type Body, cleanHeaders, type ReceivedResponse, type Take } from './body.ts';
import { ProxyAuthenticationError } from './proxy-error.ts';

export interface ReceiveOptions {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Cancels the request, and later its body. */
  readonly signal: AbortSignal;
  /** Connects to the host: directly, or through a proxy. */
  readonly dispatcher: Dispatcher;
}

/** Sends a request without a body, and resolves once the headers of its response are there. */
export type Receive = (url: URL, options: ReceiveOptions) => Promise<ReceivedResponse>;

/**
 * Receives through undici's `dispatch`: what arrives is passed on as it is, without the streams of fetch, whose work for
 * each piece takes more time than the transfer itself. It follows no redirects and decodes nothing.
 */
export const receive: Receive = (url, { dispatcher, headers, method, signal }) => {
  if (signal.aborted) return Promise.reject(signal.reason);
  if (isBlockedPort(url)) return Promise.reject(new Error('bad port'));
  const reception = new Reception();
  signal.addEventListener('abort', () => reception.cancel(signal.reason), { once: true });
  dispatcher.dispatch(
    {
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: method as Dispatcher.HttpMethod,
      headers: { Accept: '*/*', ...headers },
      // The signal ends what takes too long.
      headersTimeout: 0,
      bodyTimeout: 0,
    },
    reception,
  );
  return reception.response;
};

/** The smallest piece whose memory is freed at once, in bytes: others may share theirs. */
const minFreedBytes = 4096;

/** Who receives a body. */
interface Reader extends PromiseWithResolvers<void> {
  readonly take: Take;
}

class Reception implements Body, Dispatcher.DispatchHandler {
  readonly #response = Promise.withResolvers<ReceivedResponse>();
  #encoding: string | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #reader: Reader | undefined;
  /** Whether the reader asked for a pause. */
  #isPaused = false;
  /** What arrived while nobody took it: what undici had received before the connection was paused. */
  readonly #waiting: Uint8Array[] = [];
  #taken: Uint8Array | undefined;
  /** How much of the announced length has not arrived yet; undefined if no length was announced. */
  #leftBytes: number | undefined;
  /** Set once nothing more will arrive, with the error if that is not the end of the body. */
  #end: { readonly error?: unknown } | undefined;

  get response(): Promise<ReceivedResponse> {
    return this.#response.promise;
  }

  get encoding(): string | undefined {
    return this.#encoding;
  }

  receive(take: Take): Promise<void> {
    this.#reader = { take, ...Promise.withResolvers<void>() };
    const { promise } = this.#reader;
    this.#continue();
    return promise;
  }

  cancel(reason: unknown = new Error('The response is not needed')): void {
    if (this.#end) return;
    this.#waiting.length = 0;
    this.#isPaused = false;
    this.#finish({ error: reason });
    this.#controller?.abort(reason as Error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#end) controller.abort(this.#end.error as Error);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    // Interim responses precede the final one.
    if (status < 200 || this.#end) return;
    if (status === 407) {
      this.cancel(new ProxyAuthenticationError('HTTP 407'));
      return;
    }
    controller.pause();
    const headers = cleanHeaders(headerPairs(controller.rawHeaders));
    const encoding = headers.get('content-encoding')?.toLowerCase();
    this.#encoding = encoding === 'identity' ? undefined : encoding;
    const length = headers.get('content-length');
    this.#leftBytes = length === null ? undefined : Number(length);
    this.#response.resolve({ status, headers, body: this });
  }

  onResponseData(controller: Dispatcher.DispatchController, piece: Uint8Array): void {
    // undici still uses a piece after this call, but none that precedes it.
    if (this.#taken) free(this.#taken);
    this.#taken = undefined;
    if (this.#leftBytes !== undefined) this.#leftBytes -= piece.byteLength;
    if (this.#end || piece.byteLength === 0) return;
    if (!this.#reader || this.#isPaused) {
      this.#waiting.push(piece);
      controller.pause();
    } else if (this.#pass(piece, this.#reader)) {
      this.#taken = piece;
    }
  }

  onResponseEnd(): void {
    this.#finish({});
  }

  onResponseError(controller: Dispatcher.DispatchController | undefined, error: Error): void {
    // While paused, undici learns that the connection has ended before it notices that the body was complete.
    this.#finish(this.#leftBytes === 0 ? {} : { error });
    // The body of a proxy's own response, such as a 407, would still be received.
    controller?.abort(error);
  }

  /** @returns whether the reader took the piece at once, and wants more */
  #pass(piece: Uint8Array, reader: Reader): boolean {
    const next = reader.take(piece);
    if (next === undefined) return true;
    this.#controller?.pause();
    if (next === false) {
      this.#reader = undefined;
      reader.resolve();
      return false;
    }
    this.#isPaused = true;
    next.then(
      () => {
        this.#isPaused = false;
        this.#continue();
      },
      (error: unknown) => {
        // The connection may have ended meanwhile.
        reader.reject(error);
        this.#reader = undefined;
        this.cancel(error);
      },
    );
    return false;
  }

  /** Passes on what waits; then ends, or lets more arrive. */
  #continue(): void {
    while (this.#reader && !this.#isPaused) {
      const piece = this.#waiting.shift();
      if (!piece) break;
      this.#pass(piece, this.#reader);
    }
    if (!this.#reader || this.#isPaused) return;
    if (!this.#end) {
      this.#controller?.resume();
      return;
    }
    const { reject, resolve } = this.#reader;
    this.#reader = undefined;
    if ('error' in this.#end) reject(this.#end.error);
    else resolve();
  }

  #finish(end: { readonly error?: unknown }): void {
    if (this.#end) return;
    this.#end = end;
    if ('error' in end) this.#response.reject(end.error);
    this.#continue();
  }
}

/** Names and values, as bytes that undici has not decoded. */
function* headerPairs(
  raw: Dispatcher.DispatchController['rawHeaders'],
): Generator<readonly [name: string, value: string]> {
  if (!Array.isArray(raw)) return;
  const texts = raw.map((bytes) => (typeof bytes === 'string' ? bytes : bytes.toString('latin1')));
  for (let index = 0; index + 1 < texts.length; index += 2)
    yield [texts[index] ?? '', texts[index + 1] ?? ''];
}

/**
 * Frees memory that nothing uses any more: the garbage collector would do it much later, so that it would grow to many
 * times what is needed, and always be memory that no cache of the processor holds.
 */
function free({ buffer, byteLength }: Uint8Array): void {
  const isWhole = byteLength >= minFreedBytes && byteLength === buffer.byteLength;
  if (isWhole && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
