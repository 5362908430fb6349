import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { badGateway, type Fault } from '../../local-github/faults.ts';
import { byteSource } from '../../local-http/byte-source.ts';
import type { Failure } from '../../src/core/failure.ts';
import { fastClock } from '../harness/fast-clock.ts';
import { asset, failureOf, openReleaseBench, tag } from '../harness/release-bench.ts';
import { always } from '../harness/responses.ts';

const large = 'x'.repeat(300_000);

const transient: readonly (readonly [string, Fault])[] = [
  ['502', badGateway()],
  ['503', { kind: 'status', status: 503, body: '<html>Unavailable</html>', contentType: 'text/html' }],
  ['500 without a body', { kind: 'status', status: 500 }],
  ['a reset', { kind: 'reset' }],
  ['a lost response', { kind: 'answer-lost' }],
];

describe('a transient failure is retried', () => {
  test.each(transient)('%s, before each of the calls', async (_, fault) => {
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
    expect(bench.assets()).toEqual({ 'a.mp4': large });
  });

  test.each(transient)('%s twice at the upload of a new file', async (_, fault) => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'assets.upload', fault, times: 2 });
    await bench.attach(await bench.file('a.mp4', large, { label: 'A' }));
    expect(bench.assets()).toEqual({ 'a.mp4': large });
    expect(bench.github.assets(tag)[0]?.label).toBe('A');
  });

  test('a lost response to an upload: the asset is kept', async () => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'assets.upload', fault: { kind: 'answer-lost' } });
    await bench.attach(await bench.file('a.mp4', large));
    expect(bench.requested()).toEqual([
      'assets.list 200',
      'assets.upload a.mp4 none',
      'assets.upload a.mp4 422',
      'assets.list 200',
    ]);
    expect(bench.logged.at(-1)).toBe('a.mp4 is already attached to v1');
  });

  test.each([0, 1, 100_000, 299_999, 300_000])(
    'an upload that breaks off after %d bytes: all of it is sent again',
    async (bytes) => {
      await using bench = await openReleaseBench();
      bench.github.faults.add({ route: 'assets.upload', fault: { kind: 'broken-upload', bytes } });
      const file = await bench.file('a.mp4', large);
      await bench.attach(file);
      expect(bench.assets()).toEqual({ 'a.mp4': large });
      const whole = bench.github.requests.filter(
        ({ route, status }) => route === 'assets.upload' && status === 201,
      );
      expect(whole).toMatchObject([
        { bodyBytes: 300_000, sha256: file.sha256, headers: { 'content-length': '300000' } },
      ]);
    },
  );

  test('an upload that is answered with 502 after it arrived, three times', async () => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'assets.upload', fault: badGateway(), times: 3 });
    await bench.attach(await bench.file('a.mp4', large));
    expect(bench.assets()).toEqual({ 'a.mp4': large });
  });
});

