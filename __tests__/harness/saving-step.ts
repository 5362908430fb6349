import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { type LocalStream, type LocalStreamOptions, startLocalStream } from '../../local-stream/server.ts';
import type { Clock } from '../../src/core/clock.ts';
import { fastClock } from './fast-clock.ts';
import { runStep } from './run-step.ts';
import { type JudgedStep, judge } from './step-on-stream.ts';

export interface SavingOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly interrupt?: AbortSignal;
  readonly terminal?: NodeJS.WriteStream;
}

/**
 * A local Stream and a workspace of its own, on which whole steps that save files are run in this process: the files
 * and the requests are real, and only the pauses are short. Each step is held to what the contract says of every one.
 */
export class SavingStage implements AsyncDisposable {
  readonly stream: LocalStream;
  readonly clock: Clock;
  readonly workspace: string;
  /** RUNNER_TEMP, which is no part of the workspace. */
  readonly temp: string;
  readonly #folder: string;
  #fetch: typeof globalThis.fetch = globalThis.fetch;

  private constructor(stream: LocalStream, clock: Clock, folder: string) {
    this.stream = stream;
    this.clock = clock;
    this.#folder = folder;
    this.workspace = join(folder, 'workspace');
    this.temp = join(folder, 'temp');
    mkdirSync(this.workspace);
    mkdirSync(this.temp);
  }

  static async open(options: Pick<LocalStreamOptions, 'readings'> = {}): Promise<SavingStage> {
    const clock = fastClock();
    const stream = await startLocalStream({ ...options, clock: { now: () => clock.epochMs() } });
    // Where a link leads to the folder for temporary files, paths would be told otherwise than they are given.
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'saving-step-')));
    return new SavingStage(stream, clock, folder);
  }

  /** Requests go through this from now on. */
  intercept(fetch: typeof globalThis.fetch): void {
    this.#fetch = fetch;
  }

  /** The requests that the delivery host was sent. */
  get deliveries(): LocalStream['requests'] {
    return this.stream.requests.filter(({ host }) => host === 'delivery');
  }

  /** How often the API was asked on a route. */
  count(route: LocalStream['requests'][number]['route']): number {
    return this.stream.requests.filter((request) => request.route === route).length;
  }

  /** Runs a step as the owner of the account, unless the inputs say otherwise. */
  async run(
    inputs: Readonly<Record<string, string>>,
    { env = {}, interrupt, terminal }: SavingOptions = {},
  ): Promise<JudgedStep> {
    const given = {
      'account-id': this.stream.accountId,
      'api-token': this.stream.token,
      'api-url': this.stream.apiUrl,
      ...inputs,
    };
    const variables = { GITHUB_WORKSPACE: this.workspace, RUNNER_TEMP: this.temp, ...env };
    const step = await runStep({
      inputs: given,
      env: variables,
      clock: this.clock,
      fetch: (input, init) => this.#fetch(input, init),
      ...(interrupt && { interrupt }),
      ...(terminal && { terminal }),
    });
    return judge(step, this.stream, { ...given, ...env });
  }

  /** The files in the workspace, hidden ones among them, with `/`, in order. */
  get files(): string[] {
    return filesIn(this.workspace);
  }

  /** The files in RUNNER_TEMP but for the results. */
  get temporaryFiles(): string[] {
    return filesIn(this.temp).filter((name) => !/^stream-downloads-.*\.json$/.test(name));
  }

  /** The SHA-256 of a file of the workspace, in hex. */
  hash(file: string): string {
    return sha256(readFileSync(join(this.workspace, file)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stream.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The files that local-stream hands out where a video has none of its own. */
export const testPatternFiles = {
  default: readFileSync(join(import.meta.dirname, '../../local-stream/media/default.mp4')),
  audio: readFileSync(join(import.meta.dirname, '../../local-stream/media/audio.m4a')),
};

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .toSorted();
}
