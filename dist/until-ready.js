import {
	labelOf,
	downloadUpdate,
	__addDisposableResource,
	merge,
	isolateFailure,
	Failure,
	__disposeResources,
} from './index.js';
import { errorReason } from './encode-errors.js';
import { shortestRemainingMs, estimateRemainingMs, polls } from './polls.js';
async function* untilReady(context, onMissing) {
	const env_1 = { stack: [], error: void 0, hasError: false };
	try {
		const { clock, records, turns, video } = context;
		const startMs = clock.now();
		const lastSeenMs = new Map();
		const inProgress = () =>
			records.all.filter((record) => !record.failure && record.status === 'inprogress' && record.type !== '');
		const pending = () => new Map(inProgress().map(({ percentComplete, type }) => [type, percentComplete]));
		async function* learn(type, download, samples) {
			const atMs = clock.now();
			if (!download) return yield* onMissing(type, atMs - (lastSeenMs.get(type) ?? startMs));
			lastSeenMs.set(type, atMs);
			const sample = { atMs, percent: download.percentComplete };
			const all = [...(samples.get(type) ?? []), sample];
			context.onEstimate(shortestRemainingMs(all), `generating the ${labelOf(type)}`);
			yield downloadUpdate(type, download, estimateRemainingMs(all));
			yield* failIfError(type, download.status, context);
		}
		const turn = __addDisposableResource(env_1, turns?.start(), false);
		try {
			for await (const samples of polls(pending, context, turn)) {
				const found = await video.downloads(true);
				yield* merge(inProgress().map(({ type }) => isolateFailure(type, learn(type, found[type], samples))));
				turn?.learn(clock.now() - startMs, longestOf(inProgress().map(({ remainingMs }) => remainingMs)));
			}
		} catch (error) {
			for (const { type } of inProgress()) yield { type, patch: { failure: Failure.from(error) } };
		}
	} catch (e_1) {
		env_1.error = e_1;
		env_1.hasError = true;
	} finally {
		__disposeResources(env_1);
	}
}
async function* failIfError(type, status, { video }) {
	if (status !== 'error') return;
	const reason = await video.details().then(errorReason, () => undefined);
	const what = `Cloudflare failed to generate the ${labelOf(type)} download${reason ? `: ${reason}` : ''}`;
	yield { type, patch: { failure: new Failure('download-error', what) } };
}
function longestOf(timesMs) {
	const longestMs = Math.max(0, ...timesMs.map((timeMs) => timeMs ?? Number.POSITIVE_INFINITY));
	return Number.isFinite(longestMs) ? longestMs : undefined;
}
export { failIfError, untilReady };
