import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import * as v from 'valibot';
import { Failure } from '../core/failure.ts';
import { nearMiss } from '../core/near-miss.ts';
import { type DownloadType, downloadTypes } from '../core/record.ts';
import { sentence } from '../core/text.ts';
import { filenameProblems } from '../deliver/filename-parameter.ts';
import { latinFor } from '../deliver/latin.ts';
import { type Destination, readDestination } from '../files/destination.ts';
import type { ReleaseReference } from '../release/release.ts';
import type { Runner } from '../runner/runner.ts';
import type { Credentials } from '../stream/credentials.ts';
import { readCredentials, sendable } from './credentials.ts';
import { type InputName, inputNames, laterInputNames } from './input-names.ts';
import { inputSchemas, type operations, type SignedUrl, usualId } from './schemas.ts';

/** What the workflow asked for, read, checked and typed once. */
export interface Inputs {
  readonly operation: (typeof operations)[number];
  /** At least one, each once, in the order asked for. */
  readonly videoIds: readonly string[];
  /** Undefined where none was asked for. */
  readonly types: readonly DownloadType[] | undefined;
  /** Also where a file is to be saved or attached. */
  readonly wait: boolean;
  readonly timeoutMs: number;
  /** Undefined: the pauses adapt. */
  readonly pollIntervalMs: number | undefined;
  /** With placeholders; undefined where URLs are given no name. */
  readonly filename: string | undefined;
  /** Undefined where nothing is to be saved. */
  readonly destination: Destination | undefined;
  /** Undefined where nothing is to be attached to a release. */
  readonly release: ReleaseInput | undefined;
  readonly signedUrl: SignedUrl;
  readonly signedUrlTtlMs: number;
  readonly concurrency: number;
  /** Without a slash at its end. */
  readonly apiUrl: string;
  readonly accountId: string;
  readonly credentials: Credentials;
  /** The absolute path of the folder that relative ones start from. */
  readonly workspace: string;
  /** What is odd but may be meant. */
  readonly warnings: readonly string[];
}

/** The release that files are to be attached to, and what is needed to do so. */
export interface ReleaseInput {
  readonly reference: ReleaseReference;
  readonly token: string;
  /** `OWNER/NAME` */
  readonly repository: string;
  /** The address of GitHub's API. */
  readonly apiUrl: string;
}

/**
 * Reads all inputs.
 *
 * @throws {Failure} `bad-input`, with everything that is wrong and how to mend it
 */
export async function readInputs(runner: Runner): Promise<Inputs> {
  const problems: string[] = misspelled(runner);
  const credentials = readCredentials(runner, (problem) => problems.push(problem));
  const given = texts(runner);
  const parsed = v.safeParse(v.object(inputSchemas), given);

  for (const issue of parsed.issues ?? []) {
    problems.push(`\`${v.getDotPath(issue)?.split('.')[0]}\`: ${issue.message}`);
  }
  const workspace = resolve(runner.env['GITHUB_WORKSPACE'] || '.');
  const release = releaseOf(given, runner, (problem) => problems.push(problem));
  const destination = destinationOf(given, workspace, runner.env['RUNNER_TEMP'], (problem) =>
    problems.push(`\`save-to\`: ${problem}`),
  );
  if (given.filename) {
    const found = filenameProblems(given.filename, await latinFor(given.filename));
    problems.push(...found.map((problem) => `\`filename\`: ${problem}`));
  }
  if (!parsed.success || !credentials || problems.length > 0) {
    throw new Failure('bad-input', problems.map(sentence).join('\n'));
  }

  const { output } = parsed;
  return {
    operation: output.operation,
    videoIds: output['video-id'],
    types: output.type,
    wait: output.wait || destination !== undefined || release !== undefined,
    timeoutMs: output.timeout,
    pollIntervalMs: output['poll-interval'],
    filename: output.filename,
    destination,
    release,
    signedUrl: output['signed-url'],
    signedUrlTtlMs: output['signed-url-ttl'],
    concurrency: output.concurrency,
    apiUrl: output['api-url'],
    accountId: output['account-id'],
    credentials,
    workspace,
    warnings: [...unusual('video-id', output['video-id']), ...unusual('account-id', [output['account-id']])],
  };
}

