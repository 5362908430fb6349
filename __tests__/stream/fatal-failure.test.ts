import { describe, expect, test } from '@jest/globals';
import { failures } from '../../src/core/failures/table.ts';
import { apiError } from '../harness/responses.ts';
import type { Step } from '../harness/run-step.ts';
import { Stage } from '../harness/stage.ts';
import { both, privately, unknownIds } from '../harness/videos.ts';

/** Everything that people see in the log. */
function linesOf({ errors, log }: Pick<Step, 'errors' | 'log'>): string[] {
  return [...log, ...errors.map(({ message }) => message)];
}

/** The IDs of many videos with both downloads. */
function addVideos({ stream }: Stage, count = 12): string[] {
  return Array.from({ length: count }, () => stream.addVideo(both).uid);
}

describe.each(['list', 'create', 'delete'])(
  'what is wrong for every request is found once: %s',
  (operation) => {
    test.each([
      ['the token', { 'api-token': 'aTokenThatIsUnknown' }, 'token-invalid', 4],
      ['the key', { 'api-token': '', 'api-email': 'a@b.example', 'api-key': 'unknown' }, 'token-invalid', 4],
      ['the account', { 'account-id': 'b'.repeat(32) }, 'account-wrong', 4],
      // One more request asks for the account itself.
      ['a malformed account', { 'account-id': 'mine' }, 'account-wrong', 5],
    ] as const)('%s', async (_, wrong, kind, requests) => {
      await using stage = await Stage.open();
      const ids = addVideos(stage);
      const step = await stage.run({ operation, 'video-id': ids.join(), ...wrong });
      // Those that were in flight together.
      expect(stage.stream.requests.length).toBeLessThanOrEqual(requests);
      expect(step.records.map(({ status, videoId }) => [videoId, status])).toEqual(
        ids.map((id) => [id, 'failed']),
      );
      expect(step.errors.map(({ title }) => title)).toEqual([failures[kind].title]);
      expect(step.errors[0]?.message).toContain('This concerns 12 videos.');
      const advice = failures[kind].advice;
      expect(linesOf(step).filter((line) => line.includes(advice))).toHaveLength(1);
      expect(step.log.filter((line) => line.includes(`: ${failures[kind].title} (`))).toHaveLength(12);
    });
  },
);

test('a token that may not write ends a creation for all videos', async () => {
  await using stage = await Stage.open();
  const ids = addVideos(stage);
  const step = await stage.run({ 'video-id': ids.join(), 'api-token': stage.stream.readOnlyToken });
  expect(stage.stream.requests.length).toBeLessThanOrEqual(4);
  expect(step.errors.map(({ title }) => title)).toEqual([failures['token-permission'].title]);
});

test('a refusal to sign says nothing about other requests', async () => {
  await using stage = await Stage.open({ inputs: { 'signed-url': 'auto' } });
  const ids = Array.from({ length: 6 }, () => stage.stream.addVideo({ ...both, ...privately }).uid);
  const { uid } = stage.stream.addVideo({ downloads: { default: 'inprogress' }, generateMs: 60_000 });
  const step = await stage.run({
    operation: 'list',
    'video-id': [...ids, uid].join(),
    'api-token': stage.stream.readOnlyToken,
    wait: 'true',
  });
  expect(step.exitCode).toBe(0);
  expect(step.records.map(({ status }) => status)).toEqual(Array(13).fill('ready'));
});

