import { describe, expect, test } from '@jest/globals';
import { Failure } from '../../src/core/failure.ts';
import { type DownloadRecord, newRecord, type VideoRecords } from '../../src/core/record.ts';
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

/** A terminal that keeps what it is told, as lines among those of the log. */
function withTerminal() {
  const clock = new VirtualClock();
  const { runner, told } = recordingRunner();
  const drawn: string[] = [];
  const log = new Log(
    {
      ...runner,
      info: (line) => {
        drawn.push(`info ${line}`);
        runner.info(line);
      },
    },
    clock,
    { draw: (lines) => void drawn.push(lines), clear: () => void drawn.push('clear') },
  );
  return { clock, drawn, log, sleep: (seconds: number) => clock.sleep(seconds * 1000, never), told };
}

describe('files in transfer', () => {
  const MB = 1_000_000;

  test('are told of every 10 s, from the first one’s beginning to the last one’s end', async () => {
    const { log, lines, sleep } = start();
    {
      using a = log.transfer('a');
      a.progress(10 * MB, 100 * MB);
      await sleep(5);
      {
        using b = log.transfer('b');
        b.progress(1 * MB, undefined);
        await sleep(10);
      }
      await sleep(10);
    }
    await sleep(100);
    expect(lines()).toEqual([
      'info saving a: 10 MB of 100 MB, 10 %, 1 MB/s, about 1 min 30 s left; b: 1 MB, 200 kB/s',
      'info saving a: 10 MB of 100 MB, 10 %',
    ]);
  });

  test('are told of anew when there are some again, 10 s after that', async () => {
    const { clock, log, lines, sleep } = start();
    for (const label of ['a', 'b']) {
      using _shown = log.transfer(label);
      await sleep(11);
    }
    expect(lines()).toEqual(['info saving a: 0 bytes', 'info saving b: 0 bytes']);
    expect(clock.now()).toBe(22_000);
  });

  test('are told of no more often where one follows the other at once', async () => {
    const { log, lines, sleep } = start();
    for (let index = 0; index < 30; index++) {
      const shown = log.transfer(`a${index}`);
      await sleep(1);
      using _next = log.transfer('next');
      shown[Symbol.dispose]();
    }
    expect(lines().length).toBeLessThanOrEqual(3);
  });

  test('break the silence', async () => {
    const { log, lines, sleep } = start();
    using _silence = log.breakSilence();
    await log.video(video('v1', ready('v1')), 1, async () => {
      using _shown = log.transfer('default');
      await sleep(95);
    });
    expect(lines()).toHaveLength(9);
    expect(lines().join()).not.toContain('still at work');
  });

  test('are drawn anew five times a second in a terminal, and taken away before a line and at the end', async () => {
    const { drawn, log, sleep, told } = withTerminal();
    {
      using shown = log.transfer('default');
      shown.progress(50, 100);
      await sleep(0.5);
      log.info('a line');
      await sleep(0.2);
      shown.progress(100, 100);
      await sleep(0.2);
    }
    await sleep(10);
    const half = `${'█'.repeat(8)}${'░'.repeat(8)} default: 50 bytes of 100 bytes, 50 %`;
    expect(drawn.map((one) => one.replace(/, [\d.]+ (k?B|bytes)\/s.*/, ''))).toEqual([
      half,
      half,
      'clear',
      'info a line',
      half,
      `${'█'.repeat(16)} default: 100 bytes of 100 bytes, 100 %`,
      'clear',
    ]);
    // Bars are no lines of the log.
    expect(told.map(({ text }) => text)).toEqual(['a line']);
  });

  test('are taken away in a terminal before a group and a warning too', async () => {
    const { drawn, log, sleep, told } = withTerminal();
    using _shown = log.transfer('default');
    await sleep(0.3);
    expect(drawn.at(-1)).toMatch(/^░{16} default/);
    log.warn('odd', 'A warning');
    expect(drawn.at(-1)).toBe('clear');
    await sleep(0.3);
    expect(drawn.at(-1)).toMatch(/^░{16} default/);
    await log.video(video('v1', ready('v1')), 2, async () => {});
    expect(told.at(-1)).toMatchObject({ command: 'endgroup' });
    expect(drawn.at(-1)).toBe('clear');
  });
});

describe('a warning', () => {
  test('is one at the run, as long as GitHub shows it, and a line of the log after that', () => {
    const clock = new VirtualClock();
    const { runner, told } = recordingRunner();
    const log = new Log(runner, clock);
    for (let index = 1; index <= 12; index++) log.warn(`odd ${index}`, 'A warning');
    expect(told.map(({ command, name, text }) => [command, name, text])).toEqual([
      ...Array.from({ length: 10 }, (_, index) => ['warning', 'A warning', `odd ${index + 1}`]),
      ['info', undefined, 'A warning: odd 11'],
      ['info', undefined, 'A warning: odd 12'],
    ]);
  });
});
