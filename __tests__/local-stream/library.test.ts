import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { VideoOptions } from '../../local-stream/library/video.ts';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import { apiRequest } from './api-request.ts';
import { DrivenClock } from './driven-clock.ts';

let clock: DrivenClock;
let stream: LocalStream;

beforeEach(async () => {
  clock = new DrivenClock();
  stream = await startLocalStream({ clock });
});

afterEach(() => stream.close());

/** Requests a list. Returns the names of the videos. */
async function names(query: string): Promise<string[]> {
  const response = await apiRequest(stream, `?${query}`);
  expect(response.status).toBe(200);
  const { result } = (await response.json()) as { result: { meta: { name: string } }[] };
  return result.map(({ meta }) => meta.name);
}

function add(name: string, options: VideoOptions = {}): void {
  stream.addVideo({ name, ...options });
}

describe('the library', () => {
  const id = (number: number) => String(number).repeat(32);
  const minute = (number: number) => `2026-01-01T00:0${number}:00.000Z`;

  beforeEach(() => {
    add('Cats 1', { uid: id(1), created: minute(1), creator: 'ann' });
    add('Dogs', { uid: id(2), created: minute(2), creator: 'ben', phases: { encodeMs: 1000 } });
    add('cats 2', { uid: id(3), created: minute(3), creator: 'ann', liveInput: 'c'.repeat(32) });
    add('birds', { uid: id(4), created: minute(3), state: 'error' });
  });

  test.each([
    ['', ['birds', 'cats 2', 'Dogs', 'Cats 1']],
    ['asc=true', ['Cats 1', 'Dogs', 'cats 2', 'birds']],
    ['asc=false', ['birds', 'cats 2', 'Dogs', 'Cats 1']],
    ['limit=2', ['birds', 'cats 2']],
    ['limit=2&asc=true', ['Cats 1', 'Dogs']],
    [`before=${minute(3)}`, ['Dogs', 'Cats 1']],
    [`end=${minute(2)}`, ['Cats 1']],
    [`after=${minute(2)}`, ['birds', 'cats 2', 'Dogs']],
    [`start=${minute(3)}`, ['birds', 'cats 2']],
    [`after=${minute(2)}&before=${minute(3)}`, ['Dogs']],
    ['before=2026-01-01T01:02:00%2B01:00', ['Cats 1']],
    ['status=inprogress', ['Dogs']],
    ['status=error', ['birds']],
    ['type=live', ['cats 2']],
    ['type=vod', ['birds', 'Dogs', 'Cats 1']],
    ['creator=ann', ['cats 2', 'Cats 1']],
    ['search=CATS', ['cats 2', 'Cats 1']],
    ['video_name=cats', []],
    ['video_name=cats%202', ['cats 2']],
    ['creator=ann&search=1', ['Cats 1']],
    [`live_input_id=${'c'.repeat(32)}`, ['cats 2']],
    [`live_input_id=${'d'.repeat(32)}`, []],
    [`id=${id(1)}`, ['Cats 1']],
    [`id=${id(1)},${id(4)},${id(2)},${id(4)},${id(9)}`, ['birds', 'Dogs', 'Cats 1']],
    [`id=${id(1)},${id(4)},${id(2)}&asc=true&limit=2`, ['Cats 1', 'Dogs']],
    [`id=${id(1)},${id(4)}&creator=ann`, ['Cats 1']],
    [`id=${id(9)}`, []],
    ['something=else', ['birds', 'cats 2', 'Dogs', 'Cats 1']],
  ])('%s', async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  test('filters by the current state', async () => {
    clock.advance(1000);
    expect(await names('status=inprogress')).toEqual([]);
    expect(await names('status=ready')).toEqual(['cats 2', 'Dogs', 'Cats 1']);
  });

  test.each([
    'limit=0',
    'limit=1001',
    'limit=two',
    'before=yesterday',
    'asc=maybe',
    'status=fine',
    'type=x',
    'end=2026-01-01 00:00:00Z',
  ])('refuses %s', async (query) => {
    const response = await apiRequest(stream, `?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      success: false,
      errors: [{ code: 10005, message: expect.stringMatching(`^${query.split('=')[0]}: `) }],
    });
  });

  test('counts the videos that match the filters, and those within the time range', async () => {
    const response = await apiRequest(stream, `?creator=ann&before=${minute(3)}&include_counts=true`);
    expect(await response.json()).toMatchObject({
      total: 2,
      range: 1,
      result: [{ meta: { name: 'Cats 1' } }],
    });
    expect(await (await apiRequest(stream, '')).json()).not.toHaveProperty('total');
  });

  test('counts the videos beyond the limit', async () => {
    const response = await apiRequest(stream, `?after=${minute(2)}&limit=1&include_counts=true`);
    expect(await response.json()).toMatchObject({
      total: 4,
      range: 3,
      result: [{ meta: { name: 'birds' } }],
    });
  });

  test('no longer lists a removed video, although others share its instant', async () => {
    stream.removeVideo(id(4));
    expect(await names('')).toEqual(['cats 2', 'Dogs', 'Cats 1']);
    stream.removeVideo(id(1));
    expect(await names('')).toEqual(['cats 2', 'Dogs']);
  });

  test.each([
    ['first', ['Cats 1']],
    ['ignored', ['birds', 'Cats 1']],
  ] as const)('uses several IDs according to the reading: %s', async (listById, expected) => {
    await stream.close();
    stream = await startLocalStream({ clock, readings: { listById } });
    add('Cats 1', { uid: id(1), created: minute(1) });
    add('birds', { uid: id(4), created: minute(2) });
    expect(await names(`id=${id(1)},${id(4)}`)).toEqual(expected);
  });

  test('returns at most 1000 videos', async () => {
    for (let added = 0; added < 1000; added += 1) add('more');
    expect(await names('')).toHaveLength(1000);
  });
});

describe('the order of a list', () => {
  const second = (decimals: string) => `2026-01-01T00:00:00${decimals}Z`;

  beforeEach(() => {
    // Added out of order; b and c share an instant, which they spell differently.
    add('d', { created: second('.120000002') });
    add('b', { created: second('.12') });
    add('c', { created: '2026-01-01T01:00:00.120000000+01:00' });
    add('a', { created: second('.119999999') });
    add('e', { created: new Date(second('.121')) });
  });

  test.each([
    ['', 'edcba'],
    ['asc=true', 'abcde'],
    [`before=${second('.120000002')}`, 'cba'],
    [`before=${second('.120000003')}`, 'dcba'],
    ['before=2025-12-31T23:00:00.120000001-01:00', 'cba'],
    [`end=${second('.120')}`, 'a'],
    [`after=${second('.120000000')}`, 'edcb'],
    [`start=${second('.120000001')}`, 'ed'],
    [`after=${second('.12')}&before=${second('.120000002')}&asc=true`, 'bc'],
    [`after=${second('.12')}&before=${second('.12')}`, ''],
    [`after=${second('.2')}&before=${second('.1')}`, ''],
  ])('is exact to the nanosecond: %s', async (query, expected) => {
    expect((await names(query)).join('')).toBe(expected);
  });

  test('is kept when videos are removed and added again', async () => {
    const videos = Array.from({ length: 60 }, (_, number) => ({
      name: `${number}`,
      uid: String(number).padStart(32, '0'),
      created: second(`.00000000${number % 7}`),
    }));
    for (const video of videos) stream.addVideo(video);
    const again = videos.filter((_, number) => number % 3 === 0);
    for (const { uid } of again) stream.removeVideo(uid);
    for (const video of again) stream.addVideo(video);
    const added = [...videos.filter((video) => !again.includes(video)), ...again];
    const expected = added.toSorted((one, other) => one.created.localeCompare(other.created));
    expect(await names(`asc=true&before=${second('.1')}`)).toEqual(expected.map(({ name }) => name));
  });
});
