import type { Clock } from './core/clock.ts';
import { startDeadline } from './core/deadline.ts';
import { Failure } from './core/failure.ts';
import type { DownloadRecord, VideoRecords } from './core/record.ts';
import { Http } from './http/http.ts';
import { addProxies } from './http/proxies.ts';
import { proxySecrets } from './http/proxy-variables.ts';
import type { Receive } from './http/receive.ts';
import { secretsIn } from './inputs/credentials.ts';
import { type Plan, readPlan } from './inputs/plan.ts';
import { loadReaders } from './inputs/readers.ts';
import { prepare } from './prepare.ts';
import { type ProcessedVideos, processVideos } from './process-videos.ts';
import { Log } from './report/log.ts';
import { describeNothing, describePending, describePlan, describeResult } from './report/plan-and-result.ts';
import { reportResults, requireOutputs } from './report/report.ts';
import type { Runner } from './runner/runner.ts';
import type { Matrix } from './select/matrix.ts';

/** What the step needs from outside. */
export interface Dependencies {
  readonly runner: Runner;
  readonly clock: Clock;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  /** Node's own; the proxies of the environment are added to it. */
  readonly fetch: typeof globalThis.fetch;
  /** Receives files; the proxies are added to it as well. */
  readonly receive: Receive;
  /** Aborted, with the name of the signal as its reason, when the run is cancelled. */
  readonly cancelled: AbortSignal;
}

/**
 * Runs the step. Everything that is known is written to the outputs, whatever happens.
 *
 * @returns the exit code of the process: 1 if anything failed
 */
export async function run(dependencies: Dependencies): Promise<0 | 1> {
  const { clock, runner } = dependencies;
  const videos: VideoRecords[] = [];
  const failures: Failure[] = [];
  let matrix: Matrix | undefined;
  try {
    for (const secret of [...secretsIn(runner.env), ...proxySecrets(runner.env)]) runner.mask(secret);
    requireOutputs(runner);
    const plan = readPlan(runner, clock.epochMs(), await loadReaders(runner));
    matrix = await carryOut(plan, videos, dependencies);
  } catch (error) {
    failures.push(Failure.from(error));
  }
  try {
    return reportResults(
      videos.flatMap(({ all }) => all),
      failures,
      matrix,
      runner,
    );
  } catch (error) {
    // The step must never end without a reason.
    runner.error(Failure.from(error).message, 'The results could not be reported');
    return 1;
  }
}

/**
 * @param videos takes the records of each video as soon as it is selected
 * @returns the shards for a matrix; undefined if there are none to write
 */
async function carryOut(
  plan: Plan,
  videos: VideoRecords[],
  dependencies: Dependencies,
): Promise<Matrix | undefined> {
  const { cancelled, clock, runner } = dependencies;
  const log = new Log(runner, clock, plan.severalVideos);
  for (const warning of plan.warnings) log.warn(warning, 'An input looks unusual');
  for (const notice of plan.notices) log.info(notice);
  const { fetch, proxyFor, receive } = await addProxies(runner.env, dependencies);
  const http = new Http({ fetch, receive, clock, debug: (line) => runner.debug(line) });
  using deadline = startDeadline(plan.timeoutMs, clock, cancelled);
  using _silence = log.breakSilence();
  await using cleanup = new AsyncDisposableStack();
  log.info(await describePlan(plan));
  const proxy = proxyFor(new URL(plan.apiUrl));
  if (proxy) log.info(`The API is reached through the proxy ${proxy}`);

  // If this fails, every video still gets its records.
  const step = await prepare(plan, { http, deadline, log, cleanup }, dependencies).catch(Failure.from);
  const processed = await processVideos(plan, videos, step);
  const { failure, matrix, renewals } = processed;

  // URLs of the first videos may have been signed long ago.
  if (!deadline.signal.aborted) await Promise.all(renewals.map((renew) => renew()));
  const all = videos.flatMap((video) => video.all);
  await logOutcome(plan, all, processed, log);
  if (failure) throw failure;
  // A cancelled step fails even if all its work was finished in time.
  if (cancelled.aborted && !all.some((record) => record.failure)) deadline.signal.throwIfAborted();
  return matrix?.matrix;
}

async function logOutcome(
  plan: Plan,
  records: readonly DownloadRecord[],
  { failure, isEmpty, matrix, totals }: ProcessedVideos,
  log: Log,
): Promise<void> {
  if (records.length > 0) log.info(describeResult(records));
  if (isEmpty && !failure) {
    // One of several shards may well be empty.
    if (plan.selection.shard) log.info(await describeNothing(plan));
    else log.warn(await describeNothing(plan), 'No video was selected');
  }
  const pending = describePending(plan, records);
  if (pending !== undefined) log.info(pending);
  if (totals) {
    // Dynamic import: built as its own chunk, loaded only when needed.
    const { freeBytesOf } = await import('./files/free-space.ts');
    for (const line of totals.describe(await freeBytesOf(plan.workspace))) log.info(line);
  }
  if (matrix?.warning) log.warn(matrix.warning, 'The matrix is too small');
}
