import { describe, expect, test } from '@jest/globals';
import { Failure } from '../../src/core/failure.ts';
import type { DownloadRecord } from '../../src/core/record.ts';
import { Log } from '../../src/report/log.ts';
import { Timeline } from '../../src/report/timeline.ts';
import { recordingRunner } from '../harness/recording-runner.ts';
import { VirtualClock } from '../harness/virtual-clock.ts';

const never = new AbortController().signal;
const MB = 1_000_000;

interface StartOptions {
  readonly severalVideos?: boolean;
  readonly total?: number;
}

async function start({ severalVideos = false, total }: StartOptions = {}) {
  const clock = new VirtualClock();
  const { runner, commands } = recordingRunner();
  const timeline = new Timeline(clock);
  const log = new Log(runner, clock, timeline);
  if (severalVideos) await log.openBatch(total);
  const sleep = (seconds: number) => clock.sleep(seconds * 1000, never);
  const lines = () => commands.map(({ command, text }) => `${command} ${text}`.trim());
  return { clock, log, sleep, timeline, lines };
}

const named = (id: string, title?: string) => ({ id, title: () => title });

function ready(videoId: string, type: DownloadRecord['type'] = 'default'): DownloadRecord {
  return { videoId, type, status: 'ready', percentComplete: 100, url: null };
}

describe('the log of a single video', () => {
  test('has its lines at once, with the ID until the title is known', async () => {
    const { log, lines } = await start();
    let title: string | undefined;
    await log.video({ id: 'ea95bca0', title: () => title }, async (write) => {
      write('waiting to be encoded');
      expect(lines()).toEqual(['info ea95bca0 · waiting to be encoded']);
      title = 'Launch film';
      write('encoding 42 %');
      log.excuse('ea95bca0', 'default', 'its broadcast is still running');
      return [ready('ea95bca0')];
    });
    expect(lines().slice(1)).toEqual([
      'info "Launch film" (ea95…) · encoding 42 %',
      'info "Launch film" (ea95…) · no MP4: its broadcast is still running',
    ]);
  });

  test('has a line for each retry, with its service, its reason and how long that lasts', async () => {
    const { log, lines, sleep } = await start();
    const service = log.observe('GitHub', 'v1');
    await log.video(named('v1'), async () => {
      service.retrying('Could not list the assets: HTTP 502', 1000, true);
      await sleep(3);
      service.retrying('Could not list the assets: HTTP 502', 4000, false);
      service.succeeded();
      service.retrying('Could not upload: HTTP 500', 1000, true);
      return [ready('v1')];
    });
    expect(lines()).toEqual([
      'info v1 · GitHub: Could not list the assets: HTTP 502; next attempt in 1 s',
      'info v1 · GitHub: Could not list the assets: HTTP 502; failing for 3 s, next attempt in 4 s',
      'info v1 · GitHub: Could not upload: HTTP 500; next attempt in 1 s',
    ]);
    expect(log.retryCount).toBe(3);
  });
});

