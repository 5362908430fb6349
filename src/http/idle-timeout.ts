/**
 * Ends a request from which nothing comes for a while. All ties between the signals are strong ones: those that fetch
 * makes may be gone by the time they are needed.
 */
export class Watch implements Disposable {
  readonly #ended = new AbortController();
  readonly #outer: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  #expecting = true;

  /**
   * @param silenceMs the longest silence; one begins now
   * @param outer ends the transfer with its own reason
   */
  constructor(silenceMs: number, outer: AbortSignal) {
    this.#outer = outer;
    if (outer.aborted) this.#end();
    outer.addEventListener('abort', this.#end, { once: true });
    this.#timer = setTimeout(() => {
      if (this.#expecting) this.#ended.abort(new DOMException('Nothing came any more', 'TimeoutError'));
    }, silenceMs);
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** From now on something is to come. */
  expect(): void {
    this.#expecting = true;
    this.#timer.refresh();
  }

  /** Nothing is to come for now: it is the disk's turn. */
  rest(): void {
    this.#expecting = false;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#outer.removeEventListener('abort', this.#end);
  }

  readonly #end = () => this.#ended.abort(this.#outer.reason);
}
