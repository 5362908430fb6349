import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { badGateway, type Fault } from '../../local-github/faults.ts';
import type { Failure } from '../../src/core/failure.ts';
import { always, asset, failureOf, openReleaseBench, tag } from '../harness/release-bench.ts';

const large = 'x'.repeat(300_000);

const passing: readonly (readonly [string, Fault])[] = [
  ['502', badGateway()],
  ['503', { kind: 'status', status: 503, body: '<html>Unavailable</html>', contentType: 'text/html' }],
  ['500 without a word', { kind: 'status', status: 500 }],
  ['a reset', { kind: 'reset' }],
  ['a lost answer', { kind: 'answer-lost' }],
];

describe('what passes is tried again, and ends right', () => {
  test.each(passing)('%s, before each of the calls', async (_, fault) => {
    await using bench = await openReleaseBench({
      releases: [{ draft: true, assets: [asset('a.mp4', 'old'), asset('a.mp4.0badcafe.part', 'other')] }],
    });
    for (const route of [
      'releases.by-tag',
      'releases.list',
      'assets.list',
      'assets.upload',
      'assets.delete',
      'assets.update',
    ] as const) {
      bench.github.faults.add({ route, fault });
    }
    await bench.attach(await bench.file('a.mp4', large));
    expect(bench.has()).toEqual({ 'a.mp4': large });
  });

  test.each(passing)('%s twice at the upload of a new file', async (_, fault) => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'assets.upload', fault, times: 2 });
    await bench.attach(await bench.file('a.mp4', large, { label: 'A' }));
    expect(bench.has()).toEqual({ 'a.mp4': large });
    expect(bench.github.assets(tag)[0]?.label).toBe('A');
  });

  test('a lost answer at an upload: what came is kept', async () => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'assets.upload', fault: { kind: 'answer-lost' } });
    await bench.attach(await bench.file('a.mp4', large));
    expect(bench.asked()).toEqual([
      'assets.list 200',
      'assets.upload a.mp4 none',
      'assets.upload a.mp4 422',
      'assets.list 200',
    ]);
    expect(bench.told.at(-1)).toBe('a.mp4 is attached to v1 already');
  });

  test.each([0, 1, 100_000, 299_999, 300_000])(
    'an upload that breaks off after %d bytes: all of it is sent again',
    async (bytes) => {
      await using bench = await openReleaseBench();
      bench.github.faults.add({ route: 'assets.upload', fault: { kind: 'broken-upload', bytes } });
      const file = await bench.file('a.mp4', large);
      await bench.attach(file);
      expect(bench.has()).toEqual({ 'a.mp4': large });
      const whole = bench.github.requests.filter(
        ({ route, status }) => route === 'assets.upload' && status === 201,
      );
      expect(whole).toMatchObject([
        { bodyBytes: 300_000, sha256: file.sha256, headers: { 'content-length': '300000' } },
      ]);
    },
  );

  test('an upload that is answered with a fault after it came, several times', async () => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'assets.upload', fault: badGateway(), times: 3 });
    await bench.attach(await bench.file('a.mp4', large));
    expect(bench.has()).toEqual({ 'a.mp4': large });
  });
});

