import { count, formatDuration, formatBytes, formatNumber } from './index.js';
import { estimatedBytes } from './matrix.js';
const requestsPerMs = 1120 / 3e5;
const advisedTokens = 1e3;
class PreviewTotals {
	#plan;
	#steps = new Map();
	#videos = 0;
	#requests = 0;
	#tokens = 0;
	#deliveredSeconds = 0;
	#savedBytes = 0;
	#unknownFiles = 0;
	#isListedOnly = false;
	#listed = { impossible: 0, carried: 0 };
	constructor(plan) {
		this.#plan = plan;
	}
	add(records, video) {
		this.#videos++;
		let isSigned = false;
		for (const { failure, planned = [], resumed, status } of records) {
			if (failure || resumed) continue;
			for (const step of planned) this.#steps.set(step, (this.#steps.get(step) ?? 0) + 1);
			this.#requests += planned.includes('wait') ? 2 : 1;
			isSigned ||= status === 'ready' || planned.includes('wait');
			if (planned.includes('save') || planned.includes('attach')) this.#addFile(video);
		}
		if (isSigned) this.#addToken(video);
	}
	addListed(video, isPossible, isCarried) {
		this.#videos++;
		this.#isListedOnly = true;
		if (!isPossible) this.#listed.impossible++;
		else if (isCarried) this.#listed.carried++;
		else {
			this.#requests++;
			this.#addFile(video);
			this.#addToken(video);
		}
	}
	describe(freeBytes) {
		const requests = this.#requests + this.#tokens;
		const generating = this.#steps.has('wait')
			? ', and the time in which Cloudflare generates downloads'
			: '';
		const lines = [this.#isListedOnly ? this.#describeListed() : this.#describeSteps()];
		if (requests > 0) {
			lines.push(
				`The run itself needs about ${count(requests, 'request')}: ${formatDuration(requests / requestsPerMs)} at the rate limit of the API${generating}`,
			);
		}
		if (this.#isListedOnly || this.#steps.has('save') || this.#steps.has('attach')) {
			const free = freeBytes === undefined ? '' : `; ${formatBytes(freeBytes)} are free on the disk`;
			lines.push(`Files: ${this.#describeFiles()}${free}`);
		}
		if (this.#tokens > 0) {
			const advice =
				this.#tokens > advisedTokens
					? `: Cloudflare advises against more than ${formatNumber(advisedTokens)} a day`
					: '';
			lines.push(`${count(this.#tokens, 'token')} for private videos${advice}`);
		}
		return lines;
	}
	#describeSteps() {
		const steps = [...this.#steps].map(([step, times]) => `${step} ${formatNumber(times)}`).join(', ');
		return `Dry run of ${count(this.#videos, 'video')}, nothing was changed. To do: ${steps || 'nothing'}`;
	}
	#describeListed() {
		const { carried, impossible } = this.#listed;
		const parts = [
			`${formatNumber(impossible)} without a possible download`,
			`${formatNumber(carried)} carried over`,
			`${formatNumber(this.#videos - impossible - carried)} left`,
		];
		return `Dry run of ${count(this.#videos, 'video')}, nothing was changed: ${parts.join(', ')}`;
	}
	#describeFiles() {
		const unknown = this.#unknownFiles > 0 ? ` and ${count(this.#unknownFiles, 'file')} of unknown size` : '';
		const minutes = count(Math.ceil(this.#deliveredSeconds / 60), 'minute');
		return `at most about ${formatBytes(this.#savedBytes)}${unknown}; Cloudflare would bill ${minutes} of delivery`;
	}
	#addToken(video) {
		const { operation, signedUrl } = this.#plan;
		const isNeeded = signedUrl === 'always' || (signedUrl === 'auto' && video?.requireSignedURLs);
		if (isNeeded && operation !== 'delete') this.#tokens++;
	}
	#addFile(video) {
		const bytes = video && estimatedBytes(video);
		if (bytes) this.#savedBytes += bytes;
		else this.#unknownFiles++;
		this.#deliveredSeconds += video?.duration ?? 0;
	}
}
export { PreviewTotals };
