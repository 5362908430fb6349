import type { ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, jest, test } from '@jest/globals';
import { runAction } from '../../local-runner/run-action.ts';
import { startLocalStream } from '../../local-stream/server.ts';
import { openTemporaryFolder } from '../harness/temporary-folder.ts';
import { waitUntil } from '../harness/wait-until.ts';

// Each test processes thousands of videos.
jest.setTimeout(60_000);

const videoCount = 1500;

/**
 * Runs a step with a log of many times what a pipe holds.
 *
 * @param read reads the log, which waits otherwise; `written` resolves once the step has written its outputs
 */
async function runWithLongLog(read: (child: ChildProcess, written: Promise<void>) => unknown) {
  await using stream = await startLocalStream({
    rateLimit: { requests: Number.POSITIVE_INFINITY, windowMs: 300_000, blockMs: 0 },
  });
  const ids = Array.from(
    { length: videoCount },
    () => stream.addVideo({ downloads: { default: 'ready', audio: 'ready' } }).uid,
  );
  using folder = openTemporaryFolder();
  const outputFile = join(folder.path, 'output');
  writeFileSync(outputFile, '');
  const outputs = () => readFileSync(outputFile, 'utf8');
  const { exitCode, log } = await runAction({
    inputs: {
      operation: 'list',
      'video-id': ids.join('\n'),
      'account-id': stream.accountId,
      'api-token': stream.token,
      'api-url': stream.apiUrl,
      'signed-url': 'never',
      concurrency: '32',
      filename: 'n'.repeat(100),
    },
    env: { GITHUB_OUTPUT: outputFile, RUNNER_DEBUG: '1' },
    onStart: (child) => {
      // Once the local runner reads it, and before it contains anything.
      setImmediate(() => child.stdout?.pause());
      read(
        child,
        waitUntil(() => outputs().includes('failed<<')),
      );
    },
  });
  return { exitCode, log, ids, outputs: outputs() };
}

/** Reads the log, with a pause after every 100 kB. */
function readSlowly({ stdout }: ChildProcess): void {
  let bytes = 0;
  stdout?.on('data', ({ length }: Buffer) => {
    bytes += length;
    if (bytes < 100_000) return;
    bytes = 0;
    stdout.pause();
    setTimeout(() => stdout.resume(), 100);
  });
  stdout?.resume();
}

const completeOutputs = /^count<<.*\n3000\n[\s\S]*^failed<<.*\n0\n/m;

test.concurrent.each([undefined, 'SIGTERM'] as const)(
  'no line of the log is lost, however late and slowly it is read (signal: %s)',
  async (signal) => {
    const { exitCode, ids, log, outputs } = await runWithLongLog(async (child, written) => {
      await written;
      await pause(1000);
      if (signal) child.kill(signal);
      readSlowly(child);
    });
    expect(exitCode).toBe(0);
    expect(outputs).toMatch(completeOutputs);
    const text = log.join('\n');
    expect(text.length).toBeGreaterThan(250_000);
    expect(log.at(-1)).toMatch(/^::warning title=Too many records/);
    // The debug log has each request.
    expect(ids.filter((id) => !text.includes(`/${id}/downloads: 200`))).toEqual([]);
  },
);

test.concurrent('a step ends as usual if nobody reads its log any more', async () => {
  const { exitCode, outputs } = await runWithLongLog((child) => child.stdout?.destroy());
  expect(exitCode).toBe(0);
  expect(outputs).toMatch(completeOutputs);
});