describe('a lasting failure', () => {
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
    expect(bench.requested().filter((line) => line.startsWith('assets.upload'))).toHaveLength(5);
  });

  test('names the host that sent no response', async () => {
    await using bench = await openReleaseBench();
    const release = await bench.find();
    bench.github.faults.add({ route: 'assets.upload', fault: { kind: 'reset' }, times: always });
    const failure = await failureOf(bench.attach(await bench.file('a.mp4', 'new'), release));
    expect(failure.what).toContain(`no response from ${new URL(bench.github.uploadsUrl).host}`);
  });

  test('names the host if nothing listens there', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await using bench = await openReleaseBench({ apiUrl: `http://127.0.0.1:${port}` });
    const failure = await failureOf(bench.find());
    expect(failure.kind).toBe('github-unreachable');
    expect(failure.what).toContain(`no response from 127.0.0.1:${port} (ECONNREFUSED`);
  });

  test('an invalid token, at once', async () => {
    await using bench = await openReleaseBench({ token: 'AnInvalidToken' });
    const failure = await failureOf(bench.find());
    expect(failure.kind).toBe('github-token');
    expect(failure.message).toContain('“Bad credentials');
    expect(failure.message).not.toContain('AnInvalidToken');
    expect(bench.github.requests).toHaveLength(1);
  });

  test('a token that expires later', async () => {
    await using bench = await openReleaseBench();
    const release = await bench.find();
    bench.github.faults.add({
      route: 'assets.upload',
      fault: { kind: 'status', status: 401, body: { message: 'Bad credentials' } },
      times: always,
    });
    expect((await failureOf(bench.attach(await bench.file('a.mp4'), release))).kind).toBe('github-token');
    expect(bench.requested()).toEqual(['assets.list 200', 'assets.upload a.mp4 401']);
  });

  test('a read-only token, at once, and the message names the permission', async () => {
    await using bench = await openReleaseBench();
    const release = await bench.find(undefined, { token: bench.github.readOnlyToken });
    const failure = await failureOf(bench.attach(await bench.file('a.mp4'), release));
    expect(failure.kind).toBe('github-permission');
    expect(failure.message).toContain('permissions: contents: write');
    expect(failure.message).toContain('Resource not accessible by integration');
    expect(bench.requested()).toEqual(['assets.list 200', 'assets.upload a.mp4 403']);
  });

  test('a release that was deleted meanwhile, after 6 rounds', async () => {
    await using bench = await openReleaseBench();
    const release = await bench.find();
    bench.github.faults.add({
      route: 'assets.list',
      fault: { kind: 'status', status: 404, body: { message: 'Not Found' } },
      times: always,
    });
    const failure = await failureOf(bench.attach(await bench.file('a.mp4'), release));
    expect(failure.kind).toBe('github-not-found');
    expect(bench.requested()).toEqual(Array(6).fill('assets.list 404'));
  });

  test('a request that GitHub refuses, at once', async () => {
    await using bench = await openReleaseBench();
    const fault = { kind: 'status', status: 400, body: { message: 'No' } } as const;
    bench.github.faults.add({ route: 'any', fault, times: always });
    const failure = await failureOf(bench.find());
    expect([failure.kind, bench.github.requests.length]).toEqual(['github-refused', 1]);
    expect(failure.message).toContain('GitHub answered: “No” (HTTP 400).');
  });

  test.each([
    ['assets.upload', 201, 'null'],
    ['assets.upload', 201, '{}'],
    ['assets.update', 200, 'null'],
    ['assets.list', 200, '[null]'],
  ] as const)(
    '%s is answered %d with %s: that file fails, and the next is attached',
    async (route, status, body) => {
      await using bench = await openReleaseBench({ releases: [{ assets: [asset('a.mp4', 'old')] }] });
      const fault = { kind: 'status', status, body, contentType: 'application/json' } as const;
      bench.github.faults.add({ route, fault });
      const release = await bench.find();
      const failure = await failureOf(bench.attach(await bench.file('a.mp4', 'new'), release));
      expect(failure.kind).toBe('github-error');
      await bench.attach(await bench.file('b.mp4', 'other'), release);
      expect(bench.assets()).toMatchObject({ 'b.mp4': 'other' });
    },
  );

  test.each([
    [
      'HTML',
      { kind: 'status', status: 200, body: '<html>Log in</html>', contentType: 'text/html' },
      'github-unreachable',
    ],
    ['nothing', { kind: 'status', status: 200 }, 'github-unreachable'],
    ['other JSON', { kind: 'status', status: 200, body: { hello: 'world' } }, 'github-error'],
  ] as const)('a response that is not GitHub’s: %s', async (_, fault, kind) => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'any', fault, times: always });
    expect((await failureOf(bench.find())).kind).toBe(kind);
  });
});

test('a body that is not text is described by its type and size', async () => {
  await using bench = await openReleaseBench();
  const fault = { kind: 'status', status: 502, body: byteSource(Buffer.from('1f8b080000', 'hex')) } as const;
  bench.github.faults.add({ route: 'any', fault, times: always });
  const { what } = await failureOf(bench.find());
  expect(what).toMatch(/HTTP 502 with a body of 5 bytes that is not text \([a-z/]+\)/);
});

test('an attempt without a response ends after 30 s', async () => {
  await using bench = await openReleaseBench({ clock: fastClock(500) });
  bench.github.faults.add({ route: 'any', fault: { kind: 'stall' }, times: always });
  const failure = await failureOf(bench.find());
  expect(failure.kind).toBe('github-unreachable');
  expect(failure.what).toContain('sent no complete response in 30 s');
  expect(bench.github.requests).toHaveLength(5);
});
