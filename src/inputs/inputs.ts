import * as v from 'valibot';
import { Failure } from '../failure.ts';
import type { DownloadType } from '../record.ts';
import type { Runner } from '../runner.ts';
import type { Credentials } from '../stream/credentials.ts';
import { sentence } from '../text.ts';
import { type InputName, inputNames, laterInputNames } from './contract.ts';
import { readCredentials } from './credentials.ts';
import { nearMiss } from './near-miss.ts';
import { inputSchemas, type operations, usualId } from './schemas.ts';

/** What the workflow asked for, read, checked and typed once. */
export interface Inputs {
  readonly operation: (typeof operations)[number];
  /** At least one, each once, in the order asked for. */
  readonly videoIds: readonly string[];
  /** Undefined where none was asked for. */
  readonly types: readonly DownloadType[] | undefined;
  readonly wait: boolean;
  readonly timeoutMs: number;
  /** Undefined: the pauses adapt. */
  readonly pollIntervalMs: number | undefined;
  readonly concurrency: number;
  /** Without a slash at its end. */
  readonly apiUrl: string;
  readonly accountId: string;
  readonly credentials: Credentials;
  /** What is odd but may be meant. */
  readonly warnings: readonly string[];
}

/**
 * Reads all inputs.
 *
 * @throws {Failure} `bad-input`, with everything that is wrong and how to mend it
 */
export function readInputs(runner: Runner): Inputs {
  const problems: string[] = misspelled(runner);
  const credentials = readCredentials(runner, (problem) => problems.push(problem));
  const parsed = v.safeParse(v.object(inputSchemas), texts(runner));

  for (const issue of parsed.issues ?? []) {
    problems.push(`\`${v.getDotPath(issue)?.split('.')[0]}\`: ${issue.message}`);
  }
  if (!parsed.success || !credentials || problems.length > 0) {
    throw new Failure('bad-input', problems.map(sentence).join('\n'));
  }

  const { output } = parsed;
  return {
    operation: output.operation,
    videoIds: output['video-id'],
    types: output.type,
    wait: output.wait,
    timeoutMs: output.timeout,
    pollIntervalMs: output['poll-interval'],
    concurrency: output.concurrency,
    apiUrl: output['api-url'],
    accountId: output['account-id'],
    credentials,
    warnings: [...unusual('video-id', output['video-id']), ...unusual('account-id', [output['account-id']])],
  };
}

function texts(runner: Runner): Record<string, string> {
  const read = Object.fromEntries(inputNames.map((name) => [name, runner.input(name)]));
  const accountId = runner.input('account-id') || (runner.env['CLOUDFLARE_ACCOUNT_ID'] ?? '').trim();
  return { ...read, 'account-id': accountId };
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
