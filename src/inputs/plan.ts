import { statSync } from 'node:fs';
import * as v from 'valibot';
import { type DownloadType, downloadTypes } from '../core/download-types.ts';
import { Failure } from '../core/failure.ts';
import { count, sentence } from '../core/text.ts';
import type { SignedUrlMode } from '../deliver/sign.ts';
import type { Destination, SaveTo } from '../files/destination.ts';
import type { Selection } from '../select/selection.ts';
import type { Credentials } from '../stream/client.ts';
import { readCredentials } from './credentials.ts';
import { type Folders, readFolders } from './folders.ts';
import {
  type InputName,
  type InputSource,
  type InputTexts,
  inputNames,
  type ReportProblem,
  reportUnknownInputs,
} from './input-names.ts';
import type { Readers } from './readers.ts';
import type { ReleaseInput } from './release-input.ts';
import type { Resumed } from './resume-from.ts';
import { type InputValues, inputSchemas, type Operation } from './schemas.ts';
import { readSelection, type SelectionInput, unusualTexts } from './selection-input.ts';

/** What the workflow asks for: every input validated, typed and defaulted. */
export interface Plan {
  readonly operation: Operation;
  readonly selection: Selection;
  /** Whether there can be more than one video. */
  readonly severalVideos: boolean;
  /**
   * Whether the default name of every file contains the ID, so that it is the same whichever videos this run works on, and
   * in which order.
   */
  readonly idInNames: boolean;
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
  /** The input `save-to` as it was written; undefined where nothing is to be saved. */
  readonly saveTo: string | undefined;
  /** Its meaning. */
  readonly destination: Destination | undefined;
  /** Undefined where nothing is to be attached to a release. */
  readonly release: ReleaseInput | undefined;
  readonly signedUrl: SignedUrlMode;
  readonly signedUrlTtlMs: number;
  readonly concurrency: number;
  /** Whether to report what would be done, and to change nothing. */
  readonly dryRun: boolean;
  /** Whether to write the job summary. */
  readonly summary: boolean;
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

/** How long a step may take by default, in ms: with given IDs, and with all videos of the account. */
const defaultTimeoutMs = { ids: 30 * 60_000, all: 5 * 3_600_000 };

/**
 * Reads all inputs.
 *
 * @param epochMs the current time
 * @param readers from {@link loadReaders}
 * @throws {Failure} `bad-input`, with everything that is wrong and how to fix it
 */
export function readPlan(source: InputSource, epochMs: number, readers: Readers): Plan {
  const problems: string[] = [];
  const report: ReportProblem = (problem) => problems.push(problem);
  reportUnknownInputs(source, report);
  const credentials = readCredentials(source, report);
  const texts = readTexts(source);
  const valid = readValues(texts, report);

  const folders = readFolders(source.env, report);
  const tag = { 'release-tag': valid['release-tag'] ?? '' };
  const release = readers.readRelease?.({ ...texts, ...tag }, source, report);
  const selected = readSelection(valid, texts, epochMs, report);
  const resumed = readResumed(valid, folders, readers, reportAbout('resume-from', report));
  const saveTo = readSaveTo(valid, selected, folders, readers, reportAbout('save-to', report));
  const wrongName = valid.filename ? readers.filenameProblems?.(valid.filename) : [];
  wrongName?.forEach(reportAbout('filename', report));
  if (!credentials || problems.length > 0) {
    throw new Failure('bad-input', problems.map(sentence).join('\n'));
  }

  // Without a problem, every input is valid.
  const values = valid as InputValues;
  const { idRequired, selection, severalVideos } = selected;
  const types = typesFor(values);
  const wanted = {
    types,
    savesFiles: saveTo !== undefined,
    release: release && { repository: release.repository, tag: release.reference.tag },
  };
  const carried = resumed?.carriedOver(wanted) ?? new Map();
  return {
    operation: values.operation,
    selection: { ...selection, carried },
    severalVideos,
    idInNames: severalVideos || idRequired,
    types,
    onlyExisting: values.operation === 'list' && values.type === undefined,
    wait: values.wait || saveTo !== undefined || release !== undefined,
    timeoutMs: values.timeout ?? defaultTimeoutMs[selection.videoIds ? 'ids' : 'all'],
    pollIntervalMs: values['poll-interval'],
    filename: values.filename,
    saveTo: values['save-to'] || undefined,
    destination: saveTo?.destination,
    release,
    signedUrl: values['signed-url'],
    signedUrlTtlMs: values['signed-url-ttl'],
    concurrency: values.concurrency,
    dryRun: values['dry-run'],
    summary: values.summary,
    apiUrl: values['api-url'],
    accountId: values['account-id'],
    credentials,
    workspace: folders.workspace,
    warnings: unusualTexts(values).flatMap(([name, warning]) => about(name, warning)),
    notices: [
      ...about('save-to', saveTo?.notice),
      ...about('resume-from', resumed?.notice),
      ...about('resume-from', resumed && describeCarried(carried.size)),
    ],
  };
}

/** The types that the step works on: by default all of them for `list`, and otherwise the MP4. */
function typesFor({ operation, type }: Partial<InputValues>): readonly DownloadType[] {
  return type ?? (operation === 'list' ? downloadTypes : ['default']);
}

function readTexts({ env, input }: InputSource): InputTexts {
  const texts = Object.fromEntries(inputNames.map((name) => [name, input(name)])) as InputTexts;
  return { ...texts, 'account-id': texts['account-id'] || (env['CLOUDFLARE_ACCOUNT_ID'] ?? '').trim() };
}

/** The values of the inputs that are valid on their own; each problem with the others is reported. */
function readValues(texts: InputTexts, report: ReportProblem): Partial<InputValues> {
  return Object.fromEntries(
    inputNames.flatMap((name) => {
      const schema: v.GenericSchema<string, unknown> = inputSchemas[name];
      const parsed = v.safeParse(schema, texts[name]);
      for (const { message } of parsed.issues ?? []) reportAbout(name, report)(message);
      return parsed.success ? [[name, parsed.output]] : [];
    }),
  );
}

/** Reads `resume-from`, even where other inputs are wrong, so that all problems are reported together. */
function readResumed(
  { operation, 'resume-from': text }: Partial<InputValues>,
  folders: Folders,
  { readResumeFrom }: Readers,
  report: ReportProblem,
): Resumed | undefined {
  if (!text || !readResumeFrom) return undefined;
  if (operation === 'delete') {
    report('nothing can be carried over with `operation: delete`: remove it');
    return undefined;
  }
  return readResumeFrom(text, folders, report);
}

/** Reads `save-to`, even where other inputs are wrong, so that all problems are reported together. */
function readSaveTo(
  values: Partial<InputValues>,
  { idRequired, severalVideos }: SelectionInput,
  { temp, workspace }: Folders,
  { readDestination }: Readers,
  report: ReportProblem,
): SaveTo | undefined {
  const { operation, 'save-to': saveTo } = values;
  if (!saveTo || !readDestination) return undefined;
  if (operation === 'delete') {
    report(
      'nothing can be saved with `operation: delete`: save in a step before it, with `create` or `list`',
    );
  }
  const read = readDestination(saveTo, {
    workspace,
    temp,
    types: typesFor(values),
    severalVideos,
    idRequired,
    isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
  });
  if ('destination' in read) return read;
  read.problems.forEach(report);
  return undefined;
}

/** Reports problems with the name of the input that they are about. */
function reportAbout(name: InputName, report: ReportProblem): ReportProblem {
  return (problem) => report(`\`${name}\`: ${problem}`);
}

function describeCarried(videos: number): string {
  return videos === 0
    ? 'earlier runs have finished none of the downloads'
    : `earlier runs have finished downloads of ${count(videos, 'video')}`;
}

/** A remark with the name of the input that it is about. */
function about(name: InputName, remark: string | undefined): string[] {
  return remark === undefined ? [] : [`\`${name}\`: ${remark}`];
}
