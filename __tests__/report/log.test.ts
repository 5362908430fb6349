import { describe, expect, test } from '@jest/globals';
import { Failure } from '../../src/failure.ts';
import { type DownloadRecord, newRecord, type VideoRecords } from '../../src/record.ts';
import { Log } from '../../src/report/log.ts';
import { recordingRunner } from '../harness/recording-runner.ts';
import { VirtualClock } from '../harness/virtual-clock.ts';

const never = new AbortController().signal;

function start() {
  const clock = new VirtualClock();
  const { runner, told } = recordingRunner();
  const log = new Log(runner, clock);
  const sleep = (seconds: number) => clock.sleep(seconds * 1000, never);
  return { clock, log, sleep, lines: () => told.map(({ command, text }) => `${command} ${text}`.trim()) };
}

function video(id: string, ...records: readonly DownloadRecord[]): VideoRecords {
  return { id, records };
}

function ready(id: string): DownloadRecord {
  return { ...newRecord(id, 'default'), status: 'ready' };
}

describe('the log of a single video', () => {
  test('has its lines at once and as they are, without a group', async () => {
    const { log, lines } = start();
    await log.video(video('v1', ready('v1')), 1, async (tell) => {
      tell('default: inprogress');
      expect(lines()).toEqual(['info default: inprogress']);
      tell('default: ready');
    });
    expect(lines()).toEqual(['info default: inprogress', 'info default: ready']);
  });
});

describe('the log of a batch', () => {
  test('has a group for each video as soon as it is done, with its lines and when they were told', async () => {
    const { log, lines, sleep } = start();
    const work = (id: string, seconds: number) =>
      log.video(video(id, ready(id)), 2, async (tell) => {
        tell(`begins ${id}`);
        await sleep(seconds);
        tell(`ends ${id}`);
      });
    await Promise.all([work('v1', 20), work('v2', 5)]);
    expect(lines()).toEqual([
      'group 1/2 ✔ v2: default ready',
      'info 0 ms  begins v2',
      'info 5 s  ends v2',
      'endgroup',
      'group 2/2 ✔ v1: default ready',
      'info 0 ms  begins v1',
      'info 20 s  ends v1',
      'endgroup',
    ]);
  });

  test('marks a video that failed, and tells why at the end of its group, each reason once', async () => {
    const { log, lines } = start();
    const failure = new Failure('video-not-found', 'The account has no such video');
    const records = (['default', 'audio'] as const).map((type) => ({ ...newRecord('v1', type), failure }));
    await log.video(video('v1', ...records), 2, async (tell) => tell('looked up'));
    expect(lines()).toEqual([
      expect.stringMatching(/^group \d\/2 ✘ v1: default failed, audio failed$/),
      'info 0 ms  looked up',
      `info Video v1: ${failure.message}`,
      'endgroup',
    ]);
  });

  test('marks a video as failed where one of its types did', async () => {
    const { log, lines } = start();
    const failure = new Failure('download-error', 'It is in status error');
    const records = [
      ready('v1'),
      { ...newRecord('v1', 'audio' as const), status: 'error' as const, failure },
    ];
    await log.video(video('v1', ...records), 2, async () => {});
    expect(lines()[0]).toMatch(/^group \d\/2 ✘ v1: default ready, audio error$/);
  });

  test('tells the state alone of a video without a type', async () => {
    const { log, lines } = start();
    await log.video(video('v1', { ...newRecord('v1', ''), status: 'none' }), 2, async () => {});
    expect(lines()[0]).toMatch(/^group \d\/2 ✔ v1: none$/);
  });
});

describe('a silence', () => {
  test('is broken every 30 s, with what was told last and for how long it goes on', async () => {
    const { log, lines, sleep } = start();
    using _silence = log.breakSilence();
    await log.video(video('v1', ready('v1')), 1, async (tell) => {
      tell('default: inprogress, 4 %');
      await sleep(100);
    });
    expect(lines()).toEqual([
      'info default: inprogress, 4 %',
      'info still at work after 30 s: v1: default: inprogress, 4 % (for 30 s)',
      'info still at work after 1 min: v1: default: inprogress, 4 % (for 1 min)',
      'info still at work after 1 min 30 s: v1: default: inprogress, 4 % (for 1 min 30 s)',
    ]);
  });

  test('begins anew with every line', async () => {
    const { clock, log, lines, sleep } = start();
    using _silence = log.breakSilence();
    await log.video(video('v1', ready('v1')), 1, async (tell) => {
      await sleep(20);
      tell('a line');
      await sleep(29);
      expect(lines()).toHaveLength(1);
      await sleep(2);
    });
    expect(lines()).toEqual(['info a line', 'info still at work after 50 s: v1: a line (for 30 s)']);
    expect(clock.now()).toBe(51_000);
  });

  test('names three videos of a batch, and counts the rest', async () => {
    const { log, lines, sleep } = start();
    using _silence = log.breakSilence();
    const ids = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6'];
    await Promise.all(
      ids.map((id) =>
        log.video(video(id, ready(id)), ids.length, async (tell) => {
          if (id !== 'v2') tell(`at ${id}`);
          await sleep(id === 'v1' ? 10 : id === 'v2' ? 50 : 95);
          tell('done');
        }),
      ),
    );
    const broken = lines().filter((line) => line.startsWith('info still'));
    expect(broken).toEqual([
      // The group of the first video was written after 10 s, that of the second after 50 s.
      'info still at work after 40 s: v2: waiting for the first answer (for 40 s); v3: at v3 (for 40 s); v4: at v4 (for 40 s); 2 more videos',
      'info still at work after 1 min 20 s: v3: at v3 (for 1 min 20 s); v4: at v4 (for 1 min 20 s); v5: at v5 (for 1 min 20 s); 1 more video',
    ]);
  });

  test('is not broken any more once the work is done', async () => {
    const { log, lines, sleep } = start();
    log.breakSilence()[Symbol.dispose]();
    await sleep(100);
    expect(lines()).toEqual([]);
  });
});
