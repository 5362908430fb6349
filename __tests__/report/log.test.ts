import { describe, expect, test } from '@jest/globals';
import { Failure } from '../../src/core/failure.ts';
import type { DownloadRecord } from '../../src/core/record.ts';
import { Log } from '../../src/report/log.ts';
import { recordingRunner } from '../harness/recording-runner.ts';
import { VirtualClock } from '../harness/virtual-clock.ts';

const never = new AbortController().signal;
const MB = 1_000_000;

function start({ severalVideos = false } = {}) {
  const clock = new VirtualClock();
  const { runner, commands } = recordingRunner();
  const log = new Log(runner, clock, severalVideos);
  const sleep = (seconds: number) => clock.sleep(seconds * 1000, never);
  return { clock, log, sleep, lines: () => commands.map(({ command, text }) => `${command} ${text}`.trim()) };
}

function ready(videoId: string, type: DownloadRecord['type'] = 'default'): DownloadRecord {
  return { videoId, type, status: 'ready', percentComplete: 100, url: null };
}

describe('the log of a single video', () => {
  test('has its lines at once, without a group', async () => {
    const { log, lines } = start();
    await log.video('v1', async (write) => {
      write('default: inprogress');
      expect(lines()).toEqual(['info default: inprogress']);
      log.notice('v1', 'a retry');
      return [ready('v1')];
    });
    log.notice(undefined, 'a retry of the step');
    expect(lines()).toEqual(['info default: inprogress', 'info a retry', 'info a retry of the step']);
  });
});

describe('the log of several videos', () => {
  test('has a group per video as soon as it is done, with its lines and their times', async () => {
    const { log, lines, sleep } = start({ severalVideos: true });
    const work = (id: string, seconds: number) =>
      log.video(id, async (write) => {
        write(`starts ${id}`);
        await sleep(seconds);
        log.notice(id, `a retry of ${id}`);
        return [ready(id)];
      });
    await Promise.all([work('v1', 20), work('v2', 5)]);
    expect(lines()).toEqual([
      'group 1/2 ✔ v2: default ready',
      'info 0 ms  starts v2',
      'info 5 s  a retry of v2',
      'endgroup',
      'group 2/2 ✔ v1: default ready',
      'info 0 ms  starts v1',
      'info 20 s  a retry of v1',
      'endgroup',
    ]);
  });

  const failure = new Failure('server-error', 'Could not list the downloads');

  test.each<[DownloadRecord[], string]>([
    [[ready('v1'), ready('v1', 'audio')], '✔ v1: default ready, audio ready'],
    [[{ ...ready('v1'), status: 'unknown', failure }], '✘ v1: default failed'],
    [
      [ready('v1'), { ...ready('v1', 'audio'), status: 'error', failure }],
      '✘ v1: default ready, audio error',
    ],
    [[{ ...ready('v1', ''), status: 'none' }], '– v1: none'],
    [[ready('v1'), { ...ready('v1', 'audio'), status: 'none' }], '✔ v1: default ready, audio none'],
    [[{ ...ready('v1'), title: 'Launch "film"' }], '✔ v1 "Launch \\"film\\"": default ready'],
  ])('marks what became of the video, and shows its title and its states: %j', async (records, title) => {
    const { log, lines } = start({ severalVideos: true });
    await log.video('v1', async () => records);
    expect(lines()[0]).toBe(`group 1/1 ${title}`);
  });

  test('has each reason for a failure once, at the end of the group', async () => {
    const { log, lines } = start({ severalVideos: true });
    const records = (['default', 'audio'] as const).map((type) => ({ ...ready('v1', type), failure }));
    await log.video('v1', async (write) => {
      write('a line');
      return records;
    });
    expect(lines().slice(1)).toEqual(['info 0 ms  a line', `info Video v1: ${failure.message}`, 'endgroup']);
  });
});

describe('the log of many videos', () => {
  const failure = new Failure('server-error', 'Could not list the downloads');

  /** Processes videos at the same time, each for as many seconds as its number. */
  function processAll({ log, sleep }: ReturnType<typeof start>, count: number, failing: number) {
    const ids = Array.from({ length: count }, (_, index) => index + 1);
    return Promise.all(
      ids.map((number) =>
        log.video(`v${number}`, async (write) => {
          write('a line');
          if (number === 12) log.excuse(`v${number}`, 'default: the broadcast is still running');
          await sleep(number + 0.5);
          const record = { ...ready(`v${number}`), title: `Film ${number}` };
          if (number === 12) return [{ ...record, status: 'none' }];
          return [number === failing ? { ...record, failure } : record];
        }),
      ),
    );
  }

  test('has a group only for what failed, and a line for what has no download', async () => {
    const started = start({ severalVideos: true });
    await processAll(started, 25, 20);
    const lines = started.lines();
    expect(lines.filter((line) => line.startsWith('group'))).toEqual([
      'group 20/25 ✘ v20 "Film 20": default ready',
    ]);
    expect(lines.filter((line) => line.includes('v12'))).toEqual([
      'info – v12 "Film 12": default: the broadcast is still running',
    ]);
  });

  test('has a line with counts every 30 s, whatever else is logged', async () => {
    const started = start({ severalVideos: true });
    using _silence = started.log.breakSilence();
    await processAll(started, 70, 20);
    expect(started.lines().filter((line) => line.includes('still working'))).toEqual([
      'info still working after 30 s: 29 done, 1 failed, 41 in progress',
      'info still working after 1 min: 59 done, 1 failed, 11 in progress',
    ]);
  });
});

