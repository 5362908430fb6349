import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../__tests__/harness/virtual-clock.ts';
import { startLocalStream } from '../local-stream/server.ts';
import { run } from '../src/run.ts';
import { actionsRunner } from '../src/runner/runner.ts';

const cloudflare = 'https://api.cloudflare.com/client/v4';

/** How many videos a page lists. */
const pageSize = 1000;

/** How long a request takes, in virtual ms. */
const latencyMs = 100;

export interface PacedRun {
  readonly requests: number;
  readonly refused: number;
  readonly tookMs: number;
  /**
   * The least time that the limit allows for the requests that nobody can do without: one per page, and per video one that
   * lists its downloads, or one that creates a download and one that finds out that it is ready. Whole windows, and one
   * request after the last of them.
   */
  readonly leastMs: number;
}

/**
 * Runs a step in this process, in virtual time, with a local Stream in the place of Cloudflare's, so that the step has
 * the pace that it has there.
 *
 * @param operation `list` of downloads that are ready; `create` of ones that take 30 s to generate, which it waits for
 */
export async function pacedRun(
  operation: 'list' | 'create',
  videos: number,
  limit: { readonly requests: number; readonly windowMs: number },
): Promise<PacedRun> {
  const clock = new VirtualClock();
  await using stream = await startLocalStream({
    clock: { now: () => clock.epochMs() },
    rateLimit: { ...limit, blockMs: limit.windowMs },
  });
  for (let video = 0; video < videos; video++) {
    stream.addVideo({
      created: new Date(Date.UTC(2025, 0, 1) + video * 60_000),
      ...(operation === 'list' ? { downloads: { default: 'ready' } } : { generateMs: 30_000 }),
    });
  }
  const folder = mkdtempSync(join(tmpdir(), 'paced-run-'));
  const never = new AbortController().signal;
  const ignore = () => {};
  const toolkit = { info: ignore, debug: ignore, setSecret: ignore, startGroup: ignore, endGroup: ignore };
  const inputs: Readonly<Record<string, string>> = {
    operation,
    'video-id': 'all',
    type: 'default',
    wait: String(operation === 'create'),
    'signed-url': 'never',
    'account-id': stream.accountId,
    'api-token': stream.token,
    'api-url': cloudflare,
  };
  const problems: string[] = [];
  const note = (message: string | Error) => void problems.push(String(message));
  const exitCode = await run({
    runner: actionsRunner(
      { GITHUB_OUTPUT: 'none', GITHUB_WORKSPACE: folder, RUNNER_TEMP: folder },
      {
        ...toolkit,
        getInput: (name) => inputs[name] ?? '',
        isDebug: () => false,
        warning: ignore,
        error: note,
        setOutput: ignore,
      },
    ),
    clock,
    random: Math.random,
    fetch: async (input, init) => {
      await clock.sleep(latencyMs, never);
      const request = new Request(input, init);
      return clock.fetch(new Request(request.url.replace(cloudflare, stream.apiUrl), request));
    },
    receive: () => Promise.reject(new Error('Nothing is saved')),
    cancelled: never,
  });
  rmSync(folder, { recursive: true });
  if (exitCode !== 0) throw new Error(`The step failed: ${problems.join('\n')}`);
  const leastRequests = Math.ceil(videos / pageSize) + videos * (operation === 'list' ? 1 : 2);
  return {
    requests: stream.requests.length,
    refused: stream.requests.filter(({ status }) => status === 429).length,
    tookMs: clock.now(),
    leastMs: Math.floor((leastRequests - 1) / limit.requests) * limit.windowMs + latencyMs,
  };
}
