import { readFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import * as v from 'valibot';
import { type LocalStream, type LocalStreamOptions, startLocalStream } from '../../local-stream/server.ts';
import { runStep, type Step } from './run-step.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Longer than any step may take, in virtual ms. */
const endlessMs = 6 * 86_400_000;

/** Strict: a field that the contract does not name must not slip into what later steps read. */
const record = v.strictObject({
  videoId: v.string(),
  type: v.picklist(['default', 'audio', '']),
  status: v.picklist(['ready', 'inprogress', 'error', 'none', 'deleted', 'failed']),
  percentComplete: v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(100))),
  url: v.nullable(v.string()),
  expiresAt: v.optional(v.pipe(v.string(), v.isoTimestamp())),
  file: v.optional(v.string()),
  size: v.optional(v.number()),
  sha256: v.optional(v.pipe(v.string(), v.hash(['sha256']))),
  assetUrl: v.optional(v.pipe(v.string(), v.url())),
  error: v.optional(
    v.strictObject({
      message: v.string(),
      code: v.optional(v.number()),
      httpStatus: v.optional(v.number()),
      rayId: v.optional(v.string()),
    }),
  ),
});

/** What the file that `results-file` names holds. */
const resultsFile = v.strictObject({ version: v.literal(1), downloads: v.array(record) });

/** A record as a later step reads it from the output `downloads`, or from the results file. */
export type StepRecord = v.InferOutput<typeof record>;

/** A step that has ended, with what it says of its records. */
export interface JudgedStep extends Step {
  /** All of them, as the results file has them. */
  readonly records: readonly StepRecord[];
  /** The first record. */
  readonly record: StepRecord;
  /** The error of the first record; empty where it has none. */
  readonly message: string;
}

/** A step that has ended, with what a test asks of it. */
export interface StagedStep extends JudgedStep {
  /** How long it took, in virtual ms. */
  readonly tookMs: number;
}

export interface StageOptions extends Pick<LocalStreamOptions, 'readings' | 'rateLimit'> {
  /** How long a request is on its way, in virtual ms; none by default. */
  readonly latencyMs?: number;
}

/** A request that a step makes, before the local Stream sees it. */
export interface SentRequest {
  /** What `Stage.calls` would call it. */
  readonly call: string;
  readonly signal: AbortSignal;
  /** Lets the local Stream answer. */
  readonly pass: () => Promise<Response>;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** When the run is cancelled, in virtual ms after its start. */
  readonly cancelAfterMs?: number;
  /** By how much the machine's time of day is ahead of Cloudflare's, in ms. */
  readonly aheadMs?: number;
}

/**
 * A local Stream and a time of its own, on which whole steps are run in this process: hours pass in milliseconds.
 * Whatever a step is for, each is held to what the contract says of every step: outputs that agree with one
 * another, an exit code that agrees with the annotations, and no secret in anything that leaves.
 */
export class Stage implements AsyncDisposable {
  readonly stream: LocalStream;
  readonly clock: VirtualClock;
  /** The most requests that were in flight at the same time. */
  mostInFlight = 0;
  readonly #latencyMs: number;
  #inFlight = 0;
  #answer: (request: SentRequest) => Promise<Response> = ({ pass }) => pass();

  private constructor(stream: LocalStream, clock: VirtualClock, latencyMs: number) {
    this.stream = stream;
    this.clock = clock;
    this.#latencyMs = latencyMs;
  }

  static async open({ latencyMs = 0, ...options }: StageOptions = {}): Promise<Stage> {
    const clock = new VirtualClock();
    const stream = await startLocalStream({ ...options, clock: { now: () => clock.epochMs() } });
    return new Stage(stream, clock, latencyMs);
  }

  /** What the local Stream was asked, in order and without the video's id: `POST downloads`, `GET` for details. */
  get calls(): string[] {
    return this.stream.requests.map(({ method, path }) => shortCall(method, path));
  }

  /** How often the local Stream was asked this. */
  count(call: string): number {
    return this.calls.filter((asked) => asked === call).length;
  }

