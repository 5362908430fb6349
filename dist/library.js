import { excessiveSeconds, formatDuration, formatNumber, quote, titleText, Failure, count } from './index.js';
import { errorReason } from './encode-errors.js';
const processing = new Map([
	['downloading', 'Cloudflare is fetching its file'],
	['queued', 'it is waiting to be encoded'],
	['inprogress', 'it is being encoded'],
]);
function whyNoDownload(video, { isLiveInputGiven, wait }) {
	const { status } = video;
	if (status.state === 'error') {
		return `Cloudflare could not encode it: ${errorReason(video) ?? 'no reason given'}`;
	}
	if (status.state === 'pendingupload') return 'nothing has been uploaded to it yet';
	if (status.state === 'live-inprogress') {
		if (!isLiveInputGiven) return 'its broadcast is still running';
		return wait ? undefined : 'its broadcast is still running; `wait: true` waits for its recording';
	}
	const tooLongSeconds = excessiveSeconds(video);
	if (tooLongSeconds !== undefined) {
		const length = formatDuration(tooLongSeconds * 1e3);
		return `it is a live recording of ${length}, and Cloudflare creates no downloads of those over 4 h`;
	}
	const state = wait ? undefined : processing.get(status.state);
	return state && `${state}; \`wait: true\` waits for it`;
}
function describeLibrary({ filters, limit }) {
	return [newest(limit), ...conditions(filters)].join(' ');
}
function newest(limit) {
	if (limit === undefined) return 'all videos';
	return limit === 1 ? 'the newest video' : `the newest ${formatNumber(limit)} videos`;
}
function conditions({ createdAfter, createdBefore, creator, liveInput, search }) {
	return [
		...(createdAfter === undefined ? [] : [`created from ${createdAfter}`]),
		...(createdBefore === undefined ? [] : [`created before ${createdBefore}`]),
		...(creator === undefined ? [] : [`by the creator ${quote(creator)}`]),
		...(search === undefined ? [] : [`with ${quote(search)} in the title`]),
		...(liveInput === undefined ? [] : [`of the live input ${liveInput}`]),
	];
}
const secondNs = 1000000000n;
const nsPerMs = 1000000n;
const pattern =
	/^(?<date>\d{4}-\d\d-\d\d)[Tt ](?<time>\d\d:\d\d:\d\d)(?:\.(?<fraction>\d{1,9}))?(?:[Zz]| ?(?<sign>[+-])(?<hours>\d\d)(?::?(?<minutes>\d\d))?)$/;
