import { rm } from 'node:fs/promises';
import {
	truncate,
	oneLine,
	downloadTypeFacts,
	Failure,
	isMissing,
	formatBytes,
	errorReason,
} from './index.js';
const maxLabelLength = 200;
async function* attachFile({ path, sha256, sizeBytes }, type, saver, release, { keepsFiles, log, video }) {
	log(`${type}: attaching to ${release.tag}`);
	const title = await video.title().catch(() => undefined);
	const label = title && truncate(oneLine(title), maxLabelLength);
	const { mediaType } = downloadTypeFacts[type];
	const name = await saver.latinName({ id: video.id, type, name: title });
	const file = { path, name, sha256, sizeBytes, label, mediaType, videoId: video.id };
	const assetUrl = await release
		.attach(file, (text) => log(`${type}: ${text}`))
		.catch((error) => {
			const failure = Failure.from(error);
			throw failure.isEndOfStep
				? failure.withProgress(`the ${type} file was being attached to the release ${release.tag}`)
				: failure;
		});
	yield { assetUrl };
	log(`${type}: attached, ${assetUrl}`);
	if (!keepsFiles) await rm(path, { force: true }).catch(() => {});
}
async function* saveFile(
	{ readySinceMs, type, urls },
	saver,
	{ keepsFiles, log, signer, startTransfer, video },
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
	let saved;
	try {
		saved = await saver.save(
			{ id: video.id, type, name: title },
			{ url: urls.url, readySinceMs, signAgain, hasFailed },
			{ log: (text) => log(`${type}: ${text}`), startTransfer: () => startTransfer(type) },
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
	log(`${type}: saved${keepsFiles ? ` as ${file}` : ''}, ${formatBytes(sizeBytes)}, SHA-256 ${sha256}`);
	return saved;
}
function describeState(details) {
	const reason = errorReason(details);
	return `the video's state is ${details.status.state}${reason === undefined ? '' : `: ${reason}`}`;
}
export { attachFile, saveFile };
