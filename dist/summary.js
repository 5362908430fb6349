import {
	formatNumber,
	count,
	labelOf,
	formatDuration,
	formatBytes,
	failures,
	publishedStatus,
	sentence,
	truncate,
	titleText,
	durationMs,
} from './index.js';
function table(columns, rows) {
	const used = columns.keys().filter((index) => rows.some((cells) => cells[index]));
	const indices = [...used];
	const line = (cells) => `| ${indices.map((index) => cells[index]).join(' | ')} |`;
	return [
		line(columns.map(({ heading }) => heading)),
		line(columns.map(({ isNumeric }) => (isNumeric ? '--:' : '---'))),
		...rows.map(line),
	].join('\n');
}
function unbroken(text) {
	return text.replaceAll(' ', '&nbsp;');
}
const maxTitleLength = 120;
const thumbnailPx = { width: 120, height: 68 };
const reservedBytes$1 = 2e3;
function downloadsTable(records, md, maxBytes) {
	if (records.length === 0) return '';
	const columns = columnsOf(md);
	const rows = fittingRows(records, columns, maxBytes - reservedBytes$1);
	if (rows.length === records.length) return table(columns, rows);
	const notice = `Only ${formatNumber(rows.length)} of ${count(records.length, 'download')} are shown, since a job summary holds no more. The file in the output <code>results-file</code> lists them all.`;
	return rows.length === 0
		? notice
		: `${table(columns, rows)}

${notice}`;
}
function fittingRows(records, columns, maxBytes) {
	const rows = new Map();
	let bytes = 0;
	fill: for (const isFailed of [true, false]) {
		for (const [index, record] of records.entries()) {
			if ((record.failure !== undefined) !== isFailed) continue;
			const cells = columns.map(({ cell }) => cell(record));
			bytes += Buffer.byteLength(`| ${cells.join(' | ')} |
`);
			if (bytes > maxBytes) break fill;
			rows.set(index, cells);
		}
	}
	return [...rows].toSorted(([a], [b]) => a - b).map(([, cells]) => cells);
}
function columnsOf(md) {
	return [
		{ heading: 'Thumbnail', cell: ({ thumbnailUrl }) => thumbnail(thumbnailUrl, md) },
		{ heading: 'Video', cell: (record) => video(record, md) },
		{ heading: 'Type', cell: ({ type }) => (type === '' ? '' : labelOf(type)) },
		{ heading: 'Result', cell: (record) => result(record, md) },
		{
			heading: 'Duration',
			isNumeric: true,
			cell: ({ durationSeconds }) => (durationSeconds ? unbroken(formatDuration(durationSeconds * 1e3)) : ''),
		},
		{
			heading: 'Size',
			isNumeric: true,
			cell: ({ sizeBytes }) => (sizeBytes === undefined ? '' : unbroken(formatBytes(sizeBytes))),
		},
		{ heading: 'SHA-256', cell: ({ sha256 }) => (sha256 ? md.code(sha256) : '') },
		{ heading: 'Link', cell: (record) => link(record, md) },
		{ heading: 'File', cell: ({ file }) => (file ? md.code(file) : '') },
		{
			heading: 'Release asset',
			cell: ({ assetUrl }) => (assetUrl ? md.link(assetName(assetUrl), assetUrl) : ''),
		},
		{
			heading: 'Link expires',
			cell: ({ expiresAt }) => (expiresAt ? md.text(withoutSeconds(expiresAt)) : ''),
		},
	];
}
function thumbnail(address, md) {
	const url = address && URL.parse(address);
	if (!url) return '';
	url.searchParams.set('width', String(thumbnailPx.width * 2));
	url.searchParams.set('height', String(thumbnailPx.height * 2));
	return md.image(url.href, thumbnailPx.width);
}
function video({ title = '', videoId }, md) {
	const name = md.text(title, maxTitleLength);
	const id = md.code(videoId);
	return name ? `${name}<br>${id}` : id;
}
function result(record, md) {
	const { assetUrl, failure, file, percentComplete, planned, resumed, status, unknownStatus } = record;
	if (failure) return `\u{274C} ${failures[failure.kind].title}`;
	if (planned) return planned.length > 0 ? planned.join(', ') : 'nothing to do';
	if (resumed) return '\u2705&nbsp;carried over';
	const done = [...(file ? ['saved'] : []), ...(assetUrl ? ['attached'] : [])];
	if (done.length > 0) return `\u{2705}&nbsp;${done.join(' and ')}`;
	switch (status) {
		case 'ready':
		case 'deleted':
			return `\u{2705}&nbsp;${status}`;
		case 'inprogress': {
			const percent = percentComplete === null ? '' : `, ${Math.floor(percentComplete)} %`;
			return `\u{23F3}&nbsp;${unknownStatus === undefined ? 'generating' : md.text(unknownStatus)}${percent}`;
		}
		case 'none':
			return 'no download';
		default:
			return `\u{26A0}\u{FE0F}&nbsp;${publishedStatus(record)}`;
	}
}
function link({ failure, status, unsignedUrl, url }, md) {
	if (url === null) return '';
	if (status !== 'ready') return failure ? '' : md.code(url);
	return unsignedUrl === undefined ? md.link('Download', url) : md.code(url);
}
function assetName(address) {
	const name = URL.parse(address)?.pathname.split('/').at(-1);
	try {
		return decodeURIComponent(name || address);
	} catch {
		return name || address;
	}
}
function withoutSeconds(instant) {
	return instant.replace(/^([\d-]+)T(\d+:\d+).*Z$/, '$1 $2 UTC');
}
const maxListed = 20;
const maxNamed = 3;
const reservedBytes = 500;
const maxLengths = { title: 80, what: 1e3, answer: 2500 };
function failureList(reported, md, maxBytes) {
	let left = maxBytes - reservedBytes;
	let listedCount = 0;
	const blocks = [];
	for (const [kind, ofKind] of Map.groupBy(reported, ({ failure }) => failure.kind)) {
		const { advice, title } = failures[kind];
		const heading = `**\u{274C} ${md.text(title)}**`;
		const end = `> **What to do:** ${md.prose(advice, maxLengths.what)}`;
		left -= Buffer.byteLength(heading + end);
		const items = ofKind
			.values()
			.take(maxListed)
			.map((failure) => describe(failure, md));
		const listed = [...items].filter((item) => {
			left -= Buffer.byteLength(item);
			return left >= 0;
		});
		if (listed.length === 0) break;
		listedCount += listed.length;
		const omitted = ofKind.length - listed.length;
		const rest = omitted > 0 ? [`- and ${formatNumber(omitted)} more`] : [];
		blocks.push(heading, [...listed, ...rest].join('\n'), end);
	}
	if (listedCount < reported.length) {
		const counts = `${formatNumber(listedCount)} of ${count(reported.length, 'failure')}`;
		blocks.push(
			`Only ${counts} are listed here. The file in the output <code>results-file</code> lists them all.`,
		);
	}
	return blocks.join('\n\n');
}
function describe({ failure, records }, md) {
	const [first] = records;
	const subject = first && records.length === 1 ? `${describeDownload(first, md)}: ` : '';
	const problems = failure.what.split('\n');
	const described = problems.slice(0, maxListed).map((line) => md.prose(sentence(line), maxLengths.what));
	const omitted = problems.length - described.length;
	const details = [
		...(omitted > 0 ? [`And ${formatNumber(omitted)} more.`] : []),
		md.text(failure.answer, maxLengths.answer),
		describeConcerned(records, md),
	];
	return `- ${subject}${[described.join('\n- '), ...details].filter(Boolean).join(' ')}`;
}
function describeConcerned(records, md) {
	if (records.length <= 1) return '';
	const named = records.slice(0, maxNamed).map((record) => describeVideo(record, md));
	const omitted = records.length - named.length;
	const rest = omitted > 0 ? [count(omitted, 'more video')] : [];
	return `This concerns ${count(records.length, 'video')}: ${[...named, ...rest].join(', ')}.`;
}
function describeDownload(record, md) {
	const { failure, type } = record;
	const isOfType = type !== '' && failure && failures[failure.kind].scope === 'type';
	return `${describeVideo(record, md)}${isOfType ? `, ${labelOf(type)}` : ''}`;
}
function describeVideo({ title = '', videoId }, md) {
	const name = md.text(title, maxLengths.title);
	return name ? `**${name}** (${md.code(videoId)})` : md.code(videoId);
}
const maxTextLength = 500;
function markdown(redact) {
	const clean = (text, maxLength) => truncate(redact(titleText(text)), maxLength);
	const text = (raw, maxLength = maxTextLength) => escaped(clean(raw, maxLength));
	const code = (raw, maxLength = maxTextLength) => `<code>${escapedCode(clean(raw, maxLength))}</code>`;
	const linkable = (address) => (redact(address) === address ? percentEncoded(address) : undefined);
	return {
		text,
		code,
		prose: (raw, maxLength = maxTextLength) => withCode(clean(raw, maxLength)),
		link(label, address) {
			const target = linkable(address);
			return target === undefined ? code(address) : `[${text(label)}](${target})`;
		},
		image(address, widthPx) {
			const target = linkable(address);
			return target === undefined ? '' : `<img src="${target}" width="${widthPx}" alt="">`;
		},
	};
}
function escaped(text) {
	return text.replace(/[\da-f]{7,}|[\da-z]{25,}|[!-/:-@[-`{-~]/gi, (match) =>
		match.length === 1 ? reference(match) : divided(match, 6),
	);
}
function escapedCode(text) {
	return text.replace(/[\da-z]{17,}|[!-/:-@[-`{-~]/gi, (match) =>
		match.length === 1 ? `${reference(match)}<wbr>` : divided(match, 16),
	);
}
function reference(character) {
	return `<span>&#${character.charCodeAt(0)};</span>`;
}
function divided(word, length) {
	return word.replace(new RegExp(`.{${length}}(?=.)`, 'g'), '$&<wbr>');
}
function withCode(text) {
	const parts = text.split('`');
	if (parts.length % 2 === 0) return escaped(text);
	return parts
		.map((part, index) => (index % 2 === 0 ? escaped(part) : `<code>${escapedCode(part)}</code>`))
		.join('');
}
function percentEncoded(address) {
	const url = URL.parse(address);
	if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
	const encoded = url.href.replace(
		/[^\w\-.~:/?#&=%+,;@[\]]/g,
		(character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
	);
	return encoded.replaceAll('&', '&amp;');
}
const maxLength = 5e4;
const shortestBar = 1 / 200;
const titleSpace = { px: 170, characters: 24, wideCharacters: 12 };
const marks = { encoding: 'done, ', generating: 'active, ', saving: '', uploading: '' };
const units = [
	{ fromMs: 36e6, unitMs: 36e5, name: 'h' },
	{ fromMs: 6e5, unitMs: 6e4, name: 'min' },
	{ fromMs: 0, unitMs: 1e3, name: 's' },
];
function timelineChart(spans, titleOf) {
	const lengthMs = Math.max(1, ...spans.map(({ endMs }) => endMs));
	const { name, unitMs } = units.find(({ fromMs }) => lengthMs >= fromMs) ?? units[2];
	const onAxis = (ms) => Math.round((ms * 1e3) / unitMs);
	const bar = (span) => {
		const { phase, startMs, type } = span;
		const label = [phase, ...(type ? [labelOf(type)] : []), formatDuration(durationMs(span))];
		const length = onAxis(Math.max(durationMs(span), lengthMs * shortestBar));
		return `    ${label.join(' ')} :${marks[phase]}${onAxis(startMs)}, ${Math.max(1, length)}ms`;
	};
	const sections = [...Map.groupBy(spans, ({ videoId }) => videoId)].flatMap(([videoId, ofVideo], index) => [
		`  section ${index + 1}. ${sectionTitle(titleOf(videoId)) || sectionTitle(videoId)}`,
		...ofVideo.map(bar),
	]);
	const chart = [
		'---',
		'config:',
		'  gantt:',
		`    leftPadding: ${titleSpace.px}`,
		'---',
		'gantt',
		'  dateFormat x',
		`  axisFormat %s ${name}`,
		'  todayMarker off',
		...sections,
	].join('\n');
	return chart.length > maxLength
		? undefined
		: `\`\`\`mermaid
${chart}
\`\`\``;
}
function sectionTitle(text) {
	const plain = titleText(text)
		.replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
		.trim();
	const mayBeWide = /[\u1100-\uffff]/.test(plain);
	return truncate(plain, mayBeWide ? titleSpace.wideCharacters : titleSpace.characters);
}
function timelineSection({ spans, totals }, titleOf, md) {
	if (totals.length === 0) return '';
	const isComplete = spans.length === totals.reduce((sum, { count }) => sum + count, 0);
	const chart = isComplete ? timelineChart(spans, titleOf) : undefined;
	return `### Where the time went

${chart ?? totalsTable(totals, titleOf, md)}`;
}
function totalsTable(totals, titleOf, md) {
	const columns = [
		{ heading: 'Phase', cell: ({ phase }) => phase },
		{ heading: 'Count', isNumeric: true, cell: ({ count }) => formatNumber(count) },
		{
			heading: 'Average',
			isNumeric: true,
			cell: ({ count, totalMs }) => unbroken(formatDuration(totalMs / count)),
		},
		{
			heading: 'Slowest',
			isNumeric: true,
			cell: ({ slowest }) => unbroken(formatDuration(durationMs(slowest))),
		},
		{
			heading: 'Slowest video',
			cell: ({ slowest: { type, videoId } }) => {
				const label = type ? `, ${labelOf(type)}` : '';
				return `${md.text(titleOf(videoId), 80) || md.code(videoId)}${label}`;
			},
		},
	];
	return table(
		columns,
		totals.map((row) => columns.map(({ cell }) => cell(row))),
	);
}
const maxBytes = 1e6;
const maxNotes = { count: 20, length: 500 };
function summary(facts, redact) {
	const md = markdown(redact);
	const { notes, records, reported, timeline, traffic } = facts;
	const head = describeStep(facts, reported.length > 0, md);
	const remarks = notes
		.slice(0, maxNotes.count)
		.map((note) => `- ${md.prose(note, maxNotes.length)}`)
		.join('\n');
	const time = timelineSection(inOrderOf(records, timeline), titlesOf(records, redact), md);
	const requests = describeTraffic(traffic);
	const room = (...used) => maxBytes - Buffer.byteLength(used.join('\n\n'));
	const failed = failureList(reported, md, room(head, remarks, time, requests));
	const downloads = downloadsTable(records, md, room(head, remarks, time, requests, failed));
	return `${[head, failed, remarks, downloads, time, requests].filter(Boolean).join('\n\n')}
`;
}
function describeStep({ plan, result }, hasFailed, md) {
	const lines = [...(result ? [`**${md.prose(result)}**`] : []), ...(plan ? [md.prose(plan.line)] : [])];
	const heading = `## ${hasFailed ? '\u274C' : '\u2705'} Stream Downloads${plan?.dryRun ? ': dry run' : ''}`;
	return [heading, lines.join('<br>')].filter(Boolean).join('\n\n');
}
function describeTraffic({ requests, retries, waitedMs }) {
	if (requests === 0) return '';
	const counts = [count(requests, 'request'), count(retries, 'retry', 'retries')].join(', ');
	if (waitedMs < 1) return counts;
	return `${counts}; waited ${formatDuration(waitedMs)} for Cloudflare to encode and generate`;
}
function inOrderOf(records, { spans, totals }) {
	const position = new Map(records.map(({ videoId }, index) => [videoId, index]));
	const of = ({ videoId }) => position.get(videoId) ?? 0;
	return { totals, spans: spans.toSorted((a, b) => of(a) - of(b)) };
}
function titlesOf(records, redact) {
	return (videoId) => {
		const title = records.find((record) => record.videoId === videoId)?.title;
		return redact(titleText(title ?? ''));
	};
}
export { summary };
