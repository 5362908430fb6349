import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, jest, test } from '@jest/globals';
import { rateLimited } from '../../local-stream/faults.ts';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import { requested, runBuiltAction } from '../harness/built-action.ts';

// The tests of a file run concurrently, each with its own process, which is slow on a busy machine.
jest.setTimeout(30_000);

interface Phase {
  readonly phase: string;
  /** Prepares the video, and returns its ID and the moment at which the step is in the phase. */
  readonly prepare: (stream: LocalStream) => {
    readonly uid: string;
    readonly when: string | Promise<unknown>;
  };
  readonly inputs?: Readonly<Record<string, string>>;
  readonly status: string;
}

const phases: readonly Phase[] = [
  {
    phase: 'the video is processed',
    prepare: (stream) => ({
      ...stream.addVideo({ phases: { encodeMs: Infinity } }),
      when: ' · encoding ',
    }),
    status: 'none',
  },
  {
    phase: 'the download is generated',
    prepare: (stream) => ({
      ...stream.addVideo({ generateMs: 3_600_000, progress: () => 42 }),
      when: 'generating the MP4',
    }),
    status: 'inprogress',
  },
  {
    phase: 'a request hangs',
    prepare: (stream) => {
      stream.faults.add({ route: 'downloads.create', fault: { kind: 'stall' } });
      return { ...stream.addVideo(), when: requested(stream, 'downloads.create') };
    },
    status: 'failed',
  },
  {
    phase: 'it pauses before a retry',
    prepare: (stream) => {
      stream.faults.add({ route: 'any', times: Infinity, fault: rateLimited(300) });
      return { ...stream.addVideo(), when: 'next attempt in 5 min' };
    },
    status: 'failed',
  },
];

describe.each(['SIGINT', 'SIGTERM'] as const)('the built action, on %s', (name) => {
  test.concurrent.each(phases)(
    'ends within a second, fails and writes its outputs while $phase',
    async ({ prepare, status }) => {
      await using stream = await startLocalStream();
      const { uid, when } = prepare(stream);
      const { annotations, endingMs, exitCode, outputs, promptMs } = await runBuiltAction(stream, {
        inputs: { 'video-id': uid, wait: 'true' },
        signal: { name, when },
      });
      expect(exitCode).toBe(1);
      expect(endingMs).toBeLessThan(promptMs);
      expect(outputs).toMatchObject({ status, 'video-id': uid, type: 'default', count: '1', failed: '1' });
      expect(JSON.parse(outputs['downloads'] ?? '')).toMatchObject([
        { videoId: uid, status, error: { message: expect.stringContaining(`cancelled (${name})`) } },
      ]);
      expect(annotations).toHaveLength(1);
    },
  );
});

describe('the built action, cancelled', () => {
  test.concurrent('keeps the last percentage and URL', async () => {
    await using stream = await startLocalStream();
    const { uid } = stream.addVideo({ generateMs: 3_600_000, progress: () => 42 });
    const { outputs } = await runBuiltAction(stream, {
      inputs: { 'video-id': uid, wait: 'true' },
      signal: { name: 'SIGINT', when: 'generating the MP4' },
    });
    expect(outputs).toMatchObject({
      'percent-complete': '42',
      'download-url': `${stream.deliveryUrl}/${uid}/downloads/default.mp4`,
    });
  });
});

describe('a response that stalls, even with the garbage collector running all the time', () => {
  /** Runs the garbage collector every 100 ms: it once removed the signal that should have ended the attempt. */
  const collecting = {
    NODE_OPTIONS: `--expose-gc --import data:text/javascript,${encodeURIComponent('setInterval(gc, 100).unref()')}`,
  };

  test.concurrent('does not outlast the time limit', async () => {
    await using stream = await startLocalStream();
    const { uid } = stream.addVideo();
    stream.faults.add({ route: 'any', times: Number.POSITIVE_INFINITY, fault: { kind: 'stall' } });
    const { annotations, exitCode, outputs } = await runBuiltAction(stream, {
      inputs: { 'video-id': uid, timeout: '2' },
      env: collecting,
    });
    expect(exitCode).toBe(1);
    expect(annotations).toEqual([expect.stringContaining('time limit of 2 s')]);
    expect(outputs).toMatchObject({ status: 'failed', failed: '1' });
  });

  test.concurrent('does not outlast a cancellation', async () => {
    await using stream = await startLocalStream();
    const { uid } = stream.addVideo();
    stream.faults.add({ route: 'any', times: Number.POSITIVE_INFINITY, fault: { kind: 'stall' } });
    const { endingMs, exitCode, outputs, promptMs } = await runBuiltAction(stream, {
      inputs: { 'video-id': uid },
      env: collecting,
      signal: { name: 'SIGINT', when: requested(stream, 'downloads.create').then(() => pause(1000)) },
    });
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'failed', failed: '1' });
    expect(endingMs).toBeLessThan(promptMs);
  });
});
