import { describe, expect, test } from '@jest/globals';
import {
  badGateway,
  type Fault,
  forbidden,
  primaryRateLimit,
  secondaryRateLimit,
} from '../../local-github/faults.ts';
import { Failure } from '../../src/core/failure.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import { asset, failureOf, openReleaseBench, type ReleaseBench, tag } from '../harness/release-bench.ts';
import { always } from '../harness/responses.ts';
import { waitUntil } from '../harness/wait-until.ts';

const published = { releases: [{ assets: [asset('a.mp4', 'kept')] }] };
const missing = String(Number.MAX_SAFE_INTEGER);

async function check(bench: ReleaseBench, token = bench.github.token): Promise<void> {
  await (await bench.find({ tag }, { token })).requireWritePermission();
}

/** The requests after the release was found. */
function checks({ github }: ReleaseBench): string[] {
  return github.requests
    .filter(({ route }) => !route.startsWith('releases.'))
    .map(({ method, path, status }) => `${method} ${path.split('/').at(-1)} ${status ?? 'none'}`);
}

describe('the permission to write', () => {
  test('is proved by a draft, without a request', async () => {
    await using bench = await openReleaseBench({ releases: [{ draft: true }] });
    await check(bench);
    const { id } = bench.github.release(tag) ?? {};
    await (await bench.find({ tag, ...(id && { id }) })).requireWritePermission();
    expect(checks(bench)).toEqual([]);
  });

  test('is not disproved for a published release, with one request that changes nothing', async () => {
    await using bench = await openReleaseBench(published);
    const before = bench.github.assets(tag);
    await check(bench);
    expect(checks(bench)).toEqual([`PATCH ${missing} 404`]);
    expect(bench.github.requests.at(-1)).toMatchObject({ route: 'assets.update', bodyBytes: 0, query: {} });
    expect([bench.github.assets(tag), bench.logged]).toEqual([before, []]);
  });

  test('is missing if a read-only token is refused', async () => {
    await using bench = await openReleaseBench(published);
    const failure = await failureOf(check(bench, bench.github.readOnlyToken));
    expect(failure.kind).toBe('github-permission');
    expect(failure.message).toMatch(
      /^Files cannot be attached to the release v1\. GitHub answered: “Resource not accessible by integration” \(HTTP 403\)\. .*`permissions: contents: write`/,
    );
    expect(checks(bench)).toEqual([`PATCH ${missing} 403`]);
  });

  test('is unknown if GitHub looks for the asset first', async () => {
    await using bench = await openReleaseBench({ ...published, server: { missingBeforePermission: true } });
    await check(bench, bench.github.readOnlyToken);
    expect(checks(bench)).toEqual([`PATCH ${missing} 404`]);
  });

  test.each([
    'Resource not accessible by integration',
    'Resource not accessible by personal access token',
    'Repository was archived so is read-only.',
  ])('is missing if GitHub answers “%s”', async (message) => {
    await using bench = await openReleaseBench(published);
    bench.github.faults.add({ route: 'assets.update', fault: forbidden(message) });
    const failure = await failureOf(check(bench));
    expect([failure.kind, failure.message.includes(`“${message}”`)]).toEqual(['github-permission', true]);
  });
});

describe('the step goes on, after one request and without a line in the log', () => {
  const answers: readonly (readonly [string, Fault])[] = [
    ...[200, 400, 401, 404, 405, 409, 422, 500, 503].map(
      (status) => [`${status}`, { kind: 'status', status, body: { message: 'No' } }] as const,
    ),
    // Only a 403 means that the permission is missing.
    ['404 with the words of a 403', { ...forbidden(), status: 404 } as Fault],
    ['502', badGateway()],
    ['a 200 that is not JSON', { kind: 'status', status: 200, body: '<html>', contentType: 'text/html' }],
    ['a primary rate limit', primaryRateLimit(3600)],
    ['a secondary rate limit', secondaryRateLimit(60)],
    [
      'single sign-on',
      forbidden('Resource protected by organization SAML enforcement. You must grant your token access.'),
    ],
    [
      'a list of allowed addresses',
      forbidden(
        'Although you appear to have the correct authorization credentials, an IP allow list is enabled',
      ),
    ],
    [
      'a 403 of a proxy',
      { kind: 'status', status: 403, body: '<html>Resource not accessible by', contentType: 'text/html' },
    ],
    ['a redirect to nowhere', { kind: 'status', status: 307, headers: { location: 'http://localhost:1/' } }],
    ['a redirect that is malformed', { kind: 'status', status: 307, headers: { location: 'http://' } }],
    ['a reset', { kind: 'reset' }],
    ['a lost response', { kind: 'answer-lost' }],
  ];

  test.each(answers)('after %s', async (_, fault) => {
    await using bench = await openReleaseBench(published);
    bench.github.faults.add({ route: 'assets.update', fault, times: always });
    const startMs = bench.clock.now();
    await check(bench);
    expect(checks(bench)).toHaveLength(1);
    expect([bench.clock.now() - startMs, bench.logged]).toEqual([0, []]);
    expect(bench.assets()).toEqual({ 'a.mp4': 'kept' });
  });

  test('after 5 s without a response', async () => {
    const clock = new ManualClock();
    await using bench = await openReleaseBench({ ...published, clock });
    bench.github.faults.add({ route: 'assets.update', fault: { kind: 'stall' }, times: always });
    let hasEnded = false;
    const checked = check(bench).finally(() => (hasEnded = true));
    await waitUntil(() => checks(bench).length === 1);
    await clock.advance(4999);
    expect(hasEnded).toBe(false);
    await clock.advance(1);
    await waitUntil(() => hasEnded);
    await checked;
    expect(checks(bench)).toHaveLength(1);
  });
});

test('the end of the step ends the check with its reason', async () => {
  await using bench = await openReleaseBench({ ...published, clock: new ManualClock() });
  bench.github.faults.add({ route: 'assets.update', fault: { kind: 'stall' } });
  const failed = failureOf(check(bench));
  await waitUntil(() => checks(bench).length === 1);
  const reason = new Failure('cancelled', 'The run was cancelled (SIGINT)');
  bench.cancel(reason);
  expect(await failed).toBe(reason);
});
