import { quote, count, downloadExtensions } from './index.js';
import { latinName } from './latin.js';
import {
	placeholderProblems,
	literalText,
	fill,
	longestValues,
	hasPlaceholder,
	visibleTitle,
	fillToFit,
	valuesOf,
} from './path-part.js';
const maxLength = 120;
const allowed = ['id', 'type', 'name'];
const allowedCharacters = 'letters, digits, "-" and "_"';
const extension = new RegExp(`\\.(${downloadExtensions.join('|')})$`, 'i');
function filenameProblems(text) {
	const template = text.replace(extension, '');
	if (template === '')
		return [`${quote(text)} has no name: use ${allowedCharacters}, such as in "{name}-{id}"`];
	const problems = placeholderProblems(template.replaceAll('{ext}', ''), allowed);
	if (template.includes('{ext}')) {
		const advice = 'remove it, such as in "{name}-{id}"';
		problems.push(`{ext} is not allowed, since Cloudflare adds the extension: ${advice}`);
	}
	if (/[^A-Za-z0-9_-]/.test(literalText(template.replace(/\.\{ext\}$/, '')))) {
		const advice = 'use only those and placeholders, such as in "My-Talk_{id}"';
		problems.push(`${quote(text)} contains other characters than ${allowedCharacters}: ${advice}`);
	}
	const longest = fill(template, longestValues(1)).length;
	if (longest > maxLength) {
		const length = `${hasPlaceholder(template) ? 'can become' : 'is'} ${longest} characters long`;
		const advice = `shorten it by ${count(longest - maxLength, 'character')}`;
		problems.push(`${quote(text)} ${length}, but Cloudflare accepts at most ${maxLength}: ${advice}`);
	}
	return problems;
}
async function filenameFor(template, video) {
	const title = await latinName(visibleTitle(video.name ?? ''));
	const name = title === undefined ? video.id : trimEnd(title.replace(/[.-]+/g, '-'));
	const truncate = (long, room) => {
		const start = trimEnd(long.slice(0, room));
		return /[A-Za-z0-9]/.test(start) ? start : video.id.slice(0, room);
	};
	const stem = template.replace(extension, '');
	return fillToFit(stem, valuesOf(video, name), maxLength, (text) => text.length, truncate);
}
function needsTitle(template) {
	return hasPlaceholder(template, ['name']);
}
function trimEnd(text) {
	return text.replace(/-+$/, '');
}
export { filenameFor, filenameProblems, needsTitle };
