import type { Clock } from './core/clock.ts';
import { startDeadline } from './core/deadline.ts';
import { Failure } from './core/failure.ts';
import { type DownloadRecord, newRecord, type VideoRecords } from './core/record.ts';
import { Saver } from './files/saver.ts';
import { Scratch } from './files/temporary-folder.ts';
import { cloudflareAllowance, Pace } from './http/pace.ts';
import { openTransport } from './http/proxy-fetch.ts';
import { maskProxyCredentials } from './http/proxy-variables.ts';
import { maskSecrets } from './inputs/credentials.ts';
import { type Inputs, type ReleaseInput, readInputs } from './inputs/plan.ts';
import { operate } from './operations/operate.ts';
import { GitHub, type GitHubOptions } from './release/github.ts';
import { Release } from './release/release.ts';
import { annotations, trace } from './report/annotations.ts';
import { Log } from './report/log.ts';
import { outputs, publish, results } from './report/outputs.ts';
import { outcome, purpose } from './report/story.ts';
import { openTerminal } from './report/terminal.ts';
import type { Runner } from './runner/runner.ts';
import { StreamClient } from './stream/client.ts';

/** Longest time for one attempt of a request, in ms. */
const attemptTimeoutMs = 30_000;

/** Longest time until the headers of a file, and longest silence in it after them, in ms. */
const silenceMs = 30_000;

/** What the step needs from outside. */
export interface World {
  readonly runner: Runner;
  readonly clock: Clock;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  /** Node's own, to which the proxies of the environment are added. */
  readonly fetch: typeof globalThis.fetch;
  /** Aborted, with the name of the signal as its reason, when the run is cancelled. */
  readonly interrupt: AbortSignal;
  /** The terminal that the log goes to, if it goes to one. */
  readonly terminal?: NodeJS.WriteStream | undefined;
}

/**
 * Runs the step. All that is known is written to the outputs, whatever happens.
 *
 * @returns the process's exit code: 1 when anything failed
 */
export async function run(world: World): Promise<0 | 1> {
  const { runner } = world;
  const videos: VideoRecords[] = [];
  const faults: Failure[] = [];

  try {
    maskSecrets(runner);
    maskProxyCredentials(runner);
    const inputs = await readInputs(runner);
    for (const warning of inputs.warnings) runner.warning(warning, 'An input looks odd');
    videos.push(...inputs.videoIds.map((id) => ({ id, records: [] })));
    await carryOut(inputs, videos, world);
  } catch (error) {
    faults.push(Failure.from(error));
  }

  const records = videos.flatMap((video) => video.records);
  faults.push(...writeOutputs(records, runner));

  const told = annotations(faults, records);
  for (const { message, title } of told) runner.error(message, title);
  for (const failure of new Set([...faults, ...records.map((record) => record.failure)])) {
    if (failure) runner.debug(trace(failure));
  }
  return told.length > 0 ? 1 : 0;
}

/** @returns what of it failed */
function writeOutputs(records: readonly DownloadRecord[], runner: Runner): Failure[] {
  const faults: Failure[] = [];
  const attempt = <Result>(what: string, write: () => Result): Result | undefined => {
    try {
      return write();
    } catch (error) {
      const { message } = Error.isError(error) ? error : new Error(String(error));
      faults.push(new Failure('no-outputs', `${what} could not be written: ${message}`, { cause: error }));
      return undefined;
    }
  };

  const published = records.map((record) => publish(record, runner.cut));
  const resultsFile = attempt('The results file', () => runner.resultsFile(results(published)));
  const values = outputs(published, resultsFile ?? '');
  attempt('The outputs', () => {
    for (const [name, value] of Object.entries(values)) runner.output(name, value);
  });
  if (values.downloads.length < published.length) {
    runner.warning(
      `The output \`downloads\` has the first ${values.downloads.length} of ${published.length} records, since a job's outputs hold 1 MB together. The file that \`results-file\` names has all of them.`,
      'Too many records for an output',
    );
  }
  return faults;
}

