import {
	failures,
	describeRecord,
	labelOf,
	formatBytes,
	formatDuration,
	titleOf,
	formatNumber,
	phases,
	describeActive,
	count,
} from './index.js';
function describeOutcomes(records, excuses) {
	const kinds = new Set(records.map(({ failure }) => failure?.kind));
	const [kind] = kinds;
	if (kinds.size === 1 && kind) return failures[kind].title;
	const outcomes = Map.groupBy(records, (record) => (record.failure ? undefined : excuses.get(record.type)));
	return [...outcomes]
		.map(([why, of]) => {
			if (why === undefined) return of.map(describeOutcome).join('; ');
			return `${of.map(describeRecord).join(', ')}: ${why}`;
		})
		.join('; ');
}
function describeOutcome(record) {
	const { assetUrl, failure, file, planned, resumed, sizeBytes, type } = record;
	if (type === '') return failure ? failures[failure.kind].title : describeRecord(record);
	const label = labelOf(type);
	if (failure) return `${label} failed: ${failures[failure.kind].title}`;
	if (planned) return describeRecord(record);
	if (resumed) return `${label} carried over`;
	const size = sizeBytes === undefined ? '' : `, ${formatBytes(sizeBytes)}`;
	if (assetUrl !== undefined) return `${label} attached${size}`;
	return file === undefined ? describeRecord(record) : `${label} saved${size}`;
}
const maxGrouped = 10;
const maxNamed = 3;
const participles = {
	encoding: 'being encoded',
	generating: 'being generated',
	saving: 'being saved',
	uploading: 'being uploaded',
};
class Batch {
	#options;
	#lines = new Map();
	#started = 0;
	#done = 0;
	#failed = 0;
	constructor(options) {
		this.#options = options;
	}
	get isLarge() {
		return Math.max(this.#started, this.#options.total ?? 0) > maxGrouped;
	}
	start(video) {
		this.#started++;
		this.#lines.set(video, []);
	}
	skip() {
		this.#started++;
		this.#done++;
	}
	write(video, text) {
		this.#lines.get(video)?.push(`+${formatDuration(this.#options.timeline.elapsedMs)}  ${text}`);
	}
	end(video, records) {
		const { runner } = this.#options;
		const lines = this.#lines.get(video) ?? [];
		this.#lines.delete(video);
		this.#done++;
		const failures = records.flatMap(({ failure }) => failure ?? []);
		const outcome = describeOutcomes(records, video.excuses);
		if (failures.length > 0) this.#failed++;
		if (this.isLarge) {
			if (failures.length === 0 && video.excuses.size > 0)
				runner.info(`\u{2013} ${titleOf(video)}: ${outcome}`);
			if (failures.every(({ isEndOfStep }) => isEndOfStep)) return;
		}
		const isNothing = records.every(({ planned = [], status }) => status === 'none' && planned.length === 0);
		const isUnready = records.some(({ status }) => status === 'error');
		const mark = failures.length > 0 ? '\u2718' : isUnready ? '\u26A0' : isNothing ? '\u2013' : '\u2714';
		const result = `${mark} ${titleOf(video)}: ${outcome} (${this.#describeDone()})`;
		if (lines.length > 0) runner.startGroup(result);
		else runner.info(result);
		for (const line of lines) runner.info(line);
		if (lines.length > 0) runner.endGroup();
	}
	describe(isPaused) {
		const active = this.isLarge ? this.#describeCounts() : isPaused ? [] : this.#describeStates();
		return [this.#describeDone(), ...active];
	}
	#describeDone() {
		const { total } = this.#options;
		const of = total === undefined ? '' : ` of ${formatNumber(total)}`;
		const failed = this.isLarge && this.#failed > 0 ? `, ${formatNumber(this.#failed)} failed` : '';
		return `${formatNumber(this.#done)}${of} done${failed}`;
	}
	#describeCounts() {
		const { timeline } = this.#options;
		const inPhases = phases.flatMap((phase) => {
			const amount = timeline.inProgress(phase);
			return amount > 0 ? [`${formatNumber(amount)} ${participles[phase]}`] : [];
		});
		return [`${formatNumber(this.#lines.size)} in progress`, inPhases.join(', ')].filter(Boolean);
	}
	#describeStates() {
		const active = [...this.#lines.keys()];
		const nowMs = this.#options.clock.now();
		const named = active.slice(0, maxNamed).map((video) => describeActive(video, nowMs));
		const more = active.length - named.length;
		return [...named, ...(more > 0 ? [count(more, 'more video')] : [])];
	}
}
export { Batch };
