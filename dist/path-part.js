import { nearMiss, quote, downloadTypeFacts, downloadExtensions, downloadTypes } from './index.js';
const placeholders = ['id', 'type', 'name', 'ext'];
const wordInBraces = /\{(\p{L}+)\}/gu;
const aliases = new Map([
	['title', 'name'],
	['filename', 'name'],
	['videoid', 'id'],
	['uid', 'id'],
	['extension', 'ext'],
	['format', 'ext'],
]);
function hasPlaceholder(template, wanted = placeholders) {
	return wanted.some((placeholder) => template.includes(`{${placeholder}}`));
}
function literalText(template) {
	return template.replace(wordInBraces, '');
}
function placeholderProblems(template, allowed) {
	const words = new Set(Array.from(template.matchAll(wordInBraces), ([, word = '']) => word));
	return [...words]
		.filter((word) => !allowed.some((placeholder) => placeholder === word))
		.map((word) => {
			const meant = aliases.get(word.toLowerCase()) ?? nearMiss(word, placeholders);
			const hint = meant && allowed.includes(meant) ? `; did you mean {${meant}}?` : '';
			return `${quote(`{${word}}`)} is not one of ${allowed.map((name) => `{${name}}`).join(', ')}${hint}`;
		});
}
function valuesOf({ id, type }, name) {
	return { id, type, name, ext: downloadTypeFacts[type].extension };
}
function longestValues(nameLength) {
	const longest = (words) => 'x'.repeat(Math.max(...words.map((word) => word.length)));
	return {
		id: 'x'.repeat(64),
		type: longest(downloadTypes),
		name: 'x'.repeat(nameLength),
		ext: longest(downloadExtensions),
	};
}
function fill(template, values) {
	return template.replace(/\{(id|type|name|ext)\}/g, (_, placeholder) => values[placeholder]);
}
function fillToFit(template, values, limit, lengthOf, truncate) {
	const whole = fill(template, values);
	const uses = template.split('{name}').length - 1;
	if (uses === 0 || lengthOf(whole) <= limit) return whole;
	const room = Math.floor((limit - lengthOf(fill(template, { ...values, name: '' }))) / uses);
	return fill(template, { ...values, name: truncate(values.name, room) });
}
const maxPartBytes = 255;
const minNameBytes = 64;
const maxTitleLength = 2e3;
const invisible = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
const replaced = /[^\p{L}\p{M}\p{Nd} _.,+=]+/gu;
const mediaExtension = /\.(mp4|m4a|m4v|mov|mkv|webm|avi|mp3|wav|aac|flac|ogg|opus|ts|mpg|mpeg|wmv|flv|3gp)$/i;
const device = /^(con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d\xb9\xb2\xb3])(?= *(?:\.|$))/i;
function visibleTitle(title) {
	const visible = title.slice(0, maxTitleLength).replace(invisible, '');
	const line = visible.replace(/\p{White_Space}+/gu, ' ').trim();
	const stem = line.replace(mediaExtension, '');
	return /\S$/.test(stem) ? stem : line;
}
function safeName(title) {
	const visible = visibleTitle(title ?? '').normalize('NFC');
	const name = trimEnds(visible.replace(replaced, '-'));
	return /[\p{L}\p{Nd}]/u.test(truncateToBytes(name, minNameBytes)) ? name : undefined;
}
function partFor(template, video) {
	if (!hasPlaceholder(template)) return template;
	const values = valuesOf(video, safeName(video.name) ?? video.id);
	const fillTo = (maxBytes) => fillToFit(template, values, maxBytes, Buffer.byteLength, truncateToBytes);
	const part = fillTo(maxPartBytes);
	return isDevice(part) ? avoidDevice(fillTo(maxPartBytes - 1)) : part;
}
function excessBytes(template) {
	const longest = fill(template, longestValues(minNameBytes));
	const name = hasPlaceholder(template) ? avoidDevice(longest) : longest;
	return Math.max(0, Buffer.byteLength(name) - maxPartBytes);
}
function isDevice(part) {
	return device.test(part);
}
function avoidDevice(part) {
	return part.replace(device, '$1-');
}
function truncateToBytes(name, maxBytes) {
	if (Buffer.byteLength(name) <= maxBytes) return name;
	const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
	let bytes = 0;
	for (const { segment, index } of graphemes.segment(name)) {
		bytes += Buffer.byteLength(segment);
		if (bytes > maxBytes) return trimEnds(name.slice(0, index));
	}
	return name;
}
function trimEnds(name) {
	return name.replace(/^[ .\p{M}-]+|[ .-]+$/gu, '');
}
export {
	excessBytes,
	fill,
	fillToFit,
	hasPlaceholder,
	isDevice,
	literalText,
	longestValues,
	maxPartBytes,
	mediaExtension,
	partFor,
	placeholderProblems,
	placeholders,
	safeName,
	valuesOf,
	visibleTitle,
};