async function carryOut(inputs: Inputs, videos: readonly VideoRecords[], world: World): Promise<void> {
  const { clock, interrupt, random, runner } = world;
  const { fetch, proxyFor } = await openTransport(runner.env, world.fetch);
  using deadline = startDeadline(inputs.timeoutMs, clock, interrupt);
  const log = new Log(runner, clock, world.terminal && (await openTerminal(world.terminal)));
  using _silence = log.breakSilence();
  const requests = {
    clock,
    fetch,
    signal: deadline.signal,
    leftMs: deadline.leftMs,
    debug: (line: string) => runner.debug(line),
  };
  const severalVideos = videos.length > 1;
  await using scratch =
    inputs.release && !inputs.destination ? await Scratch.make(runner.env['RUNNER_TEMP']) : undefined;
  const destination = inputs.destination ?? scratch?.destination(severalVideos);
  const saver =
    destination &&
    new Saver({
      ...inputs,
      ...requests,
      destination,
      random,
      silenceMs,
      cut: (text) => runner.cut(text),
    });

  const atEnd: (() => Promise<void>)[] = [];
  log.info(purpose(inputs));
  const proxy = proxyFor(new URL(inputs.apiUrl));
  if (proxy) log.info(`The API is reached through the proxy ${proxy}`);
  const release =
    inputs.release &&
    (await findRelease(inputs.release, { concurrency: inputs.concurrency, ...requests }, log));
  if (release instanceof Failure) {
    for (const video of videos) video.records = neverBegun(inputs, video.id, release);
    return;
  }
  // Made only now: the time in which the API must answer begins with it, and the release may take longer to find.
  const client = new StreamClient({
    ...inputs,
    attemptTimeoutMs,
    pace: new Pace(
      clock,
      new URL(inputs.apiUrl).host === 'api.cloudflare.com' ? cloudflareAllowance : undefined,
    ),
    patient: inputs.wait,
    deadline,
    clock,
    random,
    fetch,
    log: { info: (line, videoId) => log.notice(videoId, line), debug: (line) => runner.debug(line) },
    cut: (text) => runner.cut(text),
  });
  await Promise.all(
    videos.map((video) =>
      log.video(video, videos.length, (tell) =>
        operate(inputs, video, {
          ...inputs,
          client,
          clock,
          random,
          signal: deadline.signal,
          leftMs: deadline.leftMs,
          saver,
          release,
          discardSaved: scratch !== undefined,
          atEnd: (work) => atEnd.push(work),
          tell,
          showTransfer: (type) => log.transfer(severalVideos ? `${video.id} ${type}` : type),
          warn: (message, title) => log.warn(message, title),
        }),
      ),
    ),
  );
  if (!deadline.signal.aborted) await Promise.all(atEnd.map((work) => work()));
  log.info(outcome(videos));
  // What was done in the last moment counts, and yet the run was cancelled.
  const told = videos.some(({ records }) => records.some(({ failure }) => failure));
  if (interrupt.aborted && !told) deadline.signal.throwIfAborted();
}

/** Finds the release that is asked for, before anything is fetched or generated; or tells why there is none. */
async function findRelease(
  input: ReleaseInput,
  requests: Omit<GitHubOptions, keyof ReleaseInput | 'tell'>,
  log: Log,
): Promise<Release | Failure> {
  try {
    const github = await GitHub.open({ ...input, ...requests, tell: (line) => log.info(line) });
    const release = await Release.find(github, input.reference);
    log.info(`The release ${release.tag} is there`);
    return release;
  } catch (error) {
    return Failure.from(error);
  }
}

/** The records of a video that nothing was done for. */
function neverBegun({ operation, types }: Inputs, videoId: string, failure: Failure): DownloadRecord[] {
  const asked = types ?? (operation === 'list' ? ([''] as const) : (['default'] as const));
  return asked.map((type) => ({ ...newRecord(videoId, type), failure }));
}
