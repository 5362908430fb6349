import type { Deadline } from './core/deadline.ts';
import { Failure } from './core/failure.ts';
import { deliveryPolicy } from './files/delivery-policy.ts';
import type { Saver, SaverOptions } from './files/saver.ts';
import type { Http } from './http/http.ts';
import { allowanceFor, Pace } from './http/pace.ts';
import type { Plan } from './inputs/plan.ts';
import type { StepContext } from './process-video.ts';
import type { Release, ReleaseOptions } from './release/release.ts';
import { type Foresee, openForesight } from './report/foresight.ts';
import type { Log } from './report/log.ts';
import type { Timeline } from './report/timeline.ts';
import { withoutSecrets } from './report/without-secrets.ts';
import type { Dependencies } from './run.ts';
import { StreamClient } from './stream/client.ts';
import type { PollTurns } from './wait/turns.ts';

/** What the step opens first and closes last. */
export interface StepResources {
  readonly http: Http;
  readonly deadline: Deadline;
  readonly log: Log;
  readonly timeline: Timeline;
  /** Disposed of at the end of the step. */
  readonly cleanup: AsyncDisposableStack;
}

/**
 * Prepares what all videos share. The release is found before anything is generated or downloaded.
 *
 * @throws {Failure} one that concerns all videos
 */
export async function prepare(
  plan: Plan,
  { cleanup, deadline, http, log, timeline }: StepResources,
  { clock, random, runner }: Pick<Dependencies, 'clock' | 'random' | 'runner'>,
): Promise<StepContext> {
  const { accountId, apiUrl, concurrency, credentials, selection, wait } = plan;
  const { host } = new URL(apiUrl);
  const isCloudflare = host === 'api.cloudflare.com';
  const apiName = isCloudflare ? "Cloudflare's API" : host;
  const { leftMs, signal } = deadline;
  const redact = (text: string) => runner.redact(text);
  const shared = { http, clock, random, signal, leftMs, concurrency, redact };

  const release =
    plan.release &&
    (await findRelease({ ...plan.release, ...shared, debug: (line) => runner.debug(line) }, plan, log));
  const foresee = openForesight(deadline, (line) => log.info(line));
  const keepsFiles = plan.destination !== undefined;
  const policy = deliveryPolicy(apiUrl);
  const saver =
    release || keepsFiles
      ? await openSaver(plan, { cleanup, foresee, log }, runner.env['RUNNER_TEMP'], {
          ...shared,
          http: http.guarded(policy.refuseAddress),
          policy,
        })
      : undefined;
  const pace = new Pace(clock, isCloudflare ? allowanceFor(selection.shard?.count ?? 1) : undefined);
  const client = new StreamClient({
    ...shared,
    apiUrl,
    accountId,
    credentials,
    pace,
    waitsOutOutages: wait,
    observe: (videoId) => log.observe(apiName, videoId),
    onPause: (ms, why) => log.pause(apiName, ms, why),
  });
  return {
    ...shared,
    client,
    turns: plan.severalVideos ? await openTurns(pace) : undefined,
    policy,
    saver,
    shortenToken: (token) => runner.shortenToken(token),
    release,
    keepsFiles,
    withoutSecrets: (record) => withoutSecrets(record, runner),
    timeline,
    foresee,
    log,
  };
}

async function openTurns(pace: Pace): Promise<PollTurns> {
  // Dynamic import: built as its own chunk, loaded only when needed.
  const { PollTurns } = await import('./wait/turns.ts');
  return new PollTurns(() => pace.requestMs);
}

/** The saver for the destination of the plan, or else for a temporary folder, which the cleanup removes. */
async function openSaver(
  { destination, idInNames, workspace }: Plan,
  { cleanup, foresee, log }: Pick<StepResources, 'cleanup' | 'log'> & { readonly foresee: Foresee },
  temp: string | undefined,
  options: Omit<SaverOptions, 'destination' | 'workspace'>,
): Promise<Saver> {
  // Dynamic import: built as its own chunk, loaded only when needed.
  const { createTemporaryFolder, Saver } = await import('./files/saving.ts');
  await log.openTransfers(foresee);
  const target = destination ?? cleanup.use(await createTemporaryFolder(temp, idInNames)).destination;
  return new Saver({ ...options, destination: target, workspace });
}

async function findRelease(
  options: Omit<ReleaseOptions, 'observe'>,
  { dryRun }: Pick<Plan, 'dryRun'>,
  log: Log,
): Promise<Release> {
  // Dynamic import: built as its own chunk, loaded only when needed.
  const { openRelease } = await import('./release/release.ts');
  try {
    const observe = (videoId: string | undefined) => log.observe('GitHub', videoId);
    const release = await openRelease({ ...options, observe });
    log.info(`The release ${release.tag} is ${release.isDraft ? 'a draft' : 'published'}`);
    // Only a request that would change something finds out whether it may.
    if (!dryRun) await release.requireWritePermission();
    return release;
  } catch (error) {
    const failure = Failure.from(error);
    throw failure.isEndOfStep ? failure.withProgress('no video was started') : failure;
  }
}