describe('a silence', () => {
  test('is ended every 30 s, with the latest state and how long it lasts', async () => {
    const { log, lines, sleep } = start();
    using _silence = log.breakSilence();
    await log.video('v1', async (write) => {
      await sleep(5);
      write('default: inprogress, 4 %');
      await sleep(70);
      return [ready('v1')];
    });
    expect(lines()).toEqual([
      'info default: inprogress, 4 %',
      'info still working after 35 s: v1: default: inprogress, 4 % (for 30 s)',
      'info still working after 1 min 5 s: v1: default: inprogress, 4 % (for 1 min)',
    ]);
  });

  test('has the reason of a pause until that ends, then the state', async () => {
    const { log, lines, sleep } = start();
    using _silence = log.breakSilence();
    await log.video('v1', async (write) => {
      write('a state');
      log.pause(60_000, 'nothing can be sent');
      await sleep(70);
      return [ready('v1')];
    });
    expect(lines().slice(2)).toEqual([
      'info still working after 30 s: nothing can be sent for another 30 s',
      'info still working after 1 min: v1: a state (for 1 min)',
    ]);
  });

  test.each([
    ['notice', (log: Log) => log.notice('v1', 'a retry')],
    ['warning', (log: Log) => log.warn('It is odd', 'A warning')],
  ])('starts again with every line, and a %s does not change the state', async (_, add) => {
    const { clock, log, lines, sleep } = start();
    using _silence = log.breakSilence();
    await log.video('v1', async (write) => {
      write('a state');
      await sleep(20);
      add(log);
      await sleep(29);
      expect(lines()).toHaveLength(2);
      await sleep(2);
      return [ready('v1')];
    });
    expect(lines().at(-1)).toBe('info still working after 50 s: v1: a state (for 50 s)');
    expect(clock.now()).toBe(51_000);
  });

  test('names three of several videos, and counts the others', async () => {
    const { log, lines, sleep } = start({ severalVideos: true });
    using _silence = log.breakSilence();
    await Promise.all(
      ['v1', 'v2', 'v3', 'v4', 'v5', 'v6'].map((id) =>
        log.video(id, async (write) => {
          if (id !== 'v2') write(`at ${id}`);
          await sleep(id === 'v1' ? 10 : id === 'v2' ? 50 : 95);
          return [ready(id)];
        }),
      ),
    );
    expect(lines().filter((line) => line.startsWith('info still'))).toEqual([
      // The group of v1 was written after 10 s, that of v2 after 50 s.
      'info still working after 40 s: v2: waiting for the first response (for 40 s); v3: at v3 (for 40 s); v4: at v4 (for 40 s); 2 more videos',
      'info still working after 1 min 20 s: v3: at v3 (for 1 min 20 s); v4: at v4 (for 1 min 20 s); v5: at v5 (for 1 min 20 s); 1 more video',
    ]);
  });

  test('has no line after it is disposed of', async () => {
    const { log, lines, sleep } = start();
    log.breakSilence()[Symbol.dispose]();
    await sleep(100);
    expect(lines()).toEqual([]);
  });
});

describe('transfers', () => {
  test('are reported every 10 s, from the start of the first to the end of the last', async () => {
    const { log, lines, sleep } = start();
    await log.openTransfers();
    {
      using audio = log.startTransfer('v1', 'audio');
      audio.progress(10 * MB, 100 * MB);
      await sleep(5);
      {
        using other = log.startTransfer('v1', 'default');
        other.progress(1 * MB, undefined);
        await sleep(10);
      }
      await sleep(10);
    }
    await sleep(100);
    expect(lines()).toEqual([
      expect.stringMatching(/^info saving audio: █░{15} 10 %, .*; default: 1 MB, 200 kB\/s$/),
      expect.stringMatching(/^info saving audio: █░{15} 10 %, 10 MB of 100 MB$/),
    ]);
  });

  test('are named with their video if there can be several', async () => {
    const { log, lines, sleep } = start({ severalVideos: true });
    await log.openTransfers();
    using _transfer = log.startTransfer('v1', 'default');
    await sleep(11);
    expect(lines()).toEqual(['info saving v1 default: 0 bytes']);
  });

  test('are reported again 10 s after the next one starts', async () => {
    const { clock, log, lines, sleep } = start();
    await log.openTransfers();
    for (const type of ['default', 'audio']) {
      using _transfer = log.startTransfer('v1', type);
      await sleep(11);
    }
    expect(lines()).toEqual(['info saving default: 0 bytes', 'info saving audio: 0 bytes']);
    expect(clock.now()).toBe(22_000);
  });

  test('are not reported more often if one follows another at once', async () => {
    const { log, lines, sleep } = start();
    await log.openTransfers();
    for (let index = 0; index < 30; index++) {
      const transfer = log.startTransfer('v1', `${index}`);
      await sleep(1);
      using _next = log.startTransfer('v1', 'next');
      transfer[Symbol.dispose]();
    }
    expect(lines().length).toBeLessThanOrEqual(3);
  });

  test('end a silence', async () => {
    const { log, lines, sleep } = start();
    await log.openTransfers();
    using _silence = log.breakSilence();
    await log.video('v1', async () => {
      using _transfer = log.startTransfer('v1', 'default');
      await sleep(95);
      return [ready('v1')];
    });
    expect(lines()).toHaveLength(9);
    expect(lines().join()).not.toContain('still working');
  });
});

test('warnings are written once, and as lines of the log after as many as GitHub shows', () => {
  const { log, lines } = start();
  for (let index = 1; index <= 12; index++) {
    log.warn(`odd ${index}`, 'A warning');
    log.warn(`odd ${index}`, 'A warning');
  }
  expect(lines()).toEqual([
    ...Array.from({ length: 10 }, (_, index) => `warning odd ${index + 1}`),
    'info A warning: odd 11',
    'info A warning: odd 12',
  ]);
});
