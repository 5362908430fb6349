import { readFileSync } from 'node:fs';
import { describe, expect, jest, test } from '@jest/globals';
import { startLocalGitHub } from '../../local-github/server.ts';
import { runAction } from '../../local-runner/run-action.ts';
import type { Fault } from '../../local-stream/faults.ts';
import {
  endlessHeaders,
  flood,
  gzipBomb,
  interimResponses,
  oversized,
} from '../../local-stream/hostile-faults.ts';
import { startLocalStream } from '../../local-stream/server.ts';
import { runBuiltAction } from '../harness/built-action.ts';
import { always } from '../harness/responses.ts';
import { gitHubVariables } from '../harness/stage.ts';
import { unknownIds } from '../harness/videos.ts';

jest.setTimeout(60_000);

/** What a step may need beyond its timeout to start and to end, in ms, on a busy machine. */
const startAndEndMs = 4000;

const mebibyte = 1024 * 1024;

/** The most memory that a process had so far, in bytes; 0 once it has ended. */
function peakMemoryBytes(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

describe('a step ends in time, with its outputs written and little memory, although the API', () => {
  test.each<[what: string, fault: Fault]>([
    ['sends bombs that decode to 10 GiB', gzipBomb()],
    ['sends bombs that never end', gzipBomb(Number.POSITIVE_INFINITY)],
    ['sends bodies that never end', flood()],
    ['sends interim responses that never end', interimResponses()],
    ['sends headers that never end', endlessHeaders()],
    ['sends headers slowly', endlessHeaders(100)],
    ['sends bodies a byte at a time', { kind: 'drip', bytes: 1, everyMs: 100 }],
    ['sends URLs of 8 MB', oversized('url', 8_000_000)],
  ])('%s', async (_, fault) => {
    await using stream = await startLocalStream();
    stream.faults.add({ route: 'any', fault, times: always });
    const { uid } = stream.addVideo({ downloads: { default: 'ready' } });
    let peakBytes = 0;
    let timer: NodeJS.Timeout | undefined;
    const startMs = performance.now();
    const { exitCode, log, outputs } = await runAction({
      inputs: {
        'account-id': stream.accountId,
        'api-token': stream.token,
        'api-url': stream.apiUrl,
        operation: 'list',
        'video-id': [uid, ...unknownIds(31)].join(),
        concurrency: '32',
        wait: 'true',
        timeout: '1s',
      },
      onStart: ({ pid }) => {
        timer = setInterval(() => {
          peakBytes = Math.max(peakBytes, peakMemoryBytes(pid));
        }, 20);
      },
    });
    clearInterval(timer);
    expect(performance.now() - startMs).toBeLessThan(1000 + startAndEndMs);
    expect([exitCode, outputs['count']]).toEqual([1, '32']);
    expect(JSON.parse(outputs['downloads'] ?? '')).toHaveLength(32);
    expect(log.some((line) => line.startsWith('::error'))).toBe(true);
    expect(peakBytes).toBeLessThan(250 * mebibyte);
  });
});

test.each([
  ['lists', '[]'],
  ['objects', '{}'],
  ['numbers', '1'],
])(
  'a response of GitHub with millions of %s does not stop the step from ending in time',
  async (_, value) => {
    await using stream = await startLocalStream();
    await using github = await startLocalGitHub();
    const { uid } = stream.addVideo({ downloads: { default: 'ready' } });
    const body = `{"assets":[${`${value},`.repeat(8 * mebibyte)}1]}`;
    const fault = { kind: 'status', status: 200, contentType: 'application/json', body } as const;
    github.faults.add({ route: 'any', fault, times: always });
    const startMs = performance.now();
    const { annotations, exitCode, outputs } = await runBuiltAction(stream, {
      inputs: { 'video-id': uid, 'release-tag': 'v1', timeout: '2s' },
      env: gitHubVariables(github),
      gitHubToken: github.token,
    });
    expect(performance.now() - startMs).toBeLessThan(2000 + startAndEndMs);
    expect([exitCode, outputs['count'], annotations.length]).toEqual([1, '1', 1]);
  },
);

describe('without a file for outputs', () => {
  test('a step fails before any request and says why; outputs are never printed', async () => {
    await using stream = await startLocalStream();
    const { uid } = stream.addVideo({ downloads: { default: 'ready' } });
    const { annotations, exitCode, log } = await runBuiltAction(stream, {
      inputs: { 'video-id': uid },
      env: { GITHUB_OUTPUT: '' },
    });
    expect(exitCode).toBe(1);
    expect(annotations).toEqual([
      expect.stringContaining(
        'The outputs could not be written: the environment variable GITHUB_OUTPUT is empty',
      ),
    ]);
    expect(log.join('\n')).not.toContain('set-output');
    expect(stream.requests).toEqual([]);
  });
});
