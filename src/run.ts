import type { Clock } from './core/clock.ts';
import { startDeadline } from './core/deadline.ts';
import { Failure } from './core/failure.ts';
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
import { report, requireOutputs, StepResults } from './report/report.ts';
import type { Timeline } from './report/timeline.ts';
import type { Runner } from './runner/runner.ts';

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
  const results = new StepResults(clock);
  try {
    for (const secret of [...secretsIn(runner.env), ...proxySecrets(runner.env)]) runner.mask(secret);
    requireOutputs(runner);
    const plan = readPlan(runner, clock.epochMs(), await loadReaders(runner));
    await carryOut(plan, results, dependencies);
  } catch (error) {
    results.failures.push(Failure.from(error));
  }
  try {
    return await report(results, runner);
  } catch (error) {
    // The step must never end without a reason.
    runner.error(Failure.from(error).message, 'The results could not be reported');
    return 1;
  }
}

/** @param results takes everything as soon as it is known */
async function carryOut(plan: Plan, results: StepResults, dependencies: Dependencies): Promise<void> {
  const { cancelled, clock, runner } = dependencies;
  const { timeline } = results;
  const planLine = await describePlan(plan);
  results.plan = { line: planLine, dryRun: plan.dryRun, summary: plan.summary };
  const log = await openLog(plan, planLine, dependencies, timeline);
  const { fetch, proxyFor, receive } = await addProxies(runner.env, dependencies);
  const http = new Http({ fetch, receive, clock, debug: (line) => runner.debug(line) });
  using deadline = startDeadline(plan.timeoutMs, clock, cancelled);
  using _silence = log.breakSilence();
  await using cleanup = new AsyncDisposableStack();
  results.traffic = () => ({ requests: http.requestCount, retries: log.retryCount });
  const proxy = proxyFor(new URL(plan.apiUrl));
  if (proxy) log.info(`The API is reached through the proxy ${proxy}`);

  // If this fails, every video still gets its records.
  const resources = { http, deadline, log, timeline, cleanup };
  const step = await prepare(plan, resources, dependencies).catch(Failure.from);
  const processed = await processVideos(plan, results.videos, step);

  // URLs of the first videos may have been signed long ago.
  if (!deadline.signal.aborted) await Promise.all(processed.renewals.map((renew) => renew()));
  const releaseUrl = step instanceof Failure ? undefined : step.release?.pageUrl;
  await logOutcome(plan, results, processed, releaseUrl, log);
  if (processed.failure) throw processed.failure;
  // A cancelled step fails even if all its work was finished in time.
  if (cancelled.aborted && !results.records.some((record) => record.failure))
    deadline.signal.throwIfAborted();
  results.matrix = processed.matrix?.matrix;
}

/** Opens the log, with the plan and what is unusual about the inputs. */
async function openLog(
  { notices, selection, severalVideos, warnings }: Plan,
  planLine: string,
  { clock, runner }: Dependencies,
  timeline: Timeline,
): Promise<Log> {
  const log = new Log(runner, clock, timeline);
  // How many videos a shard has is known only once it is known which.
  if (severalVideos) await log.openBatch(selection.shard ? undefined : selection.videoIds?.length);
  log.info(planLine);
  for (const warning of warnings) log.warn(warning, 'An input looks unusual');
  for (const notice of notices) log.info(notice);
  return log;
}

/** Logs what is to be known beside the records, and at last the result; the summary has both as well. */
async function logOutcome(
  plan: Plan,
  results: StepResults,
  { failure, isEmpty, matrix, totals }: ProcessedVideos,
  releaseUrl: string | undefined,
  log: Log,
): Promise<void> {
  const { notes, records, timeline } = results;
  const note = (line: string) => {
    notes.push(line);
    log.info(line);
  };
  if (isEmpty && !failure) {
    const nothing = await describeNothing(plan);
    notes.push(nothing);
    // One of several shards may well be empty.
    if (plan.selection.shard) log.info(nothing);
    else log.warn(nothing, 'No video was selected');
  }
  if (matrix?.warning) {
    notes.push(matrix.warning);
    log.warn(matrix.warning, 'The matrix is too small');
  }
  const pending = describePending(plan, records);
  if (pending !== undefined) note(pending);
  if (totals) {
    // Dynamic import: built as its own chunk, loaded only when needed.
    const { freeBytesOf } = await import('./files/free-space.ts');
    for (const line of totals.describe(await freeBytesOf(plan.workspace))) note(line);
  }
  if (records.length === 0) return;
  results.result = describeResult(records, {
    saveTo: plan.saveTo,
    releaseUrl,
    elapsedMs: timeline.elapsedMs,
  });
  log.info(results.result);
}
