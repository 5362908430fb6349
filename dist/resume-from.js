import { realpathSync, globSync, statSync, lstatSync, readFileSync } from 'node:fs';
import { resolve, relative, sep } from 'node:path';
import {
	getDotPath,
	safeParse,
	pipe,
	transform,
	object,
	optional,
	unknown,
	nullish,
	string,
	regex,
	toLowerCase,
	number,
	safeInteger,
	minValue,
	nonEmpty,
	maxLength,
	fallback,
	titleText,
	picklist,
	downloadTypes,
	foreignUrl,
	array,
	literal,
	enumerate,
	quote,
	controlCharacter,
	count,
	formatBytes,
} from './index.js';
import { shellVariable, folderContains } from './destination.js';
const maxText = 4096;
const url = nullish(
	pipe(
		string(),
		transform((text) => foreignUrl(text).url),
	),
);
const earlierRecord = pipe(
	object({
		videoId: pipe(string(), regex(/^[A-Za-z0-9_-]{1,64}$/)),
		type: picklist([...downloadTypes, '']),
		status: string(),
		url,
		expiresAt: nullish(string()),
		name: fallback(optional(pipe(string(), maxLength(maxText), transform(titleText))), undefined),
		file: nullish(
			pipe(string(), nonEmpty(), maxLength(maxText), regex(/^(?!(?:.*[\\/])?\.\.(?:[\\/]|$))\P{Cc}+$/u)),
		),
		size: nullish(pipe(number(), safeInteger(), minValue(0))),
		sha256: nullish(pipe(string(), regex(/^[0-9a-f]{64}$/i), toLowerCase())),
		assetUrl: url,
		planned: optional(unknown()),
		error: optional(unknown()),
	}),
	transform((record) => ({
		videoId: record.videoId,
		type: record.type,
		isDone: record.status === 'ready' && !record.error && !record.planned,
		url: (record.expiresAt ? undefined : record.url) ?? undefined,
		title: record.name || undefined,
		file: record.file ?? undefined,
		sizeBytes: record.size ?? undefined,
		sha256: record.sha256 ?? undefined,
		assetUrl: record.assetUrl ?? undefined,
	})),
);
const results = object({ version: literal(1), downloads: array(earlierRecord) });
function readResults(text) {
	let value;
	try {
		value = JSON.parse(text);
	} catch (error) {
		return { problem: `it is not JSON${positionIn(error)}` };
	}
	const parsed = safeParse(results, value, { abortEarly: true });
	if (parsed.success) return { records: parsed.output.downloads };
	const [issue] = parsed.issues;
	const field = (getDotPath(issue) ?? '').replace(/\.(\d+)/g, '[$1]');
	if (field === '') return { problem: 'it is not a results file, which has `version` and `downloads`' };
	if (field === 'version') {
		return { problem: 'its `version` is not 1, the only one that this version of the action reads' };
	}
	return { problem: `its field \`${field}\` is missing or malformed` };
}
function positionIn(error) {
	const message = Error.isError(error) ? error.message : '';
	const [, line, column] = /\(line (\d+) column (\d+)\)/.exec(message) ?? [];
	if (line !== undefined) return `, at line ${line}, column ${column}`;
	return message.startsWith('Unexpected end') ? ': it ends too early' : '';
}
function carriedOver(records, { release, savesFiles, types }) {
	const isWanted = ({ assetUrl, file, isDone, sha256 }, type) =>
		isDone &&
		(types.length === 0 || types.includes(type)) &&
		(!savesFiles || (sha256 !== undefined && (file !== undefined || assetUrl === undefined))) &&
		(!release || (assetUrl !== undefined && isAssetOf(release, assetUrl)));
	const carried = new Map();
	for (const record of records) {
		const { isDone: _isDone, type, videoId, ...facts } = record;
		if (type === '' || !isWanted(record, type)) continue;
		const others = carried.get(videoId)?.filter((other) => other.type !== type) ?? [];
		carried.set(videoId, [...others, { videoId, type, ...facts }]);
	}
	return carried;
}
function isAssetOf({ repository, tag }, assetUrl) {
	const path = /\/([^/]+\/[^/]+)\/releases\/download\/([^/]+)\/[^/]+$/;
	const [, inRepository = '', ofTag = ''] = path.exec(new URL(assetUrl).pathname) ?? [];
	return inRepository.toLowerCase() === repository.toLowerCase() && isEncoded(tag, ofTag);
}
function isEncoded(text, part) {
	try {
		return decodeURIComponent(part) === text.toWellFormed();
	} catch {
		return false;
	}
}
const maxRead = { files: 1e4, bytes: 512e6 };
const example = 'results/*.json';
const pathProblems = {
	control: (paths) => `a path contains control characters (${paths}): write each path on one line`,
	shell: (paths) =>
		`only a shell would expand this (${paths}): use an expression, such as $\{{ runner.temp }}/${example}`,
	outside: (paths) =>
		`this is outside the workspace and RUNNER_TEMP (${paths}): write a path inside one of them, such as ${example}`,
	pattern: (paths) =>
		`this pattern is not supported (${paths}): use *, ** and ?, with at most 3 * in one name, and write several patterns on a line each`,
	many: (paths) => `this matches too many files (${paths}): write a pattern for fewer`,
	folder: (paths) =>
		`this is not a file (${paths}): write the path of a file, or a pattern, such as ${example}`,
	unreadable: (paths) => `this cannot be read (${paths}): check its length and its permissions, or remove it`,
};
const maxMalformed = 5;
function readResumeFrom(text, folders, report, limits = maxRead, parse = readResults) {
	const paths = new Set(
		text
			.split(/[\n,]/)
			.map((path) => path.trim())
			.filter(Boolean),
	);
	if (paths.size === 0) report(`it has no path: write one, such as ${example}, or remove it`);
	const roots = realFolders([folders.workspace, folders.temp]);
	const wrong = [];
	const missing = [];
	const files = new Set();
	for (const path of paths) {
		const found = find(path, folders, roots, limits.files);
		if (typeof found === 'string') wrong.push({ problem: found, path });
		else if (found.length === 0) missing.push(path);
		else for (const file of found) files.add(file);
	}
	for (const [problem, found] of Map.groupBy(wrong, ({ problem }) => problem)) {
		report(pathProblems[problem](enumerate(found.map(({ path }) => quote(path)))));
	}
	const records = readFiles([...files], folders, report, limits, parse);
	const from = files.size > 0 ? ' from there' : '';
	const notice =
		missing.length > 0
			? `no results file matches ${enumerate(missing.map(quote))}: nothing is carried over${from}`
			: undefined;
	return { carriedOver: (wanted) => carriedOver(records, wanted), notice };
}
function find(path, { temp, workspace }, roots, maxFiles) {
	if (controlCharacter.test(path)) return 'control';
	if (shellVariable(path) !== undefined) return 'shell';
	const target = resolve(workspace, path);
	const root = [workspace, temp].find((folder) => folder && folderContains(folder, target));
	if (!root) return 'outside';
	try {
		if (exists(target)) return resolveFile(target, roots);
		if (!/[*?[\]{}]/.test(path)) return [];
		const pattern = relative(root, target).replaceAll(sep, '/');
		if (!isSupported(pattern)) return 'pattern';
		const matches = globSync(pattern, { cwd: root }).toSorted();
		if (matches.length > maxFiles) return 'many';
		const files = matches.map((match) => resolveFile(resolve(root, match), roots));
		return files.includes('outside')
			? 'outside'
			: files.flatMap((file) => (typeof file === 'string' ? [] : file));
	} catch {
		return 'unreadable';
	}
}
function exists(path) {
	return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
function resolveFile(path, roots) {
	if (!statSync(path, { throwIfNoEntry: false })) return [];
	const file = realpathSync(path);
	if (!roots.some((root) => folderContains(root, file))) return 'outside';
	return statSync(file).isFile() ? [file] : 'folder';
}
function realFolders(folders) {
	return folders.flatMap((folder) => {
		try {
			return folder === undefined ? [] : [realpathSync(folder)];
		} catch {
			return [];
		}
	});
}
function isSupported(pattern) {
	if (/[{}]|[?*+@!]\(/.test(pattern) || pattern.split('[').length > 9) return false;
	return pattern.split('/').every((name) => name === '**' || name.split('*').length <= 4);
}
function readFiles(files, { workspace }, report, limits, parse) {
	if (files.length > limits.files) {
		report(
			`it stands for ${count(files.length, 'file')}, more than ${count(limits.files, 'file')}: write a pattern for fewer`,
		);
		return [];
	}
	const sizeBytes = files.reduce(
		(sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
		0,
	);
	if (sizeBytes > limits.bytes) {
		report(
			`its files have ${formatBytes(sizeBytes)}, more than ${formatBytes(limits.bytes)}: write a pattern for fewer`,
		);
		return [];
	}
	const [root = workspace] = realFolders([workspace]);
	let malformed = 0;
	const records = [];
	for (const file of files) {
		const shown = folderContains(root, file) ? relative(root, file).replaceAll(sep, '/') : file;
		const read = readFile(file, parse);
		for (const record of read.records ?? []) records.push(record);
		if (read.problem === undefined) continue;
		malformed++;
		if (malformed <= maxMalformed) report(`${quote(shown)}: ${read.problem}`);
	}
	const more = malformed - maxMalformed;
	if (more > 0) report(`there are ${count(more, 'more malformed file')}: remove them, or write other paths`);
	return records;
}
function readFile(file, parse) {
	let text;
	try {
		text = new TextDecoder().decode(readFileSync(file));
	} catch {
		return { problem: 'it cannot be read: check its permissions, or remove it' };
	}
	const read = parse(text);
	if (read.problem === undefined) return read;
	return { problem: `${read.problem}: write the path of a file that \`results-file\` named, or remove it` };
}
export { readResumeFrom };
