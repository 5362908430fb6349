import { globSync, lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { count, formatBytes, quote } from '../core/text.ts';
import { folderContains, shellVariable } from '../files/destination.ts';
import {
  carriedOver,
  type EarlierRecord,
  type ReadResults,
  readResults,
  type Wanted,
} from '../select/resume.ts';
import type { Selection } from '../select/selection.ts';
import type { Folders } from './folders.ts';
import { enumerate } from './ids.ts';
import type { ReportProblem } from './input-names.ts';
import { controlCharacter } from './text-schemas.ts';

/** What earlier runs have done. */
export interface Resumed {
  /** Chooses what is carried over. */
  readonly carriedOver: (wanted: Wanted) => Selection['carried'];
  /** Which results files do not exist. */
  readonly notice?: string | undefined;
}

/** How much is read at most. */
const maxRead = { files: 10_000, bytes: 512_000_000 };

const example = 'results/*.json';

/** What can be wrong with a path, and how to fix that. */
const pathProblems = {
  control: (paths: string) => `a path contains control characters (${paths}): write each path on one line`,
  shell: (paths: string) =>
    `only a shell would expand this (${paths}): use an expression, such as \${{ runner.temp }}/${example}`,
  outside: (paths: string) =>
    `this is outside the workspace and RUNNER_TEMP (${paths}): write a path inside one of them, such as ${example}`,
  pattern: (paths: string) =>
    `this pattern is not supported (${paths}): use *, ** and ?, with at most 3 * in one name, and write several patterns on a line each`,
  many: (paths: string) => `this matches too many files (${paths}): write a pattern for fewer`,
  folder: (paths: string) =>
    `this is not a file (${paths}): write the path of a file, or a pattern, such as ${example}`,
  unreadable: (paths: string) =>
    `this cannot be read (${paths}): check its length and its permissions, or remove it`,
} as const;

type PathProblem = keyof typeof pathProblems;

/** How many malformed files are reported one by one. */
const maxMalformed = 5;

/**
 * Finds and reads results files of earlier runs.
 *
 * @param text paths and patterns, separated by newlines or commas
 * @param limits in files and bytes; a parameter for tests, like the following one
 * @param parse reads the text of a file
 */
export function readResumeFrom(
  text: string,
  folders: Folders,
  report: ReportProblem,
  limits: typeof maxRead = maxRead,
  parse: typeof readResults = readResults,
): Resumed {
  const paths = new Set(
    text
      .split(/[\n,]/)
      .map((path) => path.trim())
      .filter(Boolean),
  );
  if (paths.size === 0) report(`it has no path: write one, such as ${example}, or remove it`);
  const roots = realFolders([folders.workspace, folders.temp]);
  const wrong: { readonly problem: PathProblem; readonly path: string }[] = [];
  const missing: string[] = [];
  const files = new Set<string>();
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

/** The files that a path or pattern stands for, as absolute paths without symbolic links, or what is wrong with it. */
function find(
  path: string,
  { temp, workspace }: Folders,
  roots: readonly string[],
  maxFiles: number,
): readonly string[] | PathProblem {
  if (controlCharacter.test(path)) return 'control';
  if (shellVariable(path) !== undefined) return 'shell';
  const target = resolve(workspace, path);
  const root = [workspace, temp].find((folder) => folder && folderContains(folder, target));
  if (!root) return 'outside';
  try {
    // A file may have characters in its name that a pattern would interpret.
    if (exists(target)) return resolveFile(target, roots);
    if (!/[*?[\]{}]/.test(path)) return [];
    const pattern = relative(root, target).replaceAll(sep, '/');
    if (!isSupported(pattern)) return 'pattern';
    const matches = globSync(pattern, { cwd: root }).toSorted();
    if (matches.length > maxFiles) return 'many';
    const files = matches.map((match) => resolveFile(resolve(root, match), roots));
    // A pattern may match folders as well.
    return files.includes('outside')
      ? 'outside'
      : files.flatMap((file) => (typeof file === 'string' ? [] : file));
  } catch {
    return 'unreadable';
  }
}

/** Whether there is a file, a folder or a symbolic link, even one to nothing. */
function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** @returns nothing for a symbolic link to nothing */
function resolveFile(path: string, roots: readonly string[]): readonly string[] | 'outside' | 'folder' {
  if (!statSync(path, { throwIfNoEntry: false })) return [];
  const file = realpathSync(path);
  if (!roots.some((root) => folderContains(root, file))) return 'outside';
  return statSync(file).isFile() ? [file] : 'folder';
}

/** The folders that exist, as absolute paths without symbolic links. */
function realFolders(folders: readonly (string | undefined)[]): string[] {
  return folders.flatMap((folder) => {
    try {
      return folder === undefined ? [] : [realpathSync(folder)];
    } catch {
      return [];
    }
  });
}

/**
 * Whether Node matches a pattern in reasonable time: braces, groups and many wildcards in one name take exponential or
 * polynomial time. Braces could not have commas either, since those separate paths.
 */
function isSupported(pattern: string): boolean {
  if (/[{}]|[?*+@!]\(/.test(pattern) || pattern.split('[').length > 9) return false;
  return pattern.split('/').every((name) => name === '**' || name.split('*').length <= 4);
}

/** @param files absolute paths without symbolic links */
function readFiles(
  files: readonly string[],
  { workspace }: Folders,
  report: ReportProblem,
  limits: typeof maxRead,
  parse: typeof readResults,
): EarlierRecord[] {
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
  const records: EarlierRecord[] = [];
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

function readFile(file: string, parse: typeof readResults): ReadResults {
  let text: string;
  try {
    // Unlike reading as UTF-8, this leaves out a byte order mark, which Windows PowerShell writes.
    text = new TextDecoder().decode(readFileSync(file));
  } catch {
    return { problem: 'it cannot be read: check its permissions, or remove it' };
  }
  const read = parse(text);
  if (read.problem === undefined) return read;
  return { problem: `${read.problem}: write the path of a file that \`results-file\` named, or remove it` };
}