describe('the log of several videos', () => {
  test('has a group per video as soon as it is done, with its lines, their times and its result', async () => {
    const { log, lines, sleep } = await start({ severalVideos: true, total: 3 });
    const work = (id: string, title: string, seconds: number) =>
      log.video(named(id, title), async (write) => {
        write(`starts ${id}`);
        await sleep(seconds);
        write(`ends ${id}`);
        return [{ ...ready(id), file: 'a.mp4', sizeBytes: 48_200_000 }];
      });
    log.skipVideo();
    await Promise.all([work('v1', 'Launch film', 20), work('v2', 'Intro', 5)]);
    expect(lines()).toEqual([
      'group ✔ Intro: MP4 saved, 48.2 MB (2 of 3 done)',
      'info +0 ms  starts v2',
      'info +5 s  ends v2',
      'endgroup',
      'group ✔ Launch film: MP4 saved, 48.2 MB (3 of 3 done)',
      'info +0 ms  starts v1',
      'info +20 s  ends v1',
      'endgroup',
    ]);
  });

  const failure = new Failure('server-error', 'Could not list the downloads');

  // Without any line, there is nothing to unfold.
  test.each<[DownloadRecord[], string]>([
    [[ready('v1'), ready('v1', 'audio')], '✔ v1: MP4 ready; M4A ready'],
    [[{ ...ready('v1'), status: 'unknown', failure }], '✘ v1: A server failed to handle the request'],
    [[{ ...ready('v1', ''), status: 'none' }], '– v1: no downloads'],
    [[{ ...ready('v1'), status: 'error' }], '⚠ v1: MP4 in status error'],
    [[{ ...ready('v1'), status: 'none', planned: ['create'] }], '✔ v1: no MP4 (to do: create)'],
    [[ready('v1'), { ...ready('v1', 'audio'), status: 'none' }], '✔ v1: MP4 ready; no M4A'],
  ])('marks what became of the video: %j', async (records, title) => {
    const { log, lines } = await start({ severalVideos: true });
    await log.video(named('v1'), async () => records);
    expect(lines()).toEqual([`info ${title} (1 done)`]);
  });

  test('has no text of a failure, which is an annotation at the end', async () => {
    const { log, lines } = await start({ severalVideos: true });
    await log.video(named('v1'), async () => [{ ...ready('v1'), failure }]);
    expect(lines().join()).not.toContain(failure.what);
  });

  test('has a line about an outage while it lasts, at most every 30 s for each service', async () => {
    const { log, lines, sleep } = await start({ severalVideos: true });
    const cloudflare = log.observe('the API', 'v1');
    await log.video(named('v1'), async () => {
      for (let second = 0; second < 61; second += 10) {
        cloudflare.retrying('HTTP 503', 10_000, second === 0);
        if (second === 0) log.observe('GitHub', 'v1').retrying('HTTP 502', 1000, true);
        await sleep(10);
      }
      return [ready('v1')];
    });
    expect(
      lines().slice(
        0,
        lines().findIndex((line) => line.startsWith('group')),
      ),
    ).toEqual([
      'info the API: HTTP 503; next attempt in 10 s',
      'info GitHub: HTTP 502; next attempt in 1 s',
      'info the API: HTTP 503; failing for 30 s, next attempt in 10 s',
      'info the API: HTTP 503; failing for 1 min, next attempt in 10 s',
    ]);
  });
});

describe('an outage', () => {
  test('of another service is shown during a pause, which says enough about its own', async () => {
    const { log, lines, sleep } = await start();
    using _silence = log.breakSilence();
    await log.video(named('v1'), async () => {
      log.observe('the API').retrying('too many requests', 60_000, true);
      log.pause('the API', 60_000, 'nothing can be sent');
      log.observe('the delivery host').retrying('the delivery host answered HTTP 503', 60_000, true);
      await sleep(31);
      return [ready('v1')];
    });
    expect(lines().slice(2)).toEqual([
      'info the delivery host answered HTTP 503; next attempt in 1 min',
      'info still working after 30 s: nothing can be sent for another 30 s; the delivery host answered HTTP 503; failing for 30 s, next attempt in 30 s',
    ]);
  });

  test('ends when the last request that is retried ends, even if none succeeds', async () => {
    const { log, lines, sleep } = await start({ severalVideos: true });
    using _silence = log.breakSilence();
    const [one, other] = [log.observe('GitHub', 'v1'), log.observe('GitHub', 'v2')];
    await log.video(named('v1'), async () => {
      one.retrying('HTTP 502', 1000, true);
      other.retrying('HTTP 502', 40_000, true);
      one.ended();
      await sleep(35);
      other.ended();
      await sleep(40);
      return [ready('v1')];
    });
    expect(lines()).toEqual([
      'info GitHub: HTTP 502; next attempt in 1 s',
      expect.stringMatching(/^info still working after 30 s: .*; GitHub: HTTP 502; failing for 30 s/),
      expect.not.stringContaining('HTTP 502'),
      'group ✔ v1: MP4 ready (1 done)',
      'info +0 ms  retried 1 time in 0 ms: HTTP 502',
      'endgroup',
    ]);
  });
});