  /** The virtual ms since the start of the clock at which the local Stream was asked this. */
  timesOf(call: string): number[] {
    return this.stream.requests
      .filter(({ method, path }) => shortCall(method, path) === call)
      .map(({ at }) => at - this.clock.epochMs() + this.clock.now());
  }

  /** Answers in place of the local Stream, for what it has no option for. */
  intercept(answer: (request: SentRequest) => Promise<Response>): void {
    this.#answer = answer;
  }

  /** Runs a step as the owner of the account, unless the inputs say otherwise. */
  async run(
    inputs: Readonly<Record<string, string>>,
    { aheadMs = 0, env = {}, cancelAfterMs }: RunOptions = {},
  ): Promise<StagedStep> {
    const startMs = this.clock.now();
    const interrupt = new AbortController();
    const ended = new AbortController();
    if (cancelAfterMs === 0) interrupt.abort('SIGINT');
    else if (cancelAfterMs !== undefined) {
      const cancel = () => interrupt.abort('SIGINT');
      this.clock.sleep(cancelAfterMs, ended.signal).then(cancel, () => {});
    }
    const given = {
      'account-id': this.stream.accountId,
      'api-token': this.stream.token,
      'api-url': this.stream.apiUrl,
      // So that what is counted are the requests of the operation itself.
      'signed-url': 'never',
      ...inputs,
    };
    const endless = Promise.withResolvers<never>();
    const step = await Promise.race([
      endless.promise,
      runStep({
        inputs: given,
        env,
        clock: {
          now: () => this.clock.now(),
          epochMs: () => this.clock.epochMs() + aheadMs,
          sleep: (ms, signal) => {
            // A step that never ends must fail its test rather than run until the memory is full.
            if (this.clock.now() - startMs > endlessMs) {
              endless.reject(new Error('the step does not end'));
              return endless.promise.catch(() => new Promise<never>(() => {}));
            }
            return this.clock.sleep(ms, signal);
          },
        },
        fetch: (input, init) => this.#fetch(input, init),
        interrupt: interrupt.signal,
      }),
    ]);
    const tookMs = this.clock.now() - startMs;
    ended.abort();

    return Object.assign(judge(step, this.stream, { ...given, ...env }), { tookMs });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stream.close();
  }

  async #fetch(input: Parameters<typeof fetch>[0], init: RequestInit | undefined): Promise<Response> {
    const request = new Request(input, init);
    const { method, signal, url } = request;
    this.#inFlight++;
    this.mostInFlight = Math.max(this.mostInFlight, this.#inFlight);
    try {
      // On the virtual clock the way takes no real time, and other requests get their turn meanwhile.
      if (this.#latencyMs > 0) await this.clock.sleep(this.#latencyMs, signal);
      const call = shortCall(method, new URL(url).pathname);
      return await this.#answer({ call, signal, pass: () => this.clock.fetch(request) });
    } finally {
      this.#inFlight--;
    }
  }
}

/** A request that is never answered: it ends when the step gives it up. */
export function hang({ signal }: Pick<SentRequest, 'signal'>): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}

/** An outage of the network between two moments, in virtual ms. */
export function outage(clock: Pick<VirtualClock, 'now'>, fromMs: number, untilMs: number) {
  return ({ pass }: Pick<SentRequest, 'pass'>): Promise<Response> =>
    clock.now() >= fromMs && clock.now() < untilMs
      ? Promise.reject(new TypeError('fetch failed', { cause: new Error('no route to host') }))
      : pass();
}

/** An answer of the API as it came, with its `result` changed. */
export async function changeResult(
  response: Response,
  change: (result: Readonly<Record<string, unknown>>) => unknown,
): Promise<Response> {
  const body = v.parse(v.looseObject({ result: v.record(v.string(), v.unknown()) }), await response.json());
  return Response.json({ ...body, result: change(body.result) }, { status: response.status });
}

/** An answer of the API that tells of an error. */
export function apiError(status: number, code: number, message: string): Response {
  return Response.json(
    { success: false, errors: [{ code, message }], messages: [], result: null },
    { status, headers: { 'cf-ray': 'aaaabbbbccccdddd-LCL' } },
  );
}

