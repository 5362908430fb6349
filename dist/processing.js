import {
	excessiveSeconds,
	formatDuration,
	Failure,
	downloadTypeFacts,
	describeRemaining,
	singleFlight,
	aboutLeft,
	RequestFailure,
} from './index.js';
import { errorReason } from './encode-errors.js';
import { polls, estimateRemainingMs, shortestRemainingMs } from './polls.js';
const meanings = new Map([
	['pendingupload', 'nothing has been uploaded yet'],
	['downloading', 'Cloudflare is still fetching its file'],
	['queued', 'waiting to be encoded'],
	['inprogress', 'encoding'],
	['ready', 'encoding its other qualities'],
	['live-inprogress', 'the broadcast is still running'],
]);
function describeState({ status: { percent, state } }) {
	const meaning = meanings.get(state) ?? `state \u{201C}${state}\u{201D}`;
	const isEncoding = state === 'inprogress' || state === 'ready';
	return isEncoding && percent !== null ? `${meaning} ${Math.floor(percent)} %` : meaning;
}
function allowsDownload(type, { readyToStream, status: { percent, state } }, wasRefused) {
	if (state === 'unknown') return true;
	if (downloadTypeFacts[type].needsAllQualities) return state === 'ready' && (percent ?? 100) >= 100;
	return state === 'ready' || (readyToStream && !wasRefused);
}
function refuseTooLong(details, outcome, response) {
	const tooLongSeconds = excessiveSeconds(details);
	if (tooLongSeconds === undefined) return;
	const length = formatDuration(tooLongSeconds * 1e3);
	throw new Failure('too-long', `The live recording is ${length} long, and ${outcome}`, { response });
}
function notReady(details, response) {
	switch (details.status.state) {
		case 'pendingupload':
			return new Failure('not-uploaded', 'Nothing has been uploaded to the video yet', { response });
		case 'live-inprogress':
			return new Failure('still-live', 'The broadcast is still running, so there is no download yet', {
				response,
			});
		default: {
			const what = `The video is still being processed (${describeState(details)}), so it has no download yet`;
			return new Failure('not-ready', what, { response });
		}
	}
}
class Processing {
	#context;
	#polls;
	#details;
	#waiting = 0;
	#loggedState = '';
	#remainingMs;
	#encoding;
	constructor(context) {
		this.#context = context;
		const pending = () => {
			const { percent = null, state = '' } = this.#details?.status ?? {};
			return new Map([[state, percent]]);
		};
		this.#polls = polls(pending, context);
	}
	async until(isEnough, first, response) {
		let details = first;
		this.#details = first;
		this.#waiting++;
		if (this.#waiting === 1 && !isEnough(first)) this.#encoding = this.#context.startEncoding();
		try {
			refuseFailed(details, response);
			while (!isEnough(details)) {
				this.#log(details);
				details = await this.#next();
				refuseFailed(details, response);
			}
		} catch (error) {
			const failure = Failure.from(error);
			const left = describeRemaining(failure, this.#remainingMs);
			const progress = `the video was not ready (${describeState(details)}${left})`;
			throw isInterrupted(failure) ? failure.withProgress(progress) : failure;
		} finally {
			this.#waiting--;
			if (this.#waiting === 0) this.#encoding?.[Symbol.dispose]();
		}
	}
	async details() {
		return (this.#waiting > 0 && this.#details) || this.#context.video.details();
	}
	#next = singleFlight(async () => {
		const { video } = this.#context;
		const { value: samples } = await this.#polls.next();
		const details = await video.details();
		this.#details = details;
		this.#estimate(details, samples);
		return details;
	});
	#estimate({ status: { percent, state } }, samples) {
		const sample = { atMs: this.#context.clock.now(), percent };
		const all = [...(samples?.get(state) ?? []), sample];
		this.#remainingMs = estimateRemainingMs(all);
		this.#context.onEstimate(shortestRemainingMs(all), 'encoding');
	}
	#log(details) {
		const described = describeState(details);
		if (described === this.#loggedState) return;
		this.#context.log(`${described}${aboutLeft(this.#remainingMs)}`);
		this.#loggedState = described;
	}
}
function refuseFailed(details, response) {
	if (details.status.state !== 'error') return;
	const what = `Cloudflare could not encode the video: ${errorReason(details) ?? 'no reason given'}`;
	throw new Failure('encode-failed', what, { response });
}
function isInterrupted(failure) {
	return failure instanceof RequestFailure || failure.isEndOfStep;
}
export { Processing, allowsDownload, notReady, refuseFailed, refuseTooLong };
