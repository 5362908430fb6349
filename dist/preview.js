import { merge, isolateFailure, downloadUpdate, nothingToSave } from './index.js';
import { refuseFailed, allowsDownload, notReady, refuseTooLong } from './processing.js';
import { failIfError } from './until-ready.js';
async function* preview(plan, types, context) {
	const details = await context.video.knownDetails();
	const found = await context.video.downloads();
	const shown = types.filter((type) => found[type] || !plan.onlyExisting);
	if (shown.length === 0) yield { type: '', patch: { status: 'none', planned: [] } };
	yield* merge(
		shown.map((type) => isolateFailure(type, previewOne(plan, type, found[type], details, context))),
	);
}
async function* previewOne(plan, type, existing, details, context) {
	yield downloadUpdate(type, existing);
	yield { type, patch: { planned: [] } };
	if (plan.operation === 'delete') {
		if (existing) yield { type, patch: { planned: ['delete'] } };
		return;
	}
	if (context.wait || plan.operation === 'create') yield* failIfError(type, existing?.status, context);
	if (existing?.status === 'error') return;
	const delivery = [...(plan.destination ? ['save'] : []), ...(plan.release ? ['attach'] : [])];
	if (!existing) {
		if (plan.operation === 'list') {
			if (delivery.length > 0) yield nothingToSave(type);
			return;
		}
		requireDownloadable(type, details, context);
	}
	const waiting = context.wait && existing?.status !== 'ready' ? ['wait'] : [];
	const isReadyThen = context.wait || existing?.status === 'ready';
	const creating = existing ? [] : ['create'];
	yield { type, patch: { planned: [...creating, ...waiting, ...(isReadyThen ? delivery : [])] } };
}
function requireDownloadable(type, details, { wait, waitsFor }) {
	refuseFailed(details, undefined);
	const isReady = allowsDownload(type, details, false) || (details.readyToStream && !wait);
	if (!isReady && !(wait && waitsFor(details))) throw notReady(details, undefined);
	refuseTooLong(details, 'Cloudflare creates no download of it');
}
export { preview };
