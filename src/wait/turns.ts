/** How many of the last downloads the expected time is learned from. */
const maxTimes = 32;

/** The share of them that was ready by the expected time. */
const readyQuantile = 7 / 8;

/** By how much later a download is polled than it is expected to be ready, since estimates are rounded. */
const margin = 1.03;

/** How many downloads are polled by their own schedule until one of them has shown how long they take. */
const samplesWanted = 3;

/** By how much longer than the longest unfinished sample the other downloads wait. */
const unfinishedMargin = 1.1;

/** An estimate delays a poll by at most this many turns, since other downloads may differ. */
const longestTurns = 3;

/** The longest pause, in ms. */
const longestMs = 600_000;

/** After this many polls by estimate, which may be wrong again and again, a download is polled at most once per turn. */
const trustedPolls = 3;

/**
 * Delays polls where a rate limit is shared by so many downloads that each has its turn less often than its own schedule
 * asks for. A poll that finds nothing new takes the place of another request then, so a download is polled once it is
 * expected to be ready: by its own progress, or before its first poll by the time that others took.
 */
export class PollTurns {
  readonly #requestMs: () => number;
  /** How long the last downloads took, or will take as far as can be estimated, in ms. */
  readonly #times: number[] = [];
  /** The longest time after which one of the first ones was not ready yet, without an estimate. */
  #unfinishedMs = 0;
  #started = 0;
  #waiting = 0;

  /** @param requestMs the time that the limit allows one request in, in ms; 0 if there is no limit */
  constructor(requestMs: () => number) {
    this.#requestMs = requestMs;
  }

  /** Begins to wait for one download, until it is disposed of. */
  start(): PollTurn {
    const turns = this;
    const isSample = this.#started++ < samplesWanted;
    let polled = 0;
    let isRemembered = false;
    /** How long it will take from the start; undefined if that cannot be estimated. */
    let estimateMs: number | undefined;
    let longestTurnMs = 0;
    this.#waiting++;
    return {
      pauseMs(ownPauseMs, elapsedMs) {
        const turnMs = turns.#waiting * turns.#requestMs();
        longestTurnMs = Math.max(longestTurnMs, turnMs);
        const isSampled = isSample && turns.#expectedMs === undefined;
        if (turnMs <= ownPauseMs || isSampled) return ownPauseMs;
        const expectedMs = polled === 0 ? turns.#expectedMs : estimateMs;
        const leftMs =
          expectedMs === undefined
            ? Math.max(turnMs, unfinishedMargin * turns.#unfinishedMs - elapsedMs)
            : margin * expectedMs - elapsedMs;
        const shortestMs = polled < trustedPolls ? ownPauseMs : turnMs;
        return Math.min(Math.max(shortestMs, leftMs), longestTurns * longestTurnMs, longestMs);
      },
      learn(elapsedMs, remainingMs) {
        estimateMs = remainingMs === undefined ? undefined : elapsedMs + remainingMs;
        polled++;
        if (isSample && remainingMs === undefined) {
          turns.#unfinishedMs = Math.max(turns.#unfinishedMs, elapsedMs);
        }
        if (remainingMs === 0) turns.#add(Math.min(elapsedMs, turns.#expectedMs ?? elapsedMs));
        // One that takes long must not count again and again.
        if (isRemembered || !remainingMs || estimateMs === undefined) return;
        isRemembered = true;
        turns.#add(estimateMs);
      },
      [Symbol.dispose]() {
        turns.#waiting--;
      },
    };
  }

  #add(timeMs: number): void {
    if (this.#times.length === maxTimes) this.#times.shift();
    this.#times.push(timeMs);
  }

  get #expectedMs(): number | undefined {
    return this.#times.toSorted((one, other) => one - other)[Math.floor(this.#times.length * readyQuantile)];
  }
}

/** The turns of one download. */
export interface PollTurn extends Disposable {
  /**
   * How long after the last poll the next one is sent. It may change while others begin or end.
   *
   * @param ownPauseMs the pause that its own schedule asks for
   * @param elapsedMs from the start to the last poll
   */
  pauseMs(ownPauseMs: number, elapsedMs: number): number;
  /**
   * Takes the result of a poll.
   *
   * @param elapsedMs since the start
   * @param remainingMs until it is ready: 0 if it is, undefined if that cannot be estimated
   */
  learn(elapsedMs: number, remainingMs: number | undefined): void;
}
