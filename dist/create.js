import {
	merge,
	isolateFailure,
	downloadTypeFacts,
	downloadUpdate,
	RequestFailure,
	labelOf,
	Failure,
	isRequestFailure,
	responseFacts,
	formatDuration,
} from './index.js';
import { Processing, refuseFailed, refuseTooLong, notReady, allowsDownload } from './processing.js';
import { untilReady, failIfError } from './until-ready.js';
const refusalPausesMs = [1e3, 4e3, 12e3, 3e4, 6e4];
const toleratedMissingMs = 6e4;
async function* create(types, context) {
	const processing = new Processing(context);
	yield* merge(types.map((type) => isolateFailure(type, ensure(type, processing, context))));
	if (context.wait) yield* untilReady(context, recreateOnce(processing, context));
}
async function* ensure(type, processing, context) {
	const { video, wait, waitsFor } = context;
	const known = video.lastDetails;
	if (known) {
		refuseFailed(known, undefined);
		refuseTooLong(known, 'Cloudflare creates no download of it');
	}
	if (wait && downloadTypeFacts[type].needsAllQualities) {
		const isEnough = (details) => allowsDownload(type, details, false);
		const first = known && isEnough(known) ? known : await processing.details();
		if (!isEnough(first)) {
			const existing = first.readyToStream ? (await video.downloads())[type] : undefined;
			yield downloadUpdate(type, existing);
			if (existing) return yield* failIfError(type, existing.status, context);
			if (!waitsFor(first)) throw notReady(first, undefined);
		}
		await processing.until(isEnough, first, undefined);
	}
	for (let refusals = 0; ; ) {
		const result = await tryToCreate(type, context);
		if (!(result instanceof RequestFailure)) {
			yield downloadUpdate(type, result);
			yield* failIfError(type, result.status, context);
			return;
		}
		try {
			refusals += yield* afterRefusal(type, result, refusals, processing, context);
		} catch (error) {
			throw withRefusal(type, result, error);
		}
	}
}
async function* afterRefusal(
	type,
	{ response },
	refusals,
	processing,
	{ clock, log, random, signal, wait, waitsFor },
) {
	const words = response && responseFacts(response);
	log(`Cloudflare refused to create the ${labelOf(type)}${words && `: ${words}`}`);
	const details = await processing.details();
	yield downloadUpdate(type, undefined);
	const isEnough = (current) => allowsDownload(type, current, details.readyToStream);
	if (!isEnough(details)) {
		refuseFailed(details, response);
		if (!wait || !waitsFor(details)) throw notReady(details, response);
		await processing.until(isEnough, details, response);
		return 0;
	}
	refuseTooLong(details, `Cloudflare refused the ${labelOf(type)} download`, response);
	const pauseMs = refusalPausesMs[refusals];
	if (pauseMs === undefined) {
		const what = `Cloudflare refused the ${labelOf(type)} download ${refusals + 1} times, although the video is ready`;
		throw new Failure('create-refused', what, { response });
	}
	log(`the video is ready; next attempt to create the ${labelOf(type)} in ${formatDuration(pauseMs)}`);
	await clock.sleep(pauseMs * (0.9 + random() / 5), signal);
	return 1;
}
async function tryToCreate(type, { video, wait }) {
	try {
		return await video.create(type, wait);
	} catch (error) {
		if (isRequestFailure(error, 'request-refused') || isRequestFailure(error, 'video-not-found'))
			return error;
		throw error;
	}
}
function withRefusal(type, { response }, error) {
	if (error instanceof RequestFailure) {
		const what = `Cloudflare refused the ${labelOf(type)} download, and the cause is unknown: ${error.what}`;
		return error.describedAs(what, response);
	}
	if (!(error instanceof Failure) || !error.isEndOfStep) return error;
	return error.describedAs(
		`${error.what}; Cloudflare had refused to create the ${labelOf(type)} download`,
		response,
	);
}
function recreateOnce(processing, context) {
	const { clock, log } = context;
	const recreatedAtMs = new Map();
	return async function* (type, missingMs) {
		const againAtMs = recreatedAtMs.get(type);
		const sinceMs = againAtMs === undefined ? missingMs : Math.min(missingMs, clock.now() - againAtMs);
		if (sinceMs < toleratedMissingMs) return;
		yield downloadUpdate(type, undefined);
		if (againAtMs !== undefined) {
			const what = `The ${labelOf(type)} download disappeared, was created again and disappeared again`;
			throw new Failure('download-vanished', what);
		}
		log(`the ${labelOf(type)} disappeared, creating it once more`);
		recreatedAtMs.set(type, clock.now());
		yield* ensure(type, processing, context);
	};
}
export { create };
