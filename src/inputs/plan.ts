import { statSync } from 'node:fs';
import * as v from 'valibot';
import { type DownloadType, downloadTypes } from '../core/download-types.ts';
import { Failure } from '../core/failure.ts';
import { sentence } from '../core/text.ts';
import { filenameProblems } from '../deliver/name.ts';
import type { SignedUrlMode } from '../deliver/sign.ts';
import { type Destination, readDestination, type SaveTo } from '../files/destination.ts';
import type { Selection } from '../select/select-videos.ts';
import type { Credentials } from '../stream/client.ts';
import { readCredentials } from './credentials.ts';
import { type Folders, readFolders } from './folders.ts';
import { unusualIds } from './ids.ts';
import {
  type InputName,
  type InputSource,
  type InputTexts,
  inputNames,
  type ReportProblem,
  reportUnknownInputs,
} from './input-names.ts';
import { type ReleaseInput, readRelease } from './release-input.ts';
import { inputSchemas, type Operation } from './schemas.ts';

/** What the workflow asks for: every input validated, typed and defaulted. */
export interface Plan {
  readonly operation: Operation;
  readonly selection: Selection;
  /** Whether there can be more than one video. */
  readonly severalVideos: boolean;
  readonly types: readonly DownloadType[];
  /** Whether types without a download are left out of the records. */
  readonly onlyExisting: boolean;
  /** Also true where a file is to be saved or attached. */
  readonly wait: boolean;
  readonly timeoutMs: number;
  /** Undefined for adaptive intervals. */
  readonly pollIntervalMs: number | undefined;
  /** A template; undefined to add no name to URLs. */
  readonly filename: string | undefined;
  /** Undefined where nothing is to be saved. */
  readonly destination: Destination | undefined;
  /** Undefined where nothing is to be attached to a release. */
  readonly release: ReleaseInput | undefined;
  readonly signedUrl: SignedUrlMode;
  readonly signedUrlTtlMs: number;
  readonly concurrency: number;
  /** Without a slash at its end. */
  readonly apiUrl: string;
  readonly accountId: string;
  readonly credentials: Credentials;
  /** The absolute path of the folder that relative paths start from. */
  readonly workspace: string;
  /** What is unusual but may be intended. */
  readonly warnings: readonly string[];
  /** What is usual, but may surprise. */
  readonly notices: readonly string[];
}

/**
 * Reads all inputs.
 *
 * @throws {Failure} `bad-input`, with everything that is wrong and how to fix it
 */
export function readPlan(source: InputSource): Plan {
  const problems: string[] = [];
  const report: ReportProblem = (problem) => problems.push(problem);
  reportUnknownInputs(source, report);
  const credentials = readCredentials(source, report);
  const texts = readTexts(source);
  const parsed = v.safeParse(v.object(inputSchemas), texts);
  for (const issue of parsed.issues ?? [])
    report(`\`${v.getDotPath(issue)?.split('.')[0]}\`: ${issue.message}`);

  const folders = readFolders(source.env, report);
  const bounded = { ...texts, ...boundedTexts(texts) };
  const release = readRelease(bounded, source, report);
  const saveTo = readSaveTo(bounded, folders, (problem) => report(`\`save-to\`: ${problem}`));
  for (const problem of bounded.filename ? filenameProblems(bounded.filename) : [])
    report(`\`filename\`: ${problem}`);
  if (!parsed.success || !credentials || problems.length > 0) {
    throw new Failure('bad-input', problems.map(sentence).join('\n'));
  }

  const { output } = parsed;
  const videoIds = output['video-id'];
  return {
    operation: output.operation,
    selection: { videoIds },
    severalVideos: videoIds.length > 1,
    types: typesFor(output.operation, output.type),
    onlyExisting: output.operation === 'list' && output.type === undefined,
    wait: output.wait || saveTo !== undefined || release !== undefined,
    timeoutMs: output.timeout,
    pollIntervalMs: output['poll-interval'],
    filename: output.filename,
    destination: saveTo?.destination,
    release,
    signedUrl: output['signed-url'],
    signedUrlTtlMs: output['signed-url-ttl'],
    concurrency: output.concurrency,
    apiUrl: output['api-url'],
    accountId: output['account-id'],
    credentials,
    workspace: folders.workspace,
    warnings: [
      ...about('video-id', unusualIds(videoIds)),
      ...about('account-id', unusualIds([output['account-id']])),
    ],
    notices: about('save-to', saveTo?.notice),
  };
}

/** The types that the step works on: by default all of them for `list`, and otherwise the MP4. */
function typesFor(operation: string, given: readonly DownloadType[] | undefined): readonly DownloadType[] {
  return given ?? (operation === 'list' ? downloadTypes : ['default']);
}

function readTexts({ env, input }: InputSource): InputTexts {
  const texts = Object.fromEntries(inputNames.map((name) => [name, input(name)])) as InputTexts;
  return { ...texts, 'account-id': texts['account-id'] || (env['CLOUDFLARE_ACCOUNT_ID'] ?? '').trim() };
}

/**
 * The texts that functions validate in place of a schema. One that is too long, which was reported, is left out.
 */
function boundedTexts(texts: InputTexts) {
  const bounded = (name: 'filename' | 'release-tag' | 'save-to') =>
    v.is(inputSchemas[name], texts[name]) ? texts[name] : '';
  return {
    filename: bounded('filename'),
    'release-tag': bounded('release-tag'),
    'save-to': bounded('save-to'),
  };
}

/** Reads `save-to`, even where other inputs are wrong, so that all problems are reported together. */
function readSaveTo(
  { operation, type, 'save-to': saveTo, 'video-id': videoId }: InputTexts,
  { temp, workspace }: Folders,
  report: ReportProblem,
): SaveTo | undefined {
  if (!saveTo) return undefined;
  if (operation === 'delete') {
    report(
      'nothing can be saved with `operation: delete`: save in a step before it, with `create` or `list`',
    );
  }
  const types = v.safeParse(inputSchemas.type, type);
  const ids = v.safeParse(inputSchemas['video-id'], videoId);
  const read = readDestination(saveTo, {
    workspace,
    temp,
    types: typesFor(operation, types.success ? types.output : undefined),
    severalVideos: ids.success && ids.output.length > 1,
    isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
  });
  if ('destination' in read) return read;
  read.problems.forEach(report);
  return undefined;
}

/** A remark with the name of the input that it is about. */
function about(name: InputName, remark: string | undefined): string[] {
  return remark === undefined ? [] : [`\`${name}\`: ${remark}`];
}
