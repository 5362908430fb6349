import { merge, isolateFailure, downloadUpdate, Failure, labelOf } from './index.js';
import { polls } from './polls.js';
async function* deleteDownloads(types, context) {
	const { records, wait } = context;
	yield* merge(types.map((type) => isolateFailure(type, deleteOne(type, context))));
	const deleted = types.filter((type) => records.get(type).status === 'deleted');
	if (wait && deleted.length > 0) yield* untilGone(deleted, context);
}
async function* deleteOne(type, { video }) {
	yield (await video.delete(type)) ? gone(type) : downloadUpdate(type, undefined);
}
async function* untilGone(types, context) {
	const { log, records, video } = context;
	let listed = types;
	async function* look() {
		const found = await video.downloads(true);
		for (const type of listed) {
			if (found[type]) log(`the ${labelOf(type)} is deleted, but still listed`);
			yield found[type] ? downloadUpdate(type, found[type]) : gone(type);
		}
		listed = listed.filter((type) => found[type]);
	}
	try {
		yield* look();
		for await (const _ of polls(() => new Map(listed.map((type) => [type, null])), context)) yield* look();
	} catch (error) {
		for (const type of listed) {
			const { status } = records.get(type);
			const listing = status === 'deleted' ? '' : `, but the download was still listed as ${status}`;
			const failure = Failure.from(error).withProgress(`the deletion had been accepted${listing}`);
			yield { type, patch: { failure } };
		}
	}
}
function gone(type) {
	return { type, patch: { status: 'deleted', unknownStatus: undefined, percentComplete: null, url: null } };
}
export { deleteDownloads };
