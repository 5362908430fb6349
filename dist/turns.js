const maxTimes = 32;
const readyQuantile = 7 / 8;
const margin = 1.03;
const samplesWanted = 3;
const unfinishedMargin = 1.1;
const longestTurns = 3;
const longestMs = 6e5;
const trustedPolls = 3;
class PollTurns {
	#requestMs;
	#times = [];
	#unfinishedMs = 0;
	#started = 0;
	#waiting = 0;
	constructor(requestMs) {
		this.#requestMs = requestMs;
	}
	start() {
		const turns = this;
		const isSample = this.#started++ < samplesWanted;
		let polled = 0;
		let isRemembered = false;
		let estimateMs;
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
				if (isRemembered || !remainingMs || estimateMs === undefined) return;
				isRemembered = true;
				turns.#add(estimateMs);
			},
			[Symbol.dispose]() {
				turns.#waiting--;
			},
		};
	}
	#add(timeMs) {
		if (this.#times.length === maxTimes) this.#times.shift();
		this.#times.push(timeMs);
	}
	get #expectedMs() {
		return this.#times.toSorted((one, other) => one - other)[Math.floor(this.#times.length * readyQuantile)];
	}
}
export { PollTurns };
