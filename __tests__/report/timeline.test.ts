import { expect, test } from '@jest/globals';
import { Timeline } from '../../src/report/timeline.ts';
import { VirtualClock } from '../harness/virtual-clock.ts';

const never = new AbortController().signal;

function start() {
  const clock = new VirtualClock();
  return { timeline: new Timeline(clock), sleep: (ms: number) => clock.sleep(ms, never) };
}

test('a phase ends when it is disposed of, once', async () => {
  const { sleep, timeline } = start();
  await sleep(10);
  const encoding = timeline.start('encoding', 'v1');
  expect(timeline.inProgress('encoding')).toBe(1);
  await sleep(20);
  encoding[Symbol.dispose]();
  await sleep(5);
  encoding[Symbol.dispose]();
  expect(timeline.inProgress('encoding')).toBe(0);
  expect(timeline.spans).toEqual([{ phase: 'encoding', videoId: 'v1', startMs: 10, endMs: 30 }]);
});

test('what is still in progress at the end is ended then', async () => {
  const { sleep, timeline } = start();
  timeline.start('saving', 'v1', 'audio');
  await sleep(7);
  timeline.end();
  expect(timeline.spans).toEqual([{ phase: 'saving', videoId: 'v1', type: 'audio', startMs: 0, endMs: 7 }]);
});

test('spans are in the order in which they started, and those of the first 20 videos are kept', async () => {
  const { sleep, timeline } = start();
  const longest = timeline.start('saving', 'v0');
  for (let index = 1; index <= 25; index++) {
    using _short = timeline.start('generating', `v${index}`);
    await sleep(1);
  }
  longest[Symbol.dispose]();
  const ids = timeline.spans.map(({ videoId }) => videoId);
  expect(ids).toEqual(Array.from({ length: 20 }, (_, index) => `v${index + 1}`));
});

test('totals have the number, the sum and the slowest of each phase that occurred', async () => {
  const { sleep, timeline } = start();
  for (const [videoId, ms] of [['v1', 5] as const, ['v2', 9] as const, ['v3', 2] as const]) {
    using _saving = timeline.start('saving', videoId);
    await sleep(ms);
  }
  timeline.start('encoding', 'v1')[Symbol.dispose]();
  expect(timeline.totals).toEqual([
    { phase: 'encoding', count: 1, totalMs: 0, slowest: expect.objectContaining({ videoId: 'v1' }) },
    { phase: 'saving', count: 3, totalMs: 16, slowest: expect.objectContaining({ videoId: 'v2' }) },
  ]);
});

test('the time of waiting counts once while several downloads are encoded or generated', async () => {
  const { sleep, timeline } = start();
  const first = timeline.start('encoding', 'v1');
  await sleep(10);
  const second = timeline.start('generating', 'v2');
  await sleep(10);
  first[Symbol.dispose]();
  await sleep(10);
  second[Symbol.dispose]();
  using _saving = timeline.start('saving', 'v1');
  await sleep(100);
  using _third = timeline.start('generating', 'v1');
  await sleep(4);
  timeline.end();
  expect(timeline.waitedMs).toBe(34);
});