describe('what does not pass', () => {
  const lasting: readonly (readonly [string, Fault, Failure['kind']])[] = [
    ['502', { kind: 'status', status: 502, body: `<html>${'Bad gateway '.repeat(1000)}` }, 'github-error'],
    ['503 of JSON', { kind: 'status', status: 503, body: { message: 'Unavailable' } }, 'github-error'],
    ['resets', { kind: 'reset' }, 'github-unreachable'],
  ];

  test.each(lasting)('%s at the search, after 5 attempts', async (_, fault, kind) => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'any', fault, times: always });
    const failure = await failureOf(bench.find());
    expect(failure.kind).toBe(kind);
    expect(failure.what).toMatch(/^Could not look up the release v1: /);
    expect(bench.github.requests).toHaveLength(5);
  });

  test.each(lasting)('%s at the upload, after 5 attempts', async (_, fault, kind) => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'assets.upload', fault, times: always });
    const failure = await failureOf(bench.attach(await bench.file('a.mp4', 'new')));
    expect(failure.kind).toBe(kind);
    expect(failure.what).toMatch(/^Could not upload a\.mp4: /);
    expect(bench.asked().filter((line) => line.startsWith('assets.upload'))).toHaveLength(5);
  });

  test('names the host that gave no answer', async () => {
    await using bench = await openReleaseBench();
    const release = await bench.find();
    bench.github.faults.add({ route: 'assets.upload', fault: { kind: 'reset' }, times: always });
    const failure = await failureOf(bench.attach(await bench.file('a.mp4', 'new'), release));
    expect(failure.what).toContain(`no answer from ${new URL(bench.github.uploadsUrl).host}`);
  });

  test('names the host where nothing listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await using bench = await openReleaseBench({ apiUrl: `http://127.0.0.1:${port}` });
    const failure = await failureOf(bench.find());
    expect(failure.kind).toBe('github-unreachable');
    expect(failure.what).toContain(`no answer from 127.0.0.1:${port} (ECONNREFUSED`);
  });

  test('a token that GitHub does not know, at once', async () => {
    await using bench = await openReleaseBench({ token: 'NoTokenOfAnybody' });
    const failure = await failureOf(bench.find());
    expect(failure.kind).toBe('github-token');
    expect(failure.what).toContain('“Bad credentials');
    expect(failure.message).not.toContain('NoTokenOfAnybody');
    expect(bench.github.requests).toHaveLength(1);
  });

  test('a token that ends in the midst', async () => {
    await using bench = await openReleaseBench();
    const release = await bench.find();
    bench.github.faults.add({
      route: 'assets.upload',
      fault: { kind: 'status', status: 401, body: { message: 'Bad credentials' } },
      times: always,
    });
    expect((await failureOf(bench.attach(await bench.file('a.mp4'), release))).kind).toBe('github-token');
    expect(bench.asked()).toEqual(['assets.list 200', 'assets.upload a.mp4 401']);
  });

  test('a token that may only read, at once, and the message names the permission', async () => {
    await using bench = await openReleaseBench();
    const release = await bench.find(undefined, { token: bench.github.readOnlyToken });
    const failure = await failureOf(bench.attach(await bench.file('a.mp4'), release));
    expect(failure.kind).toBe('github-permission');
    expect(failure.message).toContain('permissions: contents: write');
    expect(failure.what).toContain('Resource not accessible by integration');
    expect(bench.asked()).toEqual(['assets.list 200', 'assets.upload a.mp4 403']);
  });

  test('a release that was deleted since, after 6 rounds', async () => {
    await using bench = await openReleaseBench();
    const release = await bench.find();
    bench.github.faults.add({
      route: 'assets.list',
      fault: { kind: 'status', status: 404, body: { message: 'Not Found' } },
      times: always,
    });
    const failure = await failureOf(bench.attach(await bench.file('a.mp4'), release));
    expect(failure.kind).toBe('github-not-found');
    expect(bench.asked()).toEqual(Array(6).fill('assets.list 404'));
  });

  test.each([400, 410, 422, 451])('HTTP %d, at once', async (status) => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({
      route: 'any',
      fault: { kind: 'status', status, body: { message: 'No' } },
      times: always,
    });
    const failure = await failureOf(bench.find());
    expect([failure.kind, bench.github.requests.length]).toEqual(['github-refused', 1]);
    expect(failure.what).toBe(`Could not look up the release v1: GitHub answered HTTP ${status}, “No”`);
  });

  test.each([
    ['HTML', { kind: 'status', status: 200, body: '<html>Log in</html>', contentType: 'text/html' }],
    ['nothing', { kind: 'status', status: 200 }],
    ['another thing', { kind: 'status', status: 200, body: { hello: 'world' } }],
  ] as const)('an answer that is none of GitHub’s: %s', async (_, fault) => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'any', fault, times: always });
    expect((await failureOf(bench.find())).kind).toMatch(/^(github-|release-not-found)/);
  });
});