function shortCall(method: string, path: string): string {
  const [, afterVideo = ''] = /\/stream\/[^/]+(?:\/(.*))?$/.exec(path) ?? [];
  return `${method} ${afterVideo}`.trim();
}

/**
 * Holds a step to what the contract says of every step, whatever it is for.
 *
 * @param given the step's inputs and variables
 */
export function judge(step: Step, stream: LocalStream, given: Readonly<Record<string, string>>): JudgedStep {
  const { results, records } = readRecords(step, given);
  const secrets = Object.entries(given).filter(([name]) => /token|key/i.test(name));
  expectNoSecret({ ...step, outputs: { ...step.outputs, results } }, [
    stream.token,
    stream.readOnlyToken,
    stream.key,
    ...secrets.map(([, secret]) => secret),
  ]);
  return {
    ...step,
    records,
    get record() {
      const [first] = records;
      if (!first) throw new Error('the step has no record');
      return first;
    },
    message: records[0]?.error?.message ?? '',
  };
}

/** Everything that a step told, but its outputs, as one text. */
export function toldBy({ debug, errors, log, warnings }: Step): string {
  const annotations = errors.flatMap(({ message, title }) => [title, message]);
  return [...log, ...debug, ...warnings, ...annotations].join('\n');
}

function expectNoSecret(step: Step, secrets: readonly string[]): void {
  const text = [toldBy(step), ...Object.values(step.outputs)].join('\n');
  for (const line of secrets.flatMap((secret) => secret.split('\n'))) {
    // Its beginning too: where a text was cut short, half of a secret may stay. What is shorter is no secret.
    if (line.length >= 8) expect(text).not.toContain(line.slice(0, 16));
  }
}

/** The records, once the outputs, the results file, the annotations and the exit code are found to agree with them. */
function readRecords({ errors, exitCode, outputs }: Step, given: Readonly<Record<string, string>>) {
  const published = v.parse(v.pipe(v.string(), v.parseJson(), v.array(record)), outputs['downloads']);
  const results = readFileSync(outputs['results-file'] ?? '', 'utf8');
  const { downloads: records } = v.parse(v.pipe(v.string(), v.parseJson(), resultsFile), results);
  // The output has no more of them than there is room for.
  expect(published).toEqual(records.slice(0, published.length));
  if (results.length < 200_000) expect(published).toHaveLength(records.length);
  const [first] = records;
  expect(outputs).toMatchObject({
    'download-url': first?.url ?? '',
    status: first?.status ?? '',
    'percent-complete': first?.percentComplete?.toString() ?? '',
    'video-id': first?.videoId ?? '',
    type: first?.type ?? '',
    file: first?.file ?? '',
    size: first?.size?.toString() ?? '',
    sha256: first?.sha256 ?? '',
    'asset-url': first?.assetUrl ?? '',
    count: String(records.length),
    failed: String(records.filter(({ error }) => error).length),
  });
  expect(exitCode).toBe(errors.length > 0 ? 1 : 0);
  const attaches = Boolean(given['release-tag']);
  for (const { assetUrl, error, file, sha256, size, status, videoId } of records) {
    if (error) expect(error.message).toContain(videoId);
    if (status === 'failed') expect(error).toBeDefined();
    if (error) expect(exitCode).toBe(1);
    // A file is told of whole or not at all, and never of one that was not saved.
    const told = [size, sha256].filter((one) => one !== undefined);
    expect(told).toHaveLength(told.length === 0 ? 0 : 2);
    if (file !== undefined) expect([status, told.length]).toEqual(['ready', 2]);
    if (!attaches) {
      expect([told.length > 0, assetUrl]).toEqual([file !== undefined, undefined]);
      if (file !== undefined) expect(error).toBeUndefined();
    }
    // A step that attaches tells of an asset, or why there is none.
    if (assetUrl !== undefined) expect([status, told.length, error]).toEqual(['ready', 2, undefined]);
    if (attaches && error === undefined) expect(assetUrl).toBeDefined();
  }
  return { results, records };
}
