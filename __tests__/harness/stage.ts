import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { type LocalGitHub, type LocalGitHubOptions, startLocalGitHub } from '../../local-github/server.ts';
import { type LocalStream, type LocalStreamOptions, startLocalStream } from '../../local-stream/server.ts';
import type { Receive } from '../../src/http/receive.ts';
import { type CheckedStep, checkStep } from './check-step.ts';
import { sha256 } from './media.ts';
import { fromResponse, toResponse } from './received.ts';
import { runStep } from './run-step.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Longer than any step may take, in virtual ms. */
const endlessMs = 6 * 86_400_000;

interface StageOptions extends Pick<LocalStreamOptions, 'readings' | 'rateLimit'> {
  /** The latency of a request, in virtual ms. Defaults to 0. */
  readonly latencyMs?: number;
  /**
   * Also opens a local GitHub. Steps then attach to the release `v1`, with a token that may write, unless their inputs
   * override them.
   */
  readonly github?: true | Omit<LocalGitHubOptions, 'clock'>;
  /**
   * Inputs of every step on this stage. `signed-url` is `never` unless they or a step's own inputs override it, so
   * that only the requests of the operation itself are counted; `''` selects the action's default.
   */
  readonly inputs?: Readonly<Record<string, string>>;
}

/** A request of a step, before it is sent. */
export interface SentRequest {
  /** As in `Stage.calls`; for another host than the API's, `GET delivery` or `POST github`. */
  readonly call: string;
  readonly url: string;
  readonly signal: AbortSignal;
  /** Sends it to the server, or to another URL in place of its own. */
  readonly pass: (url?: string) => Promise<Response>;
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** When the run is cancelled, in virtual ms after its start. */
  readonly cancelAfterMs?: number;
  /** Cancels the run at a moment that the test chooses. */
  readonly interrupt?: AbortSignal;
  /** By how much the machine's time of day is ahead of Cloudflare's, in ms. */
  readonly aheadMs?: number;
}

/** A step that has ended, with how long it took. */
export interface StagedStep extends CheckedStep {
  /** In virtual ms. */
  readonly tookMs: number;
}

/**
 * A local Stream, a workspace, and on request a local GitHub, on which whole steps run in this process. Requests and
 * files are real; time is virtual, so that hours pass in milliseconds. Each step is checked against what the contract
 * requires of every step.
 */
export class Stage implements AsyncDisposable {
  readonly stream: LocalStream;
  readonly clock: VirtualClock;
  readonly workspace: string;
  /** RUNNER_TEMP, which is not in the workspace. */
  readonly temp: string;
  /** The largest number of requests that were in flight at the same time. */
  mostInFlight = 0;
  readonly #folder: string;
  readonly #github: LocalGitHub | undefined;
  readonly #inputs: Readonly<Record<string, string>>;
  readonly #latencyMs: number;
  #inFlight = 0;
  #answer: (request: SentRequest) => Promise<Response> = ({ pass }) => pass();