function texts(runner: Runner): Record<InputName, string> {
  const read = Object.fromEntries(inputNames.map((name) => [name, runner.input(name)])) as Record<
    InputName,
    string
  >;
  const accountId = runner.input('account-id') || (runner.env['CLOUDFLARE_ACCOUNT_ID'] ?? '').trim();
  return { ...read, 'account-id': accountId };
}

/** Where to save to, as far as the other inputs that matter for it make sense. */
function destinationOf(
  { operation, type, 'save-to': saveTo, 'video-id': videoId }: Record<InputName, string>,
  workspace: string,
  temp: string | undefined,
  problem: (text: string) => void,
): Destination | undefined {
  if (!saveTo) return undefined;
  if (operation === 'delete') {
    problem(
      'nothing can be saved with `operation: delete`: save in a step before it, with `create` or `list`',
    );
  }
  const types = v.safeParse(inputSchemas.type, type);
  const ids = v.safeParse(inputSchemas['video-id'], videoId);
  const read = readDestination(saveTo, {
    workspace,
    temp: temp || undefined,
    // A list without a type saves every type that it finds.
    types: (types.success && types.output) || (operation === 'list' ? downloadTypes : ['default']),
    severalVideos: ids.success && ids.output.length > 1,
    isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
  });
  if ('destination' in read) return read.destination;
  read.problems.forEach(problem);
  return undefined;
}

/** Which release is meant: by its tag, or by the event. */
function releaseOf(
  { operation, 'github-token': token, 'release-tag': tag }: Record<InputName, string>,
  { env }: Runner,
  problem: (text: string) => void,
): ReleaseInput | undefined {
  if (!tag) return undefined;
  if (operation === 'delete') {
    problem('`release-tag`: nothing can be attached with `operation: delete`: attach in a step before it');
  }
  if (!token) {
    problem('`github-token`: it is empty: leave it out, or set it to ${{ github.token }}');
  } else sendable({ name: '`github-token`', value: token }, problem);
  const repository = env['GITHUB_REPOSITORY'] ?? '';
  if (!/^[^/]+\/[^/]+$/.test(repository)) {
    problem(
      "`release-tag`: the environment variable GITHUB_REPOSITORY does not name a repository, as GitHub's runner has it",
    );
  }
  const reference = tag === 'auto' ? releaseOfEvent(env['GITHUB_EVENT_PATH']) : { tag };
  if (!reference) {
    problem(
      '`release-tag`: `auto` is the release of the event, but this run is of no release event: set it to a tag, such as ${{ github.ref_name }}, or run the workflow `on: release`',
    );
    return undefined;
  }
  return {
    reference,
    token,
    repository,
    apiUrl: (env['GITHUB_API_URL'] || 'https://api.github.com').replace(/\/+$/, ''),
  };
}

const releaseEvent = v.object({ release: v.object({ id: v.number(), tag_name: v.string() }) });

function releaseOfEvent(path: string | undefined): ReleaseReference | undefined {
  try {
    const { release } = v.parse(releaseEvent, JSON.parse(readFileSync(path ?? '', 'utf8')));
    return { id: release.id, tag: release.tag_name };
  } catch {
    return undefined;
  }
}

/** Inputs that the runner passed on though the action has none of that name: it warns of them and goes on. */
function misspelled(runner: Runner): string[] {
  const known: readonly string[] = inputNames;
  const later: readonly string[] = laterInputNames;
  return Object.entries(runner.env).flatMap(([variable, value]) => {
    const name = variable.startsWith('INPUT_') ? variable.slice('INPUT_'.length).toLowerCase() : undefined;
    if (name === undefined || known.includes(name)) return [];
    if (later.includes(name))
      return value
        ? [`\`${name}\`: it is not supported in this version: remove it, or use a version that has it`]
        : [];
    const meant = nearMiss(name, [...inputNames, ...laterInputNames]);
    return meant ? [`\`${name}\`: there is no such input; did you mean \`${meant}\`?`] : [];
  });
}

function unusual(name: InputName, ids: readonly string[]): string[] {
  return ids
    .filter((id) => !usualId.test(id))
    .map(
      (id) => `\`${name}\`: ${id} does not look like one of Cloudflare's ids, which have 32 hex characters`,
    );
}
