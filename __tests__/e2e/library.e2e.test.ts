import { describe, expect, jest, test } from '@jest/globals';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import { runBuiltAction } from '../harness/built-action.ts';
import type { StepRecord } from '../harness/check-step.ts';
import { openTemporaryFolder } from '../harness/temporary-folder.ts';
import { addVideos, idsOf, ready } from '../harness/videos.ts';
import { waitUntil } from '../harness/wait-until.ts';

// The tests of a file run concurrently, each with its own process, which is slow on a busy machine.
jest.setTimeout(30_000);

const unlimited = { requests: 1e6, windowMs: 300_000, blockMs: 1 };

/** Runs steps in one workspace with one RUNNER_TEMP, in which their results files stay. */
function openJob(stream: LocalStream) {
  const folder = openTemporaryFolder();
  return {
    folder,
    run: (
      inputs: Readonly<Record<string, string>>,
      signal?: Parameters<typeof runBuiltAction>[1]['signal'],
    ) =>
      runBuiltAction(stream, {
        inputs: { 'video-id': 'all', ...inputs },
        env: { RUNNER_TEMP: folder.path },
        workspace: folder.path,
        ...(signal && { signal }),
      }),
    /** The records in a results file. */
    recordsOf: ({ outputs }: { outputs: Readonly<Record<string, string>> }): StepRecord[] => {
      const name = outputs['results-file']?.split('/').at(-1) ?? '';
      return JSON.parse(folder.read(name).toString()).downloads;
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

describe('the built action, for all videos', () => {
  test.concurrent('plans a matrix, saves its shards, and finds nothing left to do', async () => {
    await using stream = await startLocalStream();
    const ids = addVideos(stream, 12, { ...ready, sizeBytes: 3e9, durationSeconds: 3000 });
    using job = openJob(stream);
    const plan = { operation: 'list', type: 'default', 'dry-run': 'true', 'resume-from': 'state/*.json' };
    const planned = await job.run(plan);
    expect(planned.exitCode).toBe(0);
    expect(stream.requests.map(({ method, route }) => `${method} ${route}`)).toEqual(
      Array(2).fill('GET videos.list'),
    );
    const { include } = JSON.parse(planned.outputs['matrix'] ?? '');
    expect(include.length).toBeGreaterThan(2);

    const save = { 'save-to': 'media/{id}.{ext}' };
    const shards = await Promise.all(
      include.map(({ shard }: { shard: string }) => job.run({ ...save, shard })),
    );
    expect(shards.map(({ exitCode }) => exitCode)).toEqual(include.map(() => 0));
    expect(shards.flatMap((shard) => idsOf(job.recordsOf(shard))).toSorted()).toEqual(ids.toSorted());
    const again = await job.run({ ...plan, 'resume-from': '*.json' });
    expect([again.exitCode, again.outputs['matrix']]).toEqual([0, '{"include":[]}']);
    expect(again.log.join('\n')).toContain('12 carried over');
  });

  test.concurrent('is cancelled amid 1,000 videos, and a run that resumes repeats nothing', async () => {
    await using stream = await startLocalStream({ rateLimit: unlimited });
    const ids = addVideos(stream, 1000, ready);
    using job = openJob(stream);
    const save = { operation: 'list', type: 'default', 'save-to': 'media/{id}.{ext}' };
    const transfers = () => stream.requests.filter(({ route }) => route === 'delivery.get').length;
    const first = await job.run(save, { name: 'SIGTERM', when: waitUntil(() => transfers() > 60) });
    expect(first.exitCode).toBe(1);
    expect(first.endingMs).toBeLessThan(first.promptMs);
    const done = job.recordsOf(first).filter(({ error }) => !error);
    expect(done.length).toBeGreaterThanOrEqual(30);
    expect(done.length).toBeLessThan(1000);
    // No partial file is left.
    const saved = done.map(({ file }) => file).toSorted();
    expect(job.folder.entries().filter((entry) => entry.startsWith('media/'))).toEqual(saved);
    expect(first.annotations).toHaveLength(10);
    expect(first.log.filter((line) => line.includes('Warning:'))).toEqual([]);

    stream.requests.length = 0;
    const second = await job.run({
      ...save,
      limit: '60',
      'resume-from': first.outputs['results-file'] ?? '',
    });
    expect(second.exitCode).toBe(0);
    const records = job.recordsOf(second);
    expect(idsOf(records)).toEqual(ids.slice(0, 60));
    const before = new Set(idsOf(done));
    expect(records.every(({ resumed, videoId }) => Boolean(resumed) === before.has(videoId))).toBe(true);
    expect(stream.requests.filter(({ path }) => done.some(({ videoId }) => path.includes(videoId)))).toEqual(
      [],
    );
  });

  test.concurrent('creates and waits in a large batch, and previews a deletion', async () => {
    await using stream = await startLocalStream({ rateLimit: unlimited });
    addVideos(stream, 60, { generateMs: 300 });
    using job = openJob(stream);
    const created = await job.run({ wait: 'true', concurrency: '8', 'poll-interval': '1s' });
    expect([created.exitCode, created.outputs['count'], created.outputs['failed']]).toEqual([0, '60', '0']);
    stream.requests.length = 0;
    const preview = await job.run({ operation: 'delete', type: 'default', 'dry-run': 'true' });
    expect(preview.exitCode).toBe(0);
    expect(job.recordsOf(preview).every(({ planned }) => planned?.join() === 'delete')).toBe(true);
    expect(stream.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });
});
