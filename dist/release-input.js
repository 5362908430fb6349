import { readFileSync } from 'node:fs';
import {
	isSendable,
	safeParse,
	address,
	quote,
	parse,
	object,
	string,
	pipe,
	minValue,
	safeInteger,
	number,
} from './index.js';
function readRelease({ operation, 'github-token': token, 'release-tag': given }, { env }, report) {
	if (!given) return undefined;
	if (operation === 'delete') {
		report('`release-tag`: nothing can be attached with `operation: delete`: attach in a step before it');
	}
	if (!token) report('`github-token`: it is empty: remove it, or set it to ${{ github.token }}');
	else isSendable({ name: '`github-token`', value: token }, report);
	const repository = env['GITHUB_REPOSITORY'] ?? '';
	if (!isRepository(repository)) {
		report(
			'`release-tag`: the environment variable GITHUB_REPOSITORY does not name a repository as OWNER/NAME; it is set by the runner',
		);
	}
	const apiUrl = safeParse(address(gitHubApi), (env['GITHUB_API_URL'] ?? '').trim() || gitHubApi);
	for (const { message } of apiUrl.issues ?? []) {
		report(`\`release-tag\`: the environment variable GITHUB_API_URL is set by the runner, but ${message}`);
	}
	const reference =
		given === 'auto' ? releaseOfEvent(env['GITHUB_EVENT_PATH']) : { tag: given.replace(tagRef, '') };
	const otherRef = kindOfRef(given);
	if (!reference) {
		report(
			'`release-tag`: `auto` stands for the release of the event, but the event of this run has none: set it to a tag, such as ${{ github.ref_name }}, or run the workflow `on: release`',
		);
	} else if (!isTag(reference.tag)) {
		report(
			`\`release-tag\`: ${quote(reference.tag)} cannot be the name of a tag: set it to a tag, such as $\{{ github.ref_name }}`,
		);
	} else if (otherRef) {
		report(
			`\`release-tag\`: ${quote(reference.tag)} is ${otherRef}, not a tag: set it to a tag, such as v1.0.0, or run the workflow for a tag, where $\{{ github.ref_name }} is one`,
		);
	}
	return reference && apiUrl.success ? { reference, token, repository, apiUrl: apiUrl.output } : undefined;
}
const tagRef = /^refs\/tags\//;
function kindOfRef(text) {
	const [, folder = 'tags'] = /^refs\/([^/]+)/.exec(text) ?? [];
	if (folder === 'tags') return undefined;
	if (folder === 'heads') return 'a branch';
	return folder === 'pull' ? 'a pull request' : 'another kind of reference';
}
const gitHubApi = 'https://api.github.com';
function isRepository(text) {
	return /^[\w.-]+\/[\w.-]+$/.test(text) && !/(^|\/)\.+(\/|$)/.test(text);
}
function isTag(text) {
	const forbidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Z}~^:?*[\\]|\.\.|@\{|\/\/|^\/|[/.]$|(^|\/)\.|\.lock(\/|$)|^@$/u;
	return text !== '' && text.length <= maxTagLength && !forbidden.test(text);
}
const maxTagLength = 255;
const releaseEvent = object({
	release: object({ id: pipe(number(), safeInteger(), minValue(1)), tag_name: string() }),
});
function releaseOfEvent(path) {
	try {
		const { release } = parse(releaseEvent, JSON.parse(readFileSync(path ?? '', 'utf8')));
		return { id: release.id, tag: release.tag_name };
	} catch {
		return undefined;
	}
}
export { readRelease };
