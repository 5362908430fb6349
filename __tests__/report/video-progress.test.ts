import { expect, test } from '@jest/globals';
import { Failure } from '../../src/core/failure.ts';
import type { DownloadRecord } from '../../src/core/record.ts';
import { Timeline } from '../../src/report/timeline.ts';
import { VideoProgress } from '../../src/report/video-progress.ts';
import { VirtualClock } from '../harness/virtual-clock.ts';

const unknown: DownloadRecord = {
  videoId: 'v1',
  type: 'default',
  status: 'unknown',
  percentComplete: null,
  url: null,
};
const none: DownloadRecord = { ...unknown, status: 'none' };
const generating: DownloadRecord = {
  ...none,
  status: 'inprogress',
  percentComplete: 42.7,
  remainingMs: 20_000,
};
const ready: DownloadRecord = { ...generating, status: 'ready', percentComplete: 100 };

function start({ showsMissing = false, waits = true } = {}) {
  const clock = new VirtualClock();
  const timeline = new Timeline(clock);
  const lines: string[] = [];
  const progress = new VideoProgress({
    videoId: 'v1',
    clock,
    timeline,
    log: (line) => lines.push(line),
    waits,
    showsMissing,
  });
  const sleep = (ms: number) => clock.sleep(ms, new AbortController().signal);
  return { lines, progress, sleep, timeline };
}

test('each change is logged, and how long a download took that was waited for', async () => {
  const { lines, progress, sleep, timeline } = start();
  progress.learn(unknown, none);
  progress.learn(none, generating);
  progress.learn(generating, { ...generating });
  expect(timeline.inProgress('generating')).toBe(1);
  await sleep(72_000);
  progress.learn(generating, ready);
  expect(lines).toEqual(['generating the MP4, 42 %, about 20 s left', 'MP4 ready after 1 min 12 s']);
  expect(timeline.spans).toEqual([
    { phase: 'generating', videoId: 'v1', type: 'default', startMs: 0, endMs: 72_000 },
  ]);
});

test('a download that exists is not said to have taken any time, and a missing one is shown where asked for', () => {
  const { lines, progress } = start({ showsMissing: true });
  progress.learn(unknown, none);
  progress.learn(unknown, ready);
  expect(lines).toEqual(['no MP4', 'MP4 ready']);
});

test('a dry run does not wait, so that nothing takes time', () => {
  const { lines, progress, timeline } = start({ waits: false });
  progress.learn(none, generating);
  progress.learn(unknown, ready);
  progress.learn(ready, { ...ready, planned: ['save'] });
  expect(lines.slice(1)).toEqual(['MP4 ready', 'MP4 ready (to do: save)']);
  expect(timeline.inProgress('generating')).toBe(0);
});

test('a failure is not logged, and ends the time of generation', () => {
  const { lines, progress, timeline } = start();
  progress.learn(none, generating);
  progress.learn(generating, { ...generating, failure: new Failure('server-error', 'x') });
  expect(lines).toHaveLength(1);
  expect(timeline.inProgress('generating')).toBe(0);
});

test('what is still generated when the step ends is ended when it is disposed of', () => {
  const { progress, timeline } = start();
  progress.learn(none, generating);
  progress[Symbol.dispose]();
  expect(timeline.inProgress('generating')).toBe(0);
});
