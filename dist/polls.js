const even = (done) => done;
const shapes = Array.from({ length: 33 }, (_, index) => 1 + index / 16).flatMap((degree) => [
	(done) => done ** (1 / degree),
	(done) => 1 - (1 - done) ** (1 / degree),
]);
const roundingPercent = 1;
const samplesPerStep = 3;
function possibleEnds(samples, among = shapes) {
	const progress = progressOf(samples);
	const [first] = progress;
	if (!first) return [];
	const elapsedMs = (samples.at(-1)?.atMs ?? 0) - first.atMs;
	const increases = progress
		.map(({ percent }, index) => percent - (progress[index - 1]?.percent ?? percent))
		.filter((increase) => increase > 0);
	const isStepwise = samples.length > samplesPerStep * (increases.length + 1);
	const stepPercent = Math.max(roundingPercent, isStepwise ? Math.min(...increases) : 0);
	const firstRoundingPercent = first.percent > 0 ? roundingPercent : 0;
	return among
		.map((shape) => {
			const timeShare = (percent) =>
				shape(Math.min(1, Math.max(0, (percent - first.percent) / (100 - first.percent))));
			const earliestMs = progress.map(
				({ atMs, percent }) => (atMs - first.atMs) / timeShare(percent + stepPercent),
			);
			const latestMs = progress
				.filter(({ percent }) => percent > first.percent)
				.map(({ atMs, percent }) => (atMs - first.atMs) / timeShare(percent - firstRoundingPercent));
			return {
				fromMs: Math.max(elapsedMs, ...earliestMs) - elapsedMs,
				toMs: Math.min(...latestMs) - elapsedMs + 1,
			};
		})
		.filter(({ fromMs, toMs }) => fromMs < toMs && toMs < Number.POSITIVE_INFINITY);
}
function expectedLatenessMs(spans, pauseMs) {
	const weighted = spans.reduce((sum, { fromMs, toMs }) => {
		const untilMs = Math.min(toMs, pauseMs);
		return fromMs < untilMs ? sum + (untilMs - fromMs) * (pauseMs - (fromMs + untilMs) / 2) : sum;
	}, 0);
	return weighted / totalMs(spans);
}
function estimateRemainingMs(samples) {
	const spans = [possibleEnds(samples, [even]), possibleEnds(samples)].find(({ length }) => length > 0);
	if (!spans) return undefined;
	const weighted = spans.reduce((sum, { fromMs, toMs }) => sum + (toMs ** 2 - fromMs ** 2) / 2, 0);
	return weighted / totalMs(spans);
}
const tellingPercentages = 3;
function shortestRemainingMs(samples) {
	const known = new Set(samples.map(({ percent }) => percent)).size >= tellingPercentages;
	const spans = known ? possibleEnds(samples) : [];
	return spans.length > 0 ? Math.min(...spans.map(({ fromMs }) => fromMs)) : undefined;
}
function progressOf(samples) {
	const reported = samples.flatMap(({ atMs, percent }) => (percent === null ? [] : [{ atMs, percent }]));
	const start = reported.findLastIndex(({ percent }, index) => percent < (reported[index - 1]?.percent ?? 0));
	return reported
		.slice(Math.max(0, start))
		.filter(
			({ percent }, index, all) => percent !== all[index - 1]?.percent || percent !== all[index + 1]?.percent,
		);
}
function totalMs(spans) {
	return spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
}
const shortestMs = 1e3;
const longestMs = 6e4;
const withoutEstimate = { firstMs: 2800, growthMs: 38 };
const growthPerChange = 2;
const acceptableLatenessMs = 100;
function nextPauseMs(samples, random) {
	const pauseMs = Math.max(shortestMs, unspreadPauseMs(samples));
	return Math.min(longestMs * (0.9 + random / 10), pauseMs * (0.95 + random / 10));
}
function unspreadPauseMs(samples) {
	const ageMs = (samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0);
	const byAgeMs = Math.sqrt(withoutEstimate.firstMs ** 2 + withoutEstimate.growthMs * ageMs);
	const ends = possibleEnds(samples);
	if (ends.length === 0) return byAgeMs;
	return Math.min(acceptablePauseMs(ends), byAgeMs * growthPerChange ** changes(samples));
}
function acceptablePauseMs(ends) {
	let [low, high] = [0, longestMs];
	while (high - low > 50) {
		const middle = (low + high) / 2;
		if (expectedLatenessMs(ends, middle) < acceptableLatenessMs) low = middle;
		else high = middle;
	}
	return high;
}
function changes(samples) {
	return samples.filter(({ percent }, index) => index > 0 && percent !== samples[index - 1]?.percent).length;
}
const lastPollMs = 2e3;
async function* polls(pending, { clock, leftMs, pollIntervalMs, random, signal }, turn) {
	const startMs = clock.now();
	const samples = new Map();
	for (let current = pending(); current.size > 0; current = pending()) {
		const atMs = clock.now();
		for (const [name, percent] of current) {
			samples.set(name, [...(samples.get(name) ?? []), { atMs, percent }]);
		}
		const pauses = [...current.keys()].map(
			(name) => pollIntervalMs ?? nextPauseMs(samples.get(name) ?? [], random()),
		);
		const roomMs = leftMs() - lastPollMs;
		const longestMs = roomMs > 0 ? roomMs : Number.POSITIVE_INFINITY;
		const ownPauseMs = Math.min(...pauses, longestMs);
		const delayMs = () =>
			pollIntervalMs ? ownPauseMs : (turn?.pauseMs(ownPauseMs, atMs - startMs) ?? ownPauseMs);
		const leftOf = () => atMs + Math.min(delayMs(), longestMs) - clock.now();
		for (let waitMs = leftOf(); waitMs > 0; waitMs = leftOf()) {
			await clock.sleep(Math.min(waitMs, Math.max(ownPauseMs, waitMs / 2)), signal);
		}
		yield samples;
	}
}
export { estimateRemainingMs, polls, shortestRemainingMs };
