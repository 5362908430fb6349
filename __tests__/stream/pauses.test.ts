import { describe, expect, test } from '@jest/globals';
import { rateLimited } from '../../local-stream/faults.ts';
import { Stage } from '../harness/stage.ts';
import { both } from '../harness/videos.ts';

const pause = /^pausing for \d.*: the rate limit of the API allows no request$/;

describe('a pause for the rate limit is in the log, with its length', () => {
  test('once, if the headers of responses ask for it', async () => {
    await using stage = await Stage.open({
      rateLimit: { requests: 4, windowMs: 60_000, blockMs: 300_000 },
      inputs: { concurrency: '1' },
    });
    const ids = Array.from({ length: 6 }, () => stage.stream.addVideo(both).uid);
    const step = await stage.run({ operation: 'list', 'video-id': ids.join() });
    expect(step.exitCode).toBe(0);
    const shown = step.log.filter((line) => pause.test(line));
    expect(shown.length).toBeGreaterThanOrEqual(1);
    expect(shown.length).toBeLessThanOrEqual(1 + step.tookMs / 30_000);
    expect(stage.stream.requests.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(step.log.join('\n')).not.toContain('waiting for a response');
  });

  test('while it lasts, in place of what the videos wait for', async () => {
    await using stage = await Stage.open();
    const ids = Array.from({ length: 3 }, () => stage.stream.addVideo(both).uid);
    stage.stream.faults.add({ route: 'any', fault: rateLimited(90), times: 1 });
    const step = await stage.run({ operation: 'list', 'video-id': ids.join(), concurrency: '1' });
    expect(step.exitCode).toBe(0);
    expect(step.log.filter((line) => pause.test(line))).toEqual([
      'pausing for 1 min 30 s: the rate limit of the API allows no request',
    ]);
    expect(step.log).toContain(
      'still working after 30 s: 0 of 3 done; the rate limit of the API allows no request for another 1 min',
    );
    expect(step.log.join('\n')).not.toContain('waiting for a response');
  });
});

test('requests that the rate limit has room for are not delayed', async () => {
  await using stage = await Stage.open({
    rateLimit: { requests: 50, windowMs: 60_000, blockMs: 300_000 },
    inputs: { concurrency: '1' },
  });
  // The other four requests are left to others.
  const ids = Array.from({ length: 46 }, () => stage.stream.addVideo(both).uid);
  const step = await stage.run({ operation: 'list', 'video-id': ids.join() });
  expect(step.exitCode).toBe(0);
  expect(step.tookMs).toBe(0);
  expect(step.log.filter((line) => line.includes('rate limit'))).toEqual([]);
});
