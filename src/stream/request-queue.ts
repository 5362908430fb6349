/** Runs tasks in order, and at most `concurrency` of them at once. One that can wait starts only if no other waits. */
export class RequestQueue {
  readonly #urgent: (() => void)[] = [];
  readonly #patient: (() => void)[] = [];
  #free: number;

  constructor(concurrency: number) {
    this.#free = concurrency;
  }

  async run<Result>(task: () => Promise<Result>, canWait = false): Promise<Result> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => (canWait ? this.#patient : this.#urgent).push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#urgent.shift() ?? this.#patient.shift();
      // The next task takes the place of this one.
      if (next) next();
      else this.#free++;
    }
  }
}
