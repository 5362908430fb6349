import { describe, expect, test } from '@jest/globals';
import { Stage } from '../harness/stage.ts';
import { addVideos } from '../harness/videos.ts';

const windowMs = 300_000;

/** Creates downloads of videos, each of which takes as long, and waits for all. */
async function createAll(videos: number, generateMs: number, requests: number) {
  await using stage = await Stage.open({
    latencyMs: 100,
    rateLimit: { requests, windowMs, blockMs: windowMs },
  });
  addVideos(stage.stream, videos, { generateMs });
  const step = await stage.run({ 'video-id': 'all', wait: 'true' });
  expect(step.records.filter(({ status }) => status === 'ready')).toHaveLength(videos);
  const refused = stage.stream.requests.filter(({ status }) => status === 429).length;
  const perVideo = (stage.calls.length - stage.count('GET')) / videos;
  return { tookMs: step.tookMs, perVideo, refused, pages: stage.count('GET') };
}

describe('downloads that are to be created, with a limit of the real shape', () => {
  test.each([
    // Two requests for each, of which 280 are allowed in a window.
    [250, 30_000, 300, windowMs + 45_000],
    // Two times 500 downloads, each created in some seconds.
    [1000, 300_000, 1200, 2 * 325_000],
  ])(
    '%p of %p ms need about two requests each, and as much time as the limit does',
    async (...[videos, generateMs, requests, longestMs]) => {
      const { pages, perVideo, refused, tookMs } = await createAll(videos, generateMs, requests);
      expect(perVideo).toBeLessThanOrEqual(2.2);
      expect([pages, refused]).toEqual([videos < 1000 ? 2 : 3, 0]);
      expect(tookMs).toBeLessThanOrEqual(longestMs);
    },
  );
});

test('without a limit, requests per video do not grow with the number of videos', async () => {
  const few = await createAll(10, 30_000, 1e7);
  const many = await createAll(100, 30_000, 1e7);
  expect(many.perVideo).toBeLessThanOrEqual(few.perVideo);
  expect(many.tookMs).toBeLessThan(few.tookMs + 10_000);
});

test('a single video is polled as often as without a limit', async () => {
  const [limited, free] = [await createAll(1, 60_000, 1200), await createAll(1, 60_000, 1e7)];
  expect(limited).toEqual(free);
});

test('videos that are being encoded are looked up together', async () => {
  await using stage = await Stage.open({ latencyMs: 100 });
  addVideos(stage.stream, 60, (index) => ({ phases: { encodeMs: 60_000 + index * 1000 } }));
  const step = await stage.run({ 'video-id': 'all', wait: 'true' });
  expect(step.exitCode).toBe(0);
  expect(stage.count('GET')).toBeLessThanOrEqual(60);
  expect(step.tookMs).toBeLessThan(119_000 + 15_000);
});
