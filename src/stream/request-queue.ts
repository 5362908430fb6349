/** Runs tasks in order, as many at once as is allowed. One that can wait starts only if no other waits. */
export class RequestQueue {
  readonly #limit: () => number;
  readonly #urgent: (() => void)[] = [];
  readonly #patient: (() => void)[] = [];
  #running = 0;

  /** @param limit how many tasks may run now */
  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** @param canWait whether others go first */
  async run<Result>(task: () => Promise<Result>, canWait = false): Promise<Result> {
    const turn = new Promise<void>((resolve) => (canWait ? this.#patient : this.#urgent).push(resolve));
    this.#start();
    await turn;
    try {
      return await task();
    } finally {
      this.#running--;
      this.#start();
    }
  }

  #start(): void {
    while (this.#running < this.#limit()) {
      const next = this.#urgent.shift() ?? this.#patient.shift();
      if (!next) return;
      this.#running++;
      next();
    }
  }
}