describe('the excuse of a video in a batch', () => {
  test('is in the result if another download exists', async () => {
    const { log, lines } = await start({ severalVideos: true });
    await log.video(named('v1', 'Long'), async () => {
      log.excuse('v1', 'default', 'it is too long');
      return [{ ...ready('v1'), status: 'none' }, ready('v1', 'audio')];
    });
    expect(lines()).toEqual(['info ✔ Long: no MP4: it is too long; M4A ready (1 done)']);
  });

  test('names all missing downloads, and is in the result alone', async () => {
    const { log, lines } = await start({ severalVideos: true });
    await log.video(named('v1', 'Broken'), async () => {
      log.excuse('v1', 'default', 'Cloudflare could not encode it');
      log.excuse('v1', 'audio', 'Cloudflare could not encode it');
      return [
        { ...ready('v1'), status: 'none' },
        { ...ready('v1', 'audio'), status: 'none' },
      ];
    });
    expect(lines()).toEqual(['info – Broken: no MP4, no M4A: Cloudflare could not encode it (1 done)']);
  });
});

describe('the log of many videos', () => {
  const failure = new Failure('server-error', 'Could not list the downloads');

  /** Processes videos at the same time, each for as many seconds as its number. */
  function processAll(
    { log, sleep, timeline }: Awaited<ReturnType<typeof start>>,
    count: number,
    failing: number,
  ) {
    const ids = Array.from({ length: count }, (_, index) => index + 1);
    return Promise.all(
      ids.map((number) =>
        log.video(named(`v${number}`, `Film ${number}`), async (write) => {
          write('a line');
          if (number === 12) log.excuse('v12', 'default', 'its broadcast is still running');
          using _encoding = timeline.start(number % 2 === 0 ? 'encoding' : 'saving', `v${number}`);
          await sleep(number + 0.5);
          if (number === 12) return [{ ...ready('v12'), status: 'none' }];
          return [number === failing ? { ...ready(`v${number}`), failure } : ready(`v${number}`)];
        }),
      ),
    );
  }

  test('has a group only for what failed, and a line for what has no download', async () => {
    const started = await start({ severalVideos: true, total: 25 });
    await processAll(started, 25, 20);
    expect(started.lines()).toEqual([
      'info – Film 12: no MP4: its broadcast is still running',
      'group ✘ Film 20: A server failed to handle the request (20 of 25 done, 1 failed)',
      'info +0 ms  a line',
      'endgroup',
    ]);
  });

  test('has no group for what the end of the step ended', async () => {
    const { log, lines } = await start({ severalVideos: true, total: 11 });
    const end = new Failure('cancelled', 'The run was cancelled');
    await log.video(named('v1'), async (write) => {
      write('a line');
      return [{ ...ready('v1'), failure: end }];
    });
    expect(lines()).toEqual([]);
  });

  test('has a line with counts every 30 s, whatever else is logged', async () => {
    const started = await start({ severalVideos: true });
    using _silence = started.log.breakSilence();
    await processAll(started, 70, 20);
    expect(started.lines().filter((line) => line.includes('still working'))).toEqual([
      'info still working after 30 s: 29 done, 1 failed; 41 in progress; 21 being encoded, 20 being saved',
      'info still working after 1 min: 59 done, 1 failed; 11 in progress; 6 being encoded, 5 being saved',
    ]);
  });
});

