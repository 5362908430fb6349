import { describe, expect, test } from '@jest/globals';
import { badGateway, type Fault, secondaryRateLimit } from '../../local-github/faults.ts';
import { asset, failureOf, openReleaseBench, type ReleaseBench, tag } from '../harness/release-bench.ts';
import { always } from '../harness/responses.ts';

/** Expects the token in the right header of each request, and nowhere else in what was sent and logged. */
function expectTokenOnlyInHeader({ debugLines, github, logged, sent }: ReleaseBench): void {
  const { apiUrl, requests, token, uploadsUrl } = github;
  const hosts = new Set([apiUrl, uploadsUrl].map((url) => new URL(url).host));
  expect(requests.length).toBeGreaterThan(0);
  for (const { headers, path, query } of requests) {
    const { authorization, ...others } = headers;
    expect(authorization).toBe(`token ${token}`);
    expect(JSON.stringify([others, path, query])).not.toContain(token);
  }
  for (const { headers, url } of sent) {
    expect(hosts.has(new URL(url).host)).toBe(true);
    expect(url).not.toContain(token);
    expect([...headers].filter(([, value]) => value.includes(token)).map(([name]) => name)).toEqual([
      'authorization',
    ]);
  }
  expect(JSON.stringify([debugLines, logged])).not.toContain(token);
}

const servers = [{}, { apiPath: '/api/v3', uploadsOnApi: true }] as const;

test.each(servers)('the token is sent with every request, at %j', async (server) => {
  await using bench = await openReleaseBench({
    server,
    releases: [{ draft: true, assets: [asset('a.mp4', 'old'), asset('a.mp4.0badcafe.part', 'other')] }],
  });
  for (const route of ['releases.list', 'assets.upload', 'assets.update'] as const) {
    bench.github.faults.add({ route, fault: badGateway() });
    bench.github.faults.add({ route, fault: secondaryRateLimit(1) });
  }
  await bench.attach(await bench.file('a.mp4', 'new'));
  expect(new Set(bench.github.requests.map(({ route }) => route))).toEqual(
    new Set([
      'releases.by-tag',
      'releases.list',
      'assets.list',
      'assets.upload',
      'assets.delete',
      'assets.update',
    ]),
  );
  expect(bench.debugLines.length).toBeGreaterThan(5);
  expectTokenOnlyInHeader(bench);
});

test('each request has the User-Agent of this action', async () => {
  await using bench = await openReleaseBench();
  await bench.attach(await bench.file('a.mp4'));
  for (const { headers } of bench.github.requests) {
    expect(headers['user-agent']).toMatch(/^stream-downloads\/\d/);
  }
});

test('each request has a debug line, without its query', async () => {
  await using bench = await openReleaseBench();
  await bench.attach(await bench.file('a.mp4', 'new', { label: 'A title' }));
  const { id } = bench.github.release(tag) ?? {};
  const path = `[^ /]+/repos/local-owner/local-repo/releases`;
  expect(bench.debugLines).toEqual([
    expect.stringMatching(`^GET ${path}/tags/v1: 200, `),
    expect.stringMatching(`^GET ${path}/${id}/assets: 200, `),
    expect.stringMatching(`^POST ${path}/${id}/assets: 201, `),
  ]);
});

describe('no failure contains the token', () => {
  const faults: readonly (readonly [string, Fault])[] = [
    ...[401, 403, 422, 429, 503].map(
      (status) => [`${status}`, { kind: 'status', status, body: { message: 'No' } }] as const,
    ),
    ['a reset', { kind: 'reset' }],
    ['a rate limit', secondaryRateLimit(1)],
    [
      'a redirect to a closed port',
      { kind: 'status', status: 302, headers: { location: 'http://localhost:1/' } },
    ],
    ['a redirect to a malformed URL', { kind: 'status', status: 302, headers: { location: 'http://' } }],
  ];

  test.each(faults)('%s', async (_, fault) => {
    for (const route of ['assets.list', 'assets.upload'] as const) {
      await using bench = await openReleaseBench();
      const release = await bench.find();
      bench.github.faults.add({ route, fault, times: always });
      // `failureOf` searches the failure and its causes for the token.
      await failureOf(bench.attach(await bench.file('a.mp4'), release));
      expect(bench.debugLines.join()).not.toContain(bench.github.token);
      expect(bench.logged.join()).not.toContain(bench.github.token);
    }
  });
});
