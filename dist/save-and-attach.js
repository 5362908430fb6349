import {
	labelOf,
	__addDisposableResource,
	truncate,
	oneLine,
	downloadTypeFacts,
	Failure,
	__disposeResources,
	isMissing,
	formatDuration,
	formatBytes,
} from './index.js';
import { rm } from 'node:fs/promises';
import { errorReason } from './encode-errors.js';
const maxLabelLength = 200;
async function* attachFile(
	{ path, sha256, sizeBytes },
	type,
	saver,
	release,
	{ keepsFiles, log, startUpload, video },
) {
	const env_1 = { stack: [], error: void 0, hasError: false };
	try {
		log(`attaching the ${labelOf(type)} to ${release.tag}`);
		const _upload = __addDisposableResource(env_1, startUpload(type), false);
		const title = await video.title().catch(() => undefined);
		const label = title && truncate(oneLine(title), maxLabelLength);
		const { mediaType } = downloadTypeFacts[type];
		const name = await saver.latinName({ id: video.id, type, name: title });
		const file = { path, name, sha256, sizeBytes, label, mediaType, videoId: video.id };
		const assetUrl = await release
			.attach(file, (text) => log(`${labelOf(type)}: ${text}`))
			.catch((error) => {
				const failure = Failure.from(error);
				throw failure.isEndOfStep
					? failure.withProgress(`the ${labelOf(type)} file was being attached to the release ${release.tag}`)
					: failure;
			});
		yield { assetUrl };
		log(`attached ${assetUrl}`);
		if (!keepsFiles) await rm(path, { force: true }).catch(() => {});
	} catch (e_1) {
		env_1.error = e_1;
		env_1.hasError = true;
	} finally {
		__disposeResources(env_1);
	}
}
async function* saveFile(
	{ readySinceMs, type, urls },
	saver,
	{ clock, keepsFiles, log, retries, signer, startTransfer, video },
) {
	const title = saver.needsTitle ? await video.title() : undefined;
	let current = urls;
	const signAgain = async (refusal) => {
		current = await signer.signAgain(urls.unsignedUrl ?? urls.url, current.url, refusal);
		return current.url;
	};
	const lookUp = () => video.details().catch(() => undefined);
	let failedVideo;
	const hasFailed = async () => {
		const details = await lookUp();
		if (details?.status.state === 'error') failedVideo = details;
		return failedVideo !== undefined;
	};
	let startMs = clock.now();
	const start = () => {
		startMs = clock.now();
		return startTransfer(type);
	};
	let saved;
	try {
		saved = await saver.save(
			{ id: video.id, type, name: title },
			{ url: urls.url, readySinceMs, signAgain, hasFailed },
			{ retries, startTransfer: start },
		);
	} catch (error) {
		if (!(error instanceof Failure && isMissing(error.kind))) throw error;
		const details = failedVideo ?? (await lookUp());
		throw details ? error.describedAs(`${error.what}; ${describeState(details)}`) : error;
	} finally {
		if (current !== urls) yield current;
	}
	const { file, sha256, sizeBytes } = saved;
	yield { sha256, sizeBytes, ...(keepsFiles && { file }) };
	const took = formatDuration(clock.now() - startMs);
	log(`saved ${keepsFiles ? file : `the ${labelOf(type)}`}, ${formatBytes(sizeBytes)} in ${took}`);
	return saved;
}
function describeState(details) {
	const reason = errorReason(details);
	return `the video's state is ${details.status.state}${reason === undefined ? '' : `: ${reason}`}`;
}
export { attachFile, saveFile };
