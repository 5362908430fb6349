import nodePath from 'node:path';
import { Failure, quote, downloadTypeFacts, count } from './index.js';
import {
	placeholderProblems,
	mediaExtension,
	hasPlaceholder,
	placeholders,
	excessBytes,
	maxPartBytes,
	isDevice,
	literalText,
} from './path-part.js';
function diskFailure(path, error) {
	const code = errorCode(error) ?? '';
	const why = reasons[code] ?? (Error.isError(error) ? error.message : String(error));
	const kind = code === 'ENOSPC' || code === 'EDQUOT' ? 'disk-full' : 'target-unwritable';
	return new Failure(kind, `${path} could not be written: ${why}${code && ` (${code})`}`, { cause: error });
}
function errorCode(error) {
	return Error.isError(error) && 'code' in error ? String(error.code) : undefined;
}
const reasons = {
	EACCES: 'permission denied',
	EDQUOT: 'the disk quota is used up',
	EEXIST: 'one of its folders exists as a file',
	EFBIG: 'the file system does not support files of this size',
	EISDIR: 'a folder of this name exists',
	ENAMETOOLONG: 'the name is too long for this file system',
	ENOSPC: 'no space left on the disk',
	ENOTDIR: 'one of its folders exists as a file',
	EPERM: 'not permitted',
	EROFS: 'the disk is read-only',
};
const inTemp = '${{ runner.temp }}/downloads/';
const example = quote('downloads/{name}-{id}.{ext}');
function readDestination(text, context) {
	const { workspace, temp, types, path = nodePath } = context;
	const severalVideos = context.severalVideos || context.idRequired === true;
	if (text === '') return { problems: ['it is empty: write a folder, such as downloads/, or a file'] };
	const control = text.search(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u);
	if (control >= 0) {
		const what = `contains a control character (character ${control + 1} of ${text.length})`;
		return { problems: [`${quote(text)} ${what}: write one path, on one line`] };
	}
	const problems = [...placeholderProblems(text, placeholders), ...shellProblems(text, path)];
	const target = path.resolve(workspace, text);
	const root = [workspace, temp].find((folder) => folder && folderContains(folder, target, path));
	if (!root) {
		const orElse = temp ? `, or one in RUNNER_TEMP, such as ${inTemp}` : '';
		const advice = `write a path inside it, such as downloads/${orElse}`;
		return { problems: [...problems, `${quote(text)} is outside the workspace: ${advice}`] };
	}
	const parts = path.relative(root, target).split(path.sep).filter(Boolean);
	const endsAsFolder = (path.sep === '\\' ? /(^|[/\\])\.{0,2}$/ : /(^|\/)\.{0,2}$/).test(text);
	const there = lookUp(text, target, parts, context);
	if (typeof there === 'string') problems.push(there);
	const isFolderPath = endsAsFolder || parts.length === 0 || there === true;
	const folders = isFolderPath ? parts : parts.slice(0, -1);
	for (const folder of folders) problems.push(...partProblems(folder, folder, path));
	let file;
	if (!isFolderPath) {
		const typed = parts.at(-1) ?? '';
		file = mediaExtension.test(typed) ? typed : `${typed.replace(/\.?\{ext\}$/, '')}.{ext}`;
		problems.push(...fileProblems(text, parts, file, context), ...partProblems(typed, file, path));
	}
	if (problems.length > 0) return { problems };
	const files = types.map((type) => quote(`${text}.${downloadTypeFacts[type].extension}`));
	const notice =
		!isFolderPath && mayBeFolder(text) && !hasPlaceholder(parts.at(-1) ?? '')
			? `${quote(text)} is saved as the file ${files.join(' and ')}; ${addSlash(text)}`
			: undefined;
	return { destination: { root: path.resolve(root), folders, file, severalVideos, path }, notice };
}
function lookUp(text, target, parts, { isFolder, path = nodePath }) {
	const isUsable = (part) => !hasPlaceholder(part) && partProblems(part, part, path).length === 0;
	if (!parts.every(isUsable)) return false;
	try {
		return isFolder(target);
	} catch (error) {
		const code = errorCode(error) ?? 'no code';
		const why = lookUpProblems[code] ?? 'cannot be looked up: write another path, such as downloads/';
		return `${quote(text)} ${why} (${code})`;
	}
}
const lookUpProblems = {
	EACCES: 'leads through a folder without permission: change that, or write another path, such as downloads/',
	ELOOP: 'leads through a loop of symbolic links: remove them, or write another path, such as downloads/',
	ENAMETOOLONG: 'is too long for this system: shorten it, such as to downloads/',
	EPERM: 'leads through a folder without permission: change that, or write another path, such as downloads/',
};
function mayBeFolder(text) {
	return !mediaExtension.test(text) && !text.endsWith('{ext}');
}
function addSlash(text) {
	return `add a slash for the folder ${quote(`${text}/`)}`;
}
function folderContains(folder, path, { isAbsolute, relative, sep } = nodePath) {
	const route = relative(folder, path);
	return route !== '..' && !route.startsWith(`..${sep}`) && !isAbsolute(route);
}
function shellVariable(text) {
	return /^~(?=[\\/]|$)|\$\{?\w+\}?|%\w+%/.exec(text)?.[0];
}
function shellProblems(text, path) {
	const problems = [];
	const variable = shellVariable(text);
	if (variable !== undefined) {
		const advice = `write a path in the workspace, such as downloads/, or use an expression, such as ${inTemp}`;
		problems.push(`${quote(text)} contains ${variable}, which only a shell would expand: ${advice}`);
	}
	if (path.sep === '/' && text.includes('\\')) {
		problems.push(`${quote(text)} contains a backslash, which does not separate folders here: use / instead`);
	}
	return problems;
}
function fileProblems(text, parts, file, { types, severalVideos, idRequired }) {
	if (file === '.{ext}' || file.replace(mediaExtension, '') === '') {
		const advice = `write a file, such as ${example}, or a folder, such as "downloads/"`;
		return [`${quote(text)} has no name before the extension: ${advice}`];
	}
	const hasOne = (...wanted) => parts.some((part) => hasPlaceholder(part, wanted));
	const extension = mediaExtension.exec(file)?.[1]?.toLowerCase();
	const wrong = types.filter((type) => extension && extension !== downloadTypeFacts[type].extension);
	const orFolder = mayBeFolder(text) ? `${addSlash(text)}, or ` : '';
	const problems = [];
	if (idRequired && !hasOne('id')) {
		problems.push(
			`${quote(text)} has no {id}, which keeps the files of many videos apart in every run: ${orFolder}add it, such as in ${example}`,
		);
	} else if (severalVideos && !hasOne('id', 'name')) {
		problems.push(
			`${quote(text)} is one file for several videos: ${orFolder}add {id} or {name}, such as in ${example}`,
		);
	}
	if (wrong.length > 0) {
		const right = wrong.map((type) => `the type ${type} is saved as .${downloadTypeFacts[type].extension}`);
		const what = `ends in .${extension}, but ${right.join(' and ')}`;
		problems.push(`${quote(text)} ${what}: end it in .{ext}, such as in ${example}`);
	} else if (types.length > 1 && !hasOne('type', 'ext')) {
		problems.push(
			`${quote(text)} is one file for several types: ${orFolder}add {type} or {ext}, such as in ${example}`,
		);
	}
	return problems;
}
function partProblems(typed, template, path) {
	const problems = [];
	const excess = excessBytes(template);
	if (excess > 0) {
		const when = hasPlaceholder(typed)
			? 'can become too long when its placeholders are replaced'
			: 'is too long';
		const advice = `shorten it by ${count(excess, 'byte')}, since a name has at most ${maxPartBytes} bytes`;
		problems.push(`${quote(typed)} ${when}: ${advice}`);
	}
	if (path.sep !== '\\') return problems;
	if (!hasPlaceholder(template) && (isDevice(template) || /[. ]$/.test(template))) {
		problems.push(`${quote(template)} is not a valid name on Windows: choose another`);
	}
	const forbidden = /[<>:"|?*]/.exec(literalText(typed))?.[0];
	if (forbidden !== undefined) {
		problems.push(`${quote(typed)} contains ${forbidden}, which Windows does not allow in names: remove it`);
	}
	return problems;
}
export { diskFailure, errorCode, folderContains, readDestination, shellVariable };
