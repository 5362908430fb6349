import nodePath, { type PlatformPath } from 'node:path';
import type { DownloadType } from '../core/record.ts';
import { count, quote } from '../core/text.ts';
import { defaultName } from './default-name.ts';
import { liesIn } from './lies-in.ts';
import { extensionOf, mediaExtension, withoutMediaExtension } from './media-extension.ts';
import { excessBytes, isDevice, maxPartBytes, partFor } from './path-part.ts';
import {
  holds,
  holdsAny,
  literalOf,
  type NamedVideo,
  placeholderProblems,
  placeholders,
} from './placeholders.ts';

/** Where downloads are saved to. `root` is for everybody, the rest for this folder's modules. */
export interface Destination {
  /** The absolute path of the folder that every file must stay in: the workspace or RUNNER_TEMP. */
  readonly root: string;
  /** The templates of the folders below the root. */
  readonly folders: readonly string[];
  /** The template of the file; undefined where it has the default name. */
  readonly file: string | undefined;
  readonly severalVideos: boolean;
  readonly path: PlatformPath;
}

/** What the meaning of a destination depends on. */
export interface DestinationContext {
  /** An absolute path. */
  readonly workspace: string;
  /** RUNNER_TEMP, an absolute path. */
  readonly temp: string | undefined;
  /** The types that may be saved. */
  readonly types: readonly DownloadType[];
  readonly severalVideos: boolean;
  /** Whether there is a folder at an absolute path. */
  readonly isFolder: (path: string) => boolean;
  /** The rules of another system than this one. */
  readonly path?: PlatformPath;
}

/** Reads where to save to; or says everything that is wrong with it and how to mend it. */
export function readDestination(
  text: string,
  context: DestinationContext,
): { destination: Destination } | { problems: string[] } {
  const { workspace, temp, types, severalVideos, isFolder, path = nodePath } = context;
  if (text === '') return { problems: ['it is empty: write a folder, such as downloads/, or a file'] };
  const control = text.search(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u);
  if (control >= 0) {
    return {
      problems: [
        `${quote(text)} holds a control character (character ${control + 1} of ${text.length}): write one path, on one line`,
      ],
    };
  }

  const problems = [...placeholderProblems(text, placeholders), ...shellProblems(text, path)];
  // Placeholders hold no separators, and what fills them is never `..`: their template resolves as the path will.
  const target = path.resolve(workspace, text);
  const root = [workspace, temp]
    .filter((folder) => folder !== undefined)
    .find((folder) => folder !== '' && liesIn(folder, target, path));
  if (root === undefined) {
    const inTemp = temp ? ', or one in RUNNER_TEMP, such as ${{ runner.temp }}/downloads/' : '';
    problems.push(
      `${quote(text)} lies outside of the workspace: write a path in it, such as downloads/${inTemp}`,
    );
    return { problems };
  }

  const parts = path.relative(root, target).split(path.sep).filter(Boolean);
  const saysFolder = (path.sep === '\\' ? /(^|[/\\])\.{0,2}$/ : /(^|\/)\.{0,2}$/).test(text);
  const typedFile =
    saysFolder || parts.length === 0 || (!parts.some(holdsAny) && isFolder(target))
      ? undefined
      : parts.at(-1);
  const folders = typedFile === undefined ? parts : parts.slice(0, -1);
  const file = typedFile === undefined ? undefined : withExtension(typedFile);

  if (typedFile !== undefined) problems.push(...fileProblems(text, parts, types, severalVideos));
  for (const folder of folders) problems.push(...partProblems(folder, folder, path));
  if (typedFile !== undefined && file !== undefined) problems.push(...partProblems(typedFile, file, path));
  return problems.length > 0
    ? { problems }
    : { destination: { root: path.resolve(root), folders, file, severalVideos, path } };
}

/**
 * The absolute path of the file of one download. It depends on nothing but the destination and that download, so it
 * is the same in every run; two videos can share it where `{name}` is all that tells them apart.
 */
export function targetOf(destination: Destination, video: NamedVideo): string {
  const { root, folders, path, severalVideos } = destination;
  const file = destination.file ?? defaultName(video, severalVideos);
  return path.join(root, ...[...folders, file].map((template) => partFor(template, video)));
}