  private constructor(
    stream: LocalStream,
    github: LocalGitHub | undefined,
    clock: VirtualClock,
    { inputs = {}, latencyMs = 0 }: StageOptions,
  ) {
    this.stream = stream;
    this.clock = clock;
    this.#github = github;
    this.#inputs = { 'signed-url': 'never', ...inputs };
    this.#latencyMs = latencyMs;
    // Without symbolic links, so that paths are reported as they are given.
    this.#folder = realpathSync(mkdtempSync(join(tmpdir(), 'stage-')));
    this.workspace = join(this.#folder, 'workspace');
    this.temp = join(this.#folder, 'temp');
    mkdirSync(this.workspace);
    mkdirSync(this.temp);
  }

  static async open(options: StageOptions = {}): Promise<Stage> {
    const { github, rateLimit, readings } = options;
    const clock = new VirtualClock();
    const serverClock = { now: () => clock.epochMs() };
    const stream = await startLocalStream({
      ...(readings && { readings }),
      ...(rateLimit && { rateLimit }),
      clock: serverClock,
    });
    const localGitHub =
      github && (await startLocalGitHub({ ...(github === true ? {} : github), clock: serverClock }));
    return new Stage(stream, localGitHub, clock, options);
  }

  get github(): LocalGitHub {
    if (!this.#github) throw new Error('The stage was opened without `github`');
    return this.#github;
  }

  /** The requests to the API, in order and without the video's ID: `POST downloads`, `GET` for a video's details. */
  get calls(): string[] {
    return this.#apiRequests.map(({ method, path }) => shortCall(method, path));
  }

  /** How often the API received this call. */
  count(call: string): number {
    return this.calls.filter((received) => received === call).length;
  }

  /** When the API received this call, in virtual ms since the clock's start. */
  timesOf(call: string): number[] {
    return this.#apiRequests
      .filter(({ method, path }) => shortCall(method, path) === call)
      .map(({ at }) => at - this.clock.epochMs() + this.clock.now());
  }

  /** The requests to the delivery host. */
  get deliveries(): LocalStream['requests'] {
    return this.stream.requests.filter(({ host }) => host === 'delivery');
  }

  /** The files in the workspace, hidden ones included, as sorted relative paths with `/`. */
  get files(): string[] {
    return filesIn(this.workspace);
  }

  /** The files in RUNNER_TEMP except results files. */
  get temporaryFiles(): string[] {
    return filesIn(this.temp).filter((name) => !/^stream-downloads-.*\.json$/.test(name));
  }

  /** The SHA-256 of a file in the workspace, in hex. */
  hash(file: string): string {
    return sha256(readFileSync(join(this.workspace, file)));
  }

  /** The assets of the release `v1`, sorted, with their state unless they are uploaded. */
  get assets(): string[] {
    return this.github
      .assets('v1')
      .map(({ name, state }) => (state === 'uploaded' ? name : `${name} (${state})`))
      .toSorted();
  }

  /** The bytes of an asset of the release `v1`. */
  bytesOf(name: string): Uint8Array | undefined {
    const asset = this.github.assets('v1').find((one) => one.name === name);
    return asset && this.github.bytesOf(asset.id);
  }

  /** Answers requests in place of the servers, for what these have no option for. */
  intercept(answer: (request: SentRequest) => Promise<Response>): void {
    this.#answer = answer;
  }

  /** Runs a step as the owner of the account, unless the inputs override it. */
  async run(
    inputs: Readonly<Record<string, string>>,
    { aheadMs = 0, cancelAfterMs, env = {}, interrupt }: RunOptions = {},
  ): Promise<StagedStep> {
    await loadLazyModules();
    const startMs = this.clock.now();
    const cancelled = new AbortController();
    const ended = new AbortController();
    if (cancelAfterMs === 0) cancelled.abort('SIGINT');
    else if (cancelAfterMs !== undefined) {
      const cancel = () => cancelled.abort('SIGINT');
      this.clock.sleep(cancelAfterMs, ended.signal).then(cancel, () => {});
    }
    const given = { ...this.#defaultInputs, ...this.#inputs, ...inputs };
    const endless = Promise.withResolvers<never>();
    const step = await Promise.race([
      endless.promise,
      runStep({
        inputs: given,
        env: { ...this.#variables, ...env },
        clock: {
          now: () => this.clock.now(),
          epochMs: () => this.clock.epochMs() + aheadMs,
          schedule: this.clock.schedule,
          sleep: (ms, signal) => {
            // A step that never ends must fail its test rather than run until the memory is full.
            if (this.clock.now() - startMs > endlessMs) {
              endless.reject(new Error('The step does not end'));
              return endless.promise.catch(() => new Promise<never>(() => {}));
            }
            return this.clock.sleep(ms, signal);
          },
        },
        fetch: (input, init) => this.#fetch(input, init),
        receive: (url, options) => this.#receive(url, options),
        interrupt: interrupt ?? cancelled.signal,
      }),
    ]);
    const tookMs = this.clock.now() - startMs;
    ended.abort();
    const { key, readOnlyToken, token } = this.stream;
    return Object.assign(checkStep(step, { ...given, ...env }, [token, readOnlyToken, key]), { tookMs });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.stream.close(), this.#github?.close()]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #apiRequests(): LocalStream['requests'] {
    return this.stream.requests.filter(({ host }) => host === 'api');
  }

  get #defaultInputs(): Readonly<Record<string, string>> {
    const { accountId, apiUrl, token } = this.stream;
    return {
      'account-id': accountId,
      'api-token': token,
      'api-url': apiUrl,
      ...(this.#github && { 'release-tag': 'v1', 'github-token': this.#github.token }),
    };
  }

  get #variables(): Readonly<Record<string, string>> {
    return {
      GITHUB_WORKSPACE: this.workspace,
      RUNNER_TEMP: this.temp,
      ...(this.#github && gitHubVariables(this.#github)),
    };
  }

  async #fetch(input: Parameters<typeof fetch>[0], init: RequestInit | undefined): Promise<Response> {
    const pass = (to?: string) => this.clock.fetch(to === undefined ? input : withUrl(input, to), init);
    return this.#send({ ...describe(input, init), pass });
  }

  async #receive(...[url, options]: Parameters<Receive>): ReturnType<Receive> {
    const pass = async (to = url.href) => toResponse(await this.clock.receive(new URL(to), options));
    return fromResponse(await this.#send({ ...options, url: url.href, pass }));
  }

  async #send({ method, pass, signal, url }: Omit<SentRequest, 'call'> & { method: string }) {
    this.#inFlight++;
    this.mostInFlight = Math.max(this.mostInFlight, this.#inFlight);
    try {
      // On the virtual clock the latency takes no real time, and other requests are sent meanwhile.
      if (this.#latencyMs > 0) await this.clock.sleep(this.#latencyMs, signal);
      return await this.#answer({ call: this.#callOf(method, url), url, signal, pass });
    } finally {
      this.#inFlight--;
    }
  }

  #callOf(method: string, url: string): string {
    if (url.startsWith(this.stream.deliveryUrl)) return `${method} delivery`;
    return this.#isGitHubs(url) ? `${method} github` : shortCall(method, new URL(url).pathname);
  }

  #isGitHubs(url: string): boolean {
    const hosts = this.#github ? [this.#github.apiUrl, this.#github.uploadsUrl] : [];
    return hosts.some((host) => url.startsWith(host));
  }
}

/** The variables that GitHub's runner sets for a step of the repository. */
export function gitHubVariables({ apiUrl, owner, repo }: LocalGitHub): Record<string, string> {
  return { GITHUB_API_URL: apiUrl, GITHUB_REPOSITORY: `${owner}/${repo}` };
}

function describe(input: Parameters<typeof fetch>[0], init: RequestInit | undefined) {
  const request = input instanceof Request ? input : undefined;
  return {
    method: init?.method ?? request?.method ?? 'GET',
    signal: init?.signal ?? request?.signal ?? new AbortController().signal,
    url: request?.url ?? String(input),
  };
}

function withUrl(input: Parameters<typeof fetch>[0], url: string): Request | string {
  return input instanceof Request ? new Request(url, input) : url;
}

function shortCall(method: string, path: string): string {
  const [, afterVideo = ''] = /\/stream\/[^/]+(?:\/(.*))?$/.exec(path) ?? [];
  return `${method} ${afterVideo}`.trim();
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .toSorted();
}

const source = join(import.meta.dirname, '../../src');
let loading: Promise<unknown> | undefined;

/** Loads what `src` imports only when needed: loading takes real time, which the virtual clock does not see. */
function loadLazyModules(): Promise<unknown> {
  loading ??= Promise.all(lazyModules().map((name) => import(name)));
  return loading;
}

function lazyModules(): string[] {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  return files.flatMap((file) => {
    const path = join(source, file);
    const names = readFileSync(path, 'utf8').matchAll(/await import\((?:\/\*.*?\*\/)?\s*'([^']+)'/g);
    return Array.from(names, ([, name = '']) => (name.startsWith('.') ? join(dirname(path), name) : name));
  });
}