describe('a silence', () => {
  test('is ended every 30 s, with the latest state and how long it lasts', async () => {
    const { log, lines, sleep } = await start();
    using _silence = log.breakSilence();
    await log.video(named('v1'), async (write) => {
      await sleep(5);
      write('generating the MP4, 4 %');
      await sleep(70);
      return [ready('v1')];
    });
    expect(lines()).toEqual([
      'info v1 · generating the MP4, 4 %',
      'info still working after 35 s: v1 · generating the MP4, 4 % (for 30 s)',
      'info still working after 1 min 5 s: v1 · generating the MP4, 4 % (for 1 min)',
    ]);
  });

  test('has the reason of a pause until that ends, then the state', async () => {
    const { log, lines, sleep } = await start();
    using _silence = log.breakSilence();
    await log.video(named('v1'), async (write) => {
      write('a state');
      log.pause('the API', 60_000, 'nothing can be sent');
      await sleep(70);
      return [ready('v1')];
    });
    expect(lines().slice(2)).toEqual([
      'info still working after 30 s: nothing can be sent for another 30 s',
      'info still working after 1 min: v1 · a state (for 1 min)',
    ]);
  });

  test.each([
    ['remark', (log: Log) => log.excuse('v1', '', 'a remark')],
    ['warning', (log: Log) => log.warn('It is odd', 'A warning')],
  ])('starts again with every line, and a %s does not change the state', async (_, add) => {
    const { clock, log, lines, sleep } = await start();
    using _silence = log.breakSilence();
    await log.video(named('v1'), async (write) => {
      write('a state');
      await sleep(20);
      add(log);
      await sleep(29);
      expect(lines()).toHaveLength(2);
      await sleep(2);
      return [ready('v1')];
    });
    expect(lines().at(-1)).toBe('info still working after 50 s: v1 · a state (for 50 s)');
    expect(clock.now()).toBe(51_000);
  });

  test('names three of several videos, and counts the others', async () => {
    const { log, lines, sleep } = await start({ severalVideos: true, total: 6 });
    using _silence = log.breakSilence();
    await Promise.all(
      ['v1', 'v2', 'v3', 'v4', 'v5', 'v6'].map((id) =>
        log.video(named(id), async (write) => {
          if (id !== 'v2') write(`at ${id}`);
          await sleep(id === 'v1' ? 10 : id === 'v2' ? 50 : 95);
          return [ready(id)];
        }),
      ),
    );
    expect(lines().filter((line) => line.startsWith('info still'))).toEqual([
      // The group of v1 was written after 10 s, that of v2 after 50 s.
      'info still working after 40 s: 1 of 6 done; v2 · waiting for a response (for 40 s); v3 · at v3 (for 40 s); v4 · at v4 (for 40 s); 2 more videos',
      'info still working after 1 min 20 s: 2 of 6 done; v3 · at v3 (for 1 min 20 s); v4 · at v4 (for 1 min 20 s); v5 · at v5 (for 1 min 20 s); 1 more video',
    ]);
  });

  test('has no line after it is disposed of', async () => {
    const { log, lines, sleep } = await start();
    log.breakSilence()[Symbol.dispose]();
    await sleep(100);
    expect(lines()).toEqual([]);
  });
});

describe('transfers', () => {
  test('are reported every 10 s, from the start of the first to the end of the last', async () => {
    const { log, lines, sleep } = await start();
    await log.openTransfers(() => {});
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
      expect.stringMatching(/^info saving M4A: █░{15} 10 %, .*; MP4: 1 MB, 200 kB\/s$/),
      expect.stringMatching(/^info saving M4A: █░{15} 10 %, 10 MB of 100 MB$/),
    ]);
  });

  test('are named with their video if there can be several', async () => {
    const { log, lines, sleep } = await start({ severalVideos: true });
    await log.openTransfers(() => {});
    using _transfer = log.startTransfer('v1', 'default');
    await sleep(11);
    expect(lines()).toEqual(['info saving v1 MP4: 0 bytes']);
  });

  test('are reported again 10 s after the next one starts', async () => {
    const { clock, log, lines, sleep } = await start();
    await log.openTransfers(() => {});
    for (const type of ['default', 'audio'] as const) {
      using _transfer = log.startTransfer('v1', type);
      await sleep(11);
    }
    expect(lines()).toEqual(['info saving MP4: 0 bytes', 'info saving M4A: 0 bytes']);
    expect(clock.now()).toBe(22_000);
  });

  test('are not reported more often if one follows another at once', async () => {
    const { log, lines, sleep } = await start();
    await log.openTransfers(() => {});
    for (let index = 0; index < 30; index++) {
      const transfer = log.startTransfer('v1', index % 2 === 0 ? 'default' : 'audio');
      await sleep(1);
      using _next = log.startTransfer('v2', 'audio');
      transfer[Symbol.dispose]();
    }
    expect(lines().length).toBeLessThanOrEqual(3);
  });

  test('end a silence', async () => {
    const { log, lines, sleep } = await start();
    await log.openTransfers(() => {});
    using _silence = log.breakSilence();
    await log.video(named('v1'), async () => {
      using _transfer = log.startTransfer('v1', 'default');
      await sleep(95);
      return [ready('v1')];
    });
    expect(lines()).toHaveLength(9);
    expect(lines().join()).not.toContain('still working');
  });
});

test('warnings are written once, and as lines of the log after as many as GitHub shows', async () => {
  const { log, lines } = await start();
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