/** Whether a file's name can depend on the video's title, so that it has to be looked up. */
export function needsName({ folders, file }: Destination): boolean {
  return file === undefined || [...folders, file].some((template) => holds(template, 'name'));
}

/** What only a shell, or another system, would understand. */
function shellProblems(text: string, path: PlatformPath): string[] {
  const problems: string[] = [];
  const variable = /^~(?=[\\/]|$)|\$\{?\w+\}?|%\w+%/.exec(text)?.[0];
  if (variable !== undefined) {
    problems.push(
      `${quote(text)} holds ${variable}, which only a shell would fill in: write a path in the workspace, such as downloads/, or use an expression, such as \${{ runner.temp }}/downloads/`,
    );
  }
  if (path.sep === '/' && text.includes('\\')) {
    problems.push(`${quote(text)} holds a backslash, which parts no folders here: write / in its place`);
  }
  return problems;
}

/** The template of a file with an extension: the one that was typed, or else the right one. */
function withExtension(file: string): string {
  return mediaExtension(file) === undefined ? `${stemOf(file)}.{ext}` : file;
}

/** What stands before the extension. An `{ext}` at the end is one, with its dot or without. */
function stemOf(file: string): string {
  return mediaExtension(file) === undefined ? file.replace(/\.?\{ext\}$/, '') : withoutMediaExtension(file);
}

/** What is wrong with a path to a file, in view of all that would be saved to it. */
function fileProblems(
  text: string,
  parts: readonly string[],
  types: readonly DownloadType[],
  severalVideos: boolean,
): string[] {
  const stem = stemOf(text);
  if (stemOf(parts.at(-1) ?? '') === '') {
    return [
      `${quote(text)} has no name before the extension: write ${quote(`${stem}{name}.{ext}`)}, or ${quote(`${stem || './'}`)} for a folder`,
    ];
  }

  const holdsOne = (...words: Parameters<typeof holds>[1][]) =>
    parts.some((part) => words.some((word) => holds(part, word)));
  const typed = mediaExtension(text);
  const wrong = types.filter((type) => typed !== undefined && typed !== extensionOf[type]);
  const needsVideo = severalVideos && !holdsOne('id', 'name');
  const extension = typed === undefined || wrong.length > 0 ? '.{ext}' : text.slice(stem.length);
  const mended = quote(`${stem}${needsVideo ? '-{id}' : ''}${extension}`);

  const problems: string[] = [];
  if (needsVideo) {
    problems.push(
      `${quote(text)} is one file for several videos: put {id} or {name} into it, such as ${mended}`,
    );
  }
  if (wrong.length > 0) {
    const right = wrong.map((type) => `the type ${type} is saved as .${extensionOf[type]}`).join(' and ');
    problems.push(`${quote(text)} ends in .${typed}, but ${right}: end it in .{ext}, such as ${mended}`);
  } else if (types.length > 1 && !holdsOne('type', 'ext')) {
    problems.push(
      `${quote(text)} is one file for several types: put {type} or {ext} into it, such as ${mended}`,
    );
  }
  return problems;
}

/** What is wrong with one part of the path, as it was typed and as the template that came of it. */
function partProblems(typed: string, template: string, path: PlatformPath): string[] {
  const problems: string[] = [];
  const excess = excessBytes(template);
  if (excess > 0) {
    const what = holdsAny(typed) ? 'leaves no room for what is filled in' : 'is too long';
    problems.push(
      `${quote(typed)} ${what}: shorten it by ${count(excess, 'byte')}, since a name has at most ${count(maxPartBytes, 'byte')}`,
    );
  }
  if (path.sep === '\\' && !holdsAny(template) && (isDevice(template) || /[. ]$/.test(template))) {
    problems.push(`${quote(template)} is no name that Windows can keep: write another`);
  }
  // After a colon, Windows would write into a stream of another file, which nobody would find.
  const foreign = path.sep === '\\' ? /[<>:"|?*]/.exec(literalOf(typed))?.[0] : undefined;
  if (foreign !== undefined) {
    problems.push(`${quote(typed)} holds a ${foreign}, which no name may hold on Windows: leave it out`);
  }
  return problems;
}