function parseInstant(text) {
	const { date, time, fraction = '', sign, hours = '0', minutes = '0' } = pattern.exec(text)?.groups ?? {};
	const localMs = Date.parse(`${date}T${time}Z`);
	if (Number.isNaN(localMs)) throw new RangeError('The text is no time in RFC 3339.');
	const offsetMs = (Number(hours) * 60 + Number(minutes)) * 6e4;
	const epochMs = sign === '-' ? localMs + offsetMs : localMs - offsetMs;
	return BigInt(epochMs) * nsPerMs + BigInt(fraction.padEnd(9, '0'));
}
function formatInstant(instant) {
	const second = floor(instant, secondNs);
	const fraction = String(instant - second)
		.padStart(9, '0')
		.replace(/0+$/, '');
	const date = new Date(Number(second / nsPerMs)).toISOString().replace(/\.\d+Z$/, '');
	return `${date}${fraction && `.${fraction}`}Z`;
}
function floor(instant, unit) {
	const rest = instant % unit;
	return instant - (rest < 0n ? rest + unit : rest);
}
function filterQuery({ creator, liveInput }) {
	return {
		...(creator !== undefined && { creator }),
		...(liveInput !== undefined && { live_input_id: liveInput }),
	};
}
function createdRange({ createdAfter, createdBefore }) {
	return {
		from: createdAfter === undefined ? undefined : parseInstant(createdAfter),
		before: createdBefore === undefined ? undefined : parseInstant(createdBefore),
	};
}
function passes(filters) {
	const { creator, liveInput, search } = filters;
	const { before, from } = createdRange(filters);
	const searched = search === undefined ? undefined : withoutCase(titleText(search));
	return (video) => {
		if (creator !== undefined && video.creator !== creator) return false;
		if (liveInput !== undefined && video.liveInputId !== liveInput) return false;
		if (searched === '') return false;
		if (searched !== undefined && !withoutCase(video.meta.name ?? '').includes(searched)) return false;
		const created = parseInstant(video.created);
		return (from === undefined || created >= from) && (before === undefined || created < before);
	};
}
function withoutCase(text) {
	return text.normalize('NFKC').toUpperCase().normalize('NFKC');
}
const roundingUnits = [secondNs, 1000000n, 1000n, 1n];
async function* listLibrary({ list, pageSize }, filters) {
	const isSelected = passes(filters);
	const { from, before: end } = createdRange(filters);
	const seen = new Map();
	const gaps = [];
	let unreadable = 0;
	let fullPage = pageSize;
	async function request(range) {
		const page = await list({ ...filterQuery(filters), ...rangeQuery(range) });
		const readable = page.filter((video) => video !== undefined);
		unreadable += page.length - readable.length;
		return readable.map((video) => ({ video, created: parseInstant(video.created) }));
	}
	function* fresh(entries) {
		for (const { created, video } of entries) {
			if (seen.has(video.uid)) continue;
			seen.set(video.uid, created);
			if (isSelected(video)) yield video;
		}
	}
	async function hasOlderThan(than) {
		if (from !== undefined && than <= from) return false;
		const page = await request({ from, before: than });
		if (page.some(({ created }) => created >= than + secondNs)) throw unusableList(ignoresBefore);
		return page.some(({ created }) => created < than);
	}
	async function* fromOtherEnd(instant, entries) {
		const opposite = await request({ from: instant, before: instant + 1n, isAscending: true });
		const sameInstant = opposite.filter(({ created }) => created === instant);
		yield* fresh(sameInstant);
		if (!doOverlap(entries, sameInstant)) gaps.push(instant);
	}
	let before = end;
	while (before === undefined || from === undefined || before > from) {
		const page = await request({ from, before });
		const entries = page.filter(({ created }) => before === undefined || created < before);
		const oldest = oldestOf(entries);
		if (oldest === undefined) {
			if (page.length >= fullPage) throw unusableList(ignoresBefore);
			break;
		}
		yield* fresh(entries);
		if (page.length < fullPage) {
			if (!(await hasOlderThan(oldest))) {
				if (entries.length > 1 && entries.every(({ created }) => created === oldest)) {
					yield* fromOtherEnd(oldest, entries);
				}
				break;
			}
			fullPage = page.length;
		}
		if (!isNewestFirst(entries)) throw unusableList('does not sort them by the time of creation');
		const next = justAfter(oldest, before);
		if (next === undefined) yield* fromOtherEnd(oldest, entries);
		before = next ?? oldest;
		for (const [uid, created] of seen) if (created >= before) seen.delete(uid);
	}
	if (gaps.length > 0) throw incomplete(gaps);
	if (unreadable > 0) {
		const what = `Cloudflare's list of videos has ${count(unreadable, 'entry', 'entries')} that cannot be read; all others were processed`;
		throw new Failure('unknown-answer', what);
	}
}
const ignoresBefore = 'ignores `before`: every video that it lists is newer';
function rangeQuery({ before, from, isAscending }) {
	return {
		...(isAscending && { asc: 'true' }),
		...(from !== undefined && { after: formatInstant(from) }),
		...(before !== undefined && { before: formatInstant(before) }),
	};
}
function oldestOf(entries) {
	let oldest = entries[0]?.created;
	for (const { created } of entries) if (oldest === undefined || created < oldest) oldest = created;
	return oldest;
}
function isNewestFirst(entries) {
	return entries.every(({ created }, index) => created <= (entries[index - 1]?.created ?? created));
}
function justAfter(instant, lastEnd) {
	return roundingUnits
		.map((unit) => floor(instant, unit) + unit)
		.find((end) => lastEnd === undefined || end < lastEnd);
}
function doOverlap(newestFirst, oldestFirst) {
	const known = new Set(newestFirst.map(({ video }) => video.uid));
	const first = oldestFirst.findIndex(({ video }) => known.has(video.uid));
	const shared = first < 0 ? [] : oldestFirst.slice(first);
	const isReversed = shared.every(({ video }, index) => video.uid === newestFirst.at(-1 - index)?.video.uid);
	return shared.length > 0 && isReversed;
}
function incomplete(gaps) {
	const [first = 0n] = gaps;
	const others = gaps.length > 1 ? `, and at ${count(gaps.length - 1, 'other instant')}` : '';
	const what = `So many videos were created at ${formatInstant(first)}${others} that not all of them can be listed`;
	return new Failure('list-incomplete', what);
}
function unusableList(why) {
	return new Failure('unknown-answer', `Could not list all videos of the account: the API ${why}`);
}
export { describeLibrary, listLibrary, whyNoDownload };