describe('an address that Cloudflare does not know (7003)', () => {
  const [malformed = ''] = unknownIds(1);

  test.each(['list', 'create', 'delete'])(
    'is about the video if the account is found: %s',
    async (operation) => {
      await using stage = await Stage.open();
      const ids = addVideos(stage, 3);
      stage.intercept(async ({ pass, url }) =>
        url.includes(malformed) ? apiError(404, 7003, 'Could not route') : pass(),
      );
      const step = await stage.run({
        operation,
        'video-id': [...ids, malformed, ...unknownIds(3).slice(1)].join(),
      });
      const statusOf = (id: string) => step.records.find(({ videoId }) => videoId === id)?.status;
      expect([...ids.map(statusOf), statusOf(malformed)]).toEqual([
        ...Array(3).fill(operation === 'delete' ? 'deleted' : 'ready'),
        'failed',
      ]);
      const title = failures['video-not-found'].title;
      expect(new Set(step.errors.map((error) => error.title))).toEqual(new Set([title]));
      expect(step.errors.find(({ message }) => message.includes(malformed))?.message).toContain('code 7003');
      // The account is looked up once, however often the answer comes.
      const lists = stage.stream.requests.filter(({ route }) => route === 'videos.list');
      expect(lists.filter(({ query }) => query['limit'] === '1')).toHaveLength(1);
    },
  );

  test.each([
    ['is about the video with code 7000 as well', 7000, undefined, 'video-not-found'],
    ['is not blamed on the video if the account cannot be looked up', 7003, 10005, 'account-wrong'],
  ] as const)('%s', async (_, code, accountCode, kind) => {
    await using stage = await Stage.open();
    const [uid = ''] = addVideos(stage, 1);
    stage.intercept(async ({ pass, url }) => {
      if (url.includes(malformed)) return apiError(404, code, 'Could not route');
      return url.endsWith('?limit=1') && accountCode ? apiError(400, accountCode, 'No') : pass();
    });
    const step = await stage.run({ operation: 'list', 'video-id': [malformed, uid].join() });
    expect(step.errors.map(({ title }) => title)).toEqual([failures[kind].title]);
    expect(step.records.map(({ status }) => status)).toEqual(['failed', 'ready', 'ready']);
  });
});

test('a token that is revoked during a wait is explained once', async () => {
  await using stage = await Stage.open();
  const ids = Array.from({ length: 6 }, () => stage.stream.addVideo({ generateMs: 600_000 }).uid);
  stage.intercept(async ({ pass }) =>
    stage.clock.now() > 60_000 ? apiError(401, 10000, 'Authentication error') : pass(),
  );
  const step = await stage.run({ 'video-id': ids.join(), wait: 'true' });
  expect(step.records.map(({ status }) => status)).toEqual(Array(6).fill('inprogress'));
  expect(step.errors.map(({ title }) => title)).toEqual([failures['token-invalid'].title]);
  expect(step.errors[0]?.message).toContain('This concerns 6 videos.');
  const { advice } = failures['token-invalid'];
  expect(linesOf(step).filter((line) => line.includes(advice))).toHaveLength(1);
});

test.each([
  ['an address without an API', () => new Response('<h1>Welcome</h1>', { status: 404 }), 'wrong-address'],
  ['a firewall', () => new Response('<h1>Blocked</h1>', { status: 403 }), 'blocked'],
] as const)('%s is found once, unless the API has answered before', async (_, respond, kind) => {
  await using stage = await Stage.open();
  const ids = addVideos(stage);
  let requests = 0;
  stage.intercept(async () => {
    requests++;
    return respond();
  });
  const step = await stage.run({ operation: 'list', 'video-id': ids.join() });
  expect(requests).toBeLessThanOrEqual(4);
  expect(step.errors.map(({ title }) => title)).toEqual([failures[kind].title]);

  stage.intercept(async ({ pass, url }) => (url.includes(ids[5] ?? '') ? respond() : pass()));
  const later = await stage.run({ operation: 'list', 'video-id': ids.join(), concurrency: '1' });
  expect(later.outputs['failed']).toBe('1');
});

test('with `signed-url: always`, a refusal to sign concerns all videos', async () => {
  await using stage = await Stage.open({ inputs: { 'signed-url': 'always' } });
  const ids = addVideos(stage);
  const step = await stage.run({
    operation: 'list',
    'video-id': ids.join(),
    'api-token': stage.stream.readOnlyToken,
  });
  expect(stage.count('POST token')).toBeLessThanOrEqual(4);
  expect(step.errors.map(({ title }) => title)).toEqual([failures['token-permission'].title]);
});
