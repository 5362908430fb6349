import type { Clock } from './core/clock.ts';
import { startDeadline } from './core/deadline.ts';
import { Failure } from './core/failure.ts';
import { VideoRecords } from './core/record.ts';
import { Http } from './http/http.ts';
import { addProxies } from './http/proxies.ts';
import { proxySecrets } from './http/proxy-variables.ts';
import type { Receive } from './http/receive.ts';
import { secretsIn } from './inputs/credentials.ts';
import { type Plan, readPlan } from './inputs/plan.ts';
import { prepare } from './prepare.ts';
import { processVideo } from './process-video.ts';
import { Log } from './report/log.ts';
import { describePending, describePlan, describeResult } from './report/plan-and-result.ts';
import { reportResults, requireOutputs } from './report/report.ts';
import type { Runner } from './runner/runner.ts';
import { selectVideos } from './select/select-videos.ts';

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
  try {
    for (const secret of [...secretsIn(runner.env), ...proxySecrets(runner.env)]) runner.mask(secret);
    requireOutputs(runner);
    const plan = readPlan(runner, clock.epochMs());
    await carryOut(plan, videos, dependencies);
  } catch (error) {
    failures.push(Failure.from(error));
  }
  try {
    return reportResults(
      videos.flatMap(({ all }) => all),
      failures,
      runner,
    );
  } catch (error) {
    // The step must never end without a reason.
    runner.error(Failure.from(error).message, 'The results could not be reported');
    return 1;
  }
}

/** @param videos takes the records of each video as soon as it is selected */
async function carryOut(plan: Plan, videos: VideoRecords[], dependencies: Dependencies): Promise<void> {
  const { cancelled, clock, runner } = dependencies;
  const log = new Log(runner, clock, plan.severalVideos);
  for (const warning of plan.warnings) log.warn(warning, 'An input looks unusual');
  for (const notice of plan.notices) log.info(notice);
  const { fetch, proxyFor, receive } = await addProxies(runner.env, dependencies);
  const http = new Http({ fetch, receive, clock, debug: (line) => runner.debug(line) });
  using deadline = startDeadline(plan.timeoutMs, clock, cancelled);
  using _silence = log.breakSilence();
  await using cleanup = new AsyncDisposableStack();
  log.info(describePlan(plan));
  const proxy = proxyFor(new URL(plan.apiUrl));
  if (proxy) log.info(`The API is reached through the proxy ${proxy}`);

  // If this fails, every video still gets its records.
  const step = await prepare(plan, { http, deadline, log, cleanup }, dependencies).catch(Failure.from);
  const work: ReturnType<typeof processVideo>[] = [];
  for await (const { id } of selectVideos(plan.selection)) {
    const records = new VideoRecords(id, plan.onlyExisting ? [] : plan.types);
    videos.push(records);
    if (step instanceof Failure) records.fail(step);
    else work.push(processVideo(records, plan, step));
  }
  const processed = await Promise.all(work);
  if (step instanceof Failure) return;

  // URLs of the first videos may have been signed long ago.
  if (!deadline.signal.aborted) await Promise.all(processed.map(({ renewUrls }) => renewUrls()));
  const all = videos.flatMap((video) => video.all);
  log.info(describeResult(all));
  const pending = describePending(plan, all);
  if (pending !== undefined) log.info(pending);
  // A cancelled step fails even if all its work was finished in time.
  if (cancelled.aborted && !all.some(({ failure }) => failure)) deadline.signal.throwIfAborted();
}
