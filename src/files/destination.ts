import nodePath, { type PlatformPath } from 'node:path';
import { type DownloadType, downloadTypeFacts } from '../core/download-types.ts';
import { count, quote } from '../core/text.ts';
import { errorCode } from './disk-error.ts';
import { excessBytes, isDevice, maxPartBytes, mediaExtension } from './path-part.ts';
import {
  hasPlaceholder,
  literalText,
  type Placeholder,
  placeholderProblems,
  placeholders,
} from './placeholders.ts';

/** Where downloads are saved to. */
export interface Destination {
  /** The absolute path of the folder that no file may leave: the workspace, RUNNER_TEMP, or a temporary folder. */
  readonly root: string;
  /** The templates of the folders below the root. */
  readonly folders: readonly string[];
  /** The template of the file; undefined for the default name. */
  readonly file: string | undefined;
  /** Whether there can be more than one video, in this run or in others that save to the same place. */
  readonly severalVideos: boolean;
  readonly path: PlatformPath;
}

/** What the meaning of `save-to` depends on. */
export interface DestinationContext {
  /** An absolute path. */
  readonly workspace: string;
  /** RUNNER_TEMP, an absolute path. */
  readonly temp: string | undefined;
  /** The types that may be saved. */
  readonly types: readonly DownloadType[];
  readonly severalVideos: boolean;
  /**
   * Whether a name must contain the ID, so that a file has the same name whichever videos this run works on, and in which
   * order. Defaults to false.
   */
  readonly idRequired?: boolean;
  /** Whether a folder exists at an absolute path. May throw the system's error. */
  readonly isFolder: (path: string) => boolean;
  /** Defaults to the rules of the system that this runs on. */
  readonly path?: PlatformPath;
}

/** The meaning of `save-to`. */
export interface SaveTo {
  readonly destination: Destination;
  /** That the path is a file, where a folder may have been meant. */
  readonly notice?: string | undefined;
}

/** The example in messages of a path in RUNNER_TEMP. */
const inTemp = '${{ runner.temp }}/downloads/';

/** The example in messages of a template that suits any number of videos and types. */
const example = quote('downloads/{name}-{id}.{ext}');

/** Parses the input `save-to`, or returns everything that is wrong with it, each problem with its fix. */
export function readDestination(text: string, context: DestinationContext): SaveTo | { problems: string[] } {
  const { workspace, temp, types, path = nodePath } = context;
  const severalVideos = context.severalVideos || context.idRequired === true;
  if (text === '') return { problems: ['it is empty: write a folder, such as downloads/, or a file'] };
  const control = text.search(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u);
  if (control >= 0) {
    const what = `contains a control character (character ${control + 1} of ${text.length})`;
    return { problems: [`${quote(text)} ${what}: write one path, on one line`] };
  }

  const problems = [...placeholderProblems(text, placeholders), ...shellProblems(text, path)];
  // The value of a placeholder is never `..` and has no separators, so every path resolves as its template does.
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
  let file: string | undefined;
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

/**
 * Whether a folder exists at a path without placeholders, or what is wrong with the path. One with names that the
 * system does not allow, each of which is a problem of its own, is not looked up.
 */
function lookUp(
  text: string,
  target: string,
  parts: readonly string[],
  { isFolder, path = nodePath }: DestinationContext,
): boolean | string {
  const isUsable = (part: string) => !hasPlaceholder(part) && partProblems(part, part, path).length === 0;
  if (!parts.every(isUsable)) return false;
  try {
    return isFolder(target);
  } catch (error) {
    const code = errorCode(error) ?? 'no code';
    const why = lookUpProblems[code] ?? 'cannot be looked up: write another path, such as downloads/';
    return `${quote(text)} ${why} (${code})`;
  }
}

/** What the errors of a system mean for a path, and how to fix that. */
const lookUpProblems: Readonly<Record<string, string>> = {
  EACCES: 'leads through a folder without permission: change that, or write another path, such as downloads/',
  ELOOP: 'leads through a loop of symbolic links: remove them, or write another path, such as downloads/',
  ENAMETOOLONG: 'is too long for this system: shorten it, such as to downloads/',
  EPERM: 'leads through a folder without permission: change that, or write another path, such as downloads/',
};

/** Whether a path without a slash at its end may be meant as a folder, since it has no extension. */
function mayBeFolder(text: string): boolean {
  return !mediaExtension.test(text) && !text.endsWith('{ext}');
}

function addSlash(text: string): string {
  return `add a slash for the folder ${quote(`${text}/`)}`;
}

/** Whether a path is the folder itself or inside it, without following symbolic links. Both paths are absolute. */
export function folderContains(
  folder: string,
  path: string,
  { isAbsolute, relative, sep }: PlatformPath = nodePath,
): boolean {
  const route = relative(folder, path);
  return route !== '..' && !route.startsWith(`..${sep}`) && !isAbsolute(route);
}

/** A variable, or `~`, that only a shell would expand; undefined if there is none. */
export function shellVariable(text: string): string | undefined {
  return /^~(?=[\\/]|$)|\$\{?\w+\}?|%\w+%/.exec(text)?.[0];
}

/** Syntax that only a shell, or another system, would understand. */
function shellProblems(text: string, path: PlatformPath): string[] {
  const problems: string[] = [];
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

/** What is wrong with a path that is one file, possibly for several downloads. */
function fileProblems(
  text: string,
  parts: readonly string[],
  file: string,
  { types, severalVideos, idRequired }: DestinationContext,
): string[] {
  if (file === '.{ext}' || file.replace(mediaExtension, '') === '') {
    const advice = `write a file, such as ${example}, or a folder, such as "downloads/"`;
    return [`${quote(text)} has no name before the extension: ${advice}`];
  }

  const hasOne = (...wanted: Placeholder[]) => parts.some((part) => hasPlaceholder(part, wanted));
  const extension = mediaExtension.exec(file)?.[1]?.toLowerCase();
  const wrong = types.filter((type) => extension && extension !== downloadTypeFacts[type].extension);
  const orFolder = mayBeFolder(text) ? `${addSlash(text)}, or ` : '';
  const problems: string[] = [];
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

/** @param template `typed` as it is used: with an extension if it is a file */
function partProblems(typed: string, template: string, path: PlatformPath): string[] {
  const problems: string[] = [];
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
  // Windows would write what follows a colon into an alternate data stream, where nobody would find it.
  const forbidden = /[<>:"|?*]/.exec(literalText(typed))?.[0];
  if (forbidden !== undefined) {
    problems.push(`${quote(typed)} contains ${forbidden}, which Windows does not allow in names: remove it`);
  }
  return problems;
}
