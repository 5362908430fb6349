import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  badGateway,
  type Fault,
  Faults,
  primaryRateLimit,
  secondaryRateLimit,
} from '../../local-github/faults.ts';
import { type LocalGitHub, startLocalGitHub } from '../../local-github/server.ts';
import { answerOf, assetWith, githubRequest, sha256, upload } from './github-request.ts';

let github: LocalGitHub;
let path: string;

beforeEach(async () => {
  github = await startLocalGitHub();
  path = `/assets/${github.addRelease({ tag: 'v1', assets: [{ name: 'old.mp4' }] }).assets[0]?.id}`;
});

afterEach(() => github.close());

const remove = (init: RequestInit = {}) => githubRequest(github, path, { method: 'DELETE', ...init });
const names = () => github.assets('v1').map(({ name }) => name);
const reset = { cause: { code: 'ECONNRESET' } };

describe('on the connection', () => {
  test('reset: nothing is carried out, and there is no answer', async () => {
    github.faults.add({ route: 'assets.delete', fault: { kind: 'reset' } });
    github.faults.add({ route: 'assets.upload', fault: { kind: 'reset' } });
    await expect(remove()).rejects.toMatchObject(reset);
    await expect(upload(github, 'v1', 'a', 'x')).rejects.toThrow('fetch failed');
    expect(names()).toEqual(['old.mp4']);
    expect(github.requests).toMatchObject([
      { route: 'assets.delete' },
      { route: 'assets.upload', bodyBytes: 0 },
    ]);
    expect(github.requests[0]).not.toHaveProperty('status');
  });

  test('answer-lost: it is carried out, and there is no answer', async () => {
    github.faults.add({ route: 'any', fault: { kind: 'answer-lost' }, times: 2 });
    await expect(remove()).rejects.toMatchObject(reset);
    await expect(upload(github, 'v1', 'a', 'x')).rejects.toMatchObject(reset);
    expect(github.assets('v1')).toMatchObject([{ name: 'a', state: 'uploaded', size: 1 }]);
    expect(github.requests[1]).toMatchObject({ bodyBytes: 1, sha256: sha256('x') });
    expect(github.requests[1]).not.toHaveProperty('status');
  });

  test('delay: the answer comes later', async () => {
    github.faults.add({ route: 'releases.list', fault: { kind: 'delay', ms: 50 } });
    const began = performance.now();
    expect((await githubRequest(github, '')).status).toBe(200);
    expect(performance.now() - began).toBeGreaterThanOrEqual(49);
  });

  test('stall: no answer comes until the client leaves', async () => {
    github.faults.add({ route: 'any', fault: { kind: 'stall' }, times: 2 });
    for (const ask of [remove, (init: RequestInit) => upload(github, 'v1', 'a', 'x', init)]) {
      await expect(ask({ signal: AbortSignal.timeout(20) })).rejects.toMatchObject({ name: 'TimeoutError' });
    }
    expect(names()).toEqual(['old.mp4']);
  });

  test('stall: it does not hold the server open', async () => {
    github.faults.add({ route: 'assets.upload', fault: { kind: 'stall', afterBytes: 1 } });
    const answer = upload(github, 'v1', 'a', new Uint8Array(4 * 2 ** 20)).catch(
      (error: Error) => error.message,
    );
    await assetWith(github, 'v1', ({ name }) => name === 'a');
    await github.close();
    expect(await answer).toBe('fetch failed');
  });
});

describe('within an upload', () => {
  test.each([0, 3, 100_000, 4 * 2 ** 20])(
    'broken-upload: a starter stays behind after %d bytes',
    async (bytes) => {
      github.faults.add({ route: 'assets.upload', fault: { kind: 'broken-upload', bytes } });
      // Whether the client sees a reset or a broken pipe hangs on whether it is still writing.
      await expect(upload(github, 'v1', 'a', new Uint8Array(4 * 2 ** 20))).rejects.toThrow('fetch failed');
      expect(github.assets('v1')[1]).toMatchObject({ name: 'a', state: 'starter', size: 0, digest: null });
      expect(github.requests[0]).toMatchObject({ bodyBytes: bytes });
      expect(github.requests[0]).not.toHaveProperty('sha256');
    },
  );

  test('broken-upload: also one of fewer bytes', async () => {
    github.faults.add({ route: 'assets.upload', fault: { kind: 'broken-upload', bytes: 100 } });
    await expect(upload(github, 'v1', 'a', 'x')).rejects.toMatchObject(reset);
    expect(github.assets('v1')[1]).toMatchObject({ name: 'a', state: 'starter' });
  });

  test('stall: after so many bytes no more is taken, and a starter stays behind', async () => {
    github.faults.add({ route: 'assets.upload', fault: { kind: 'stall', afterBytes: 10 } });
    const leaving = new AbortController();
    const answer = upload(github, 'v1', 'a', new Uint8Array(4 * 2 ** 20), { signal: leaving.signal });
    while (github.requests[0]?.bodyBytes !== 10) await new Promise(setImmediate);
    expect((await githubRequest(github, '')).status).toBe(200);
    leaving.abort();
    await expect(answer).rejects.toThrow('aborted');
    expect(github.assets('v1')[1]).toMatchObject({ name: 'a', state: 'starter' });
    expect(github.requests[0]?.bodyBytes).toBe(10);
  });

  test('badGateway: the body is taken, and a starter stays behind', async () => {
    github.faults.add({ route: 'any', fault: badGateway(), times: 2 });
    expect((await upload(github, 'v1', 'a', 'body')).status).toBe(502);
    expect((await remove()).status).toBe(502);
    expect(github.assets('v1')).toMatchObject([{ name: 'old.mp4' }, { name: 'a', state: 'starter' }]);
    expect(github.requests[0]).toMatchObject({ bodyBytes: 4, sha256: sha256('body'), status: 502 });
  });

  test.each<Fault>([
    { kind: 'broken-upload', bytes: 0 },
    { kind: 'broken-upload', bytes: 10 },
    { kind: 'stall', afterBytes: 0 },
  ])('%j: another request is not carried out either', async (fault) => {
    github.faults.add({ route: 'assets.delete', fault });
    await expect(remove({ signal: AbortSignal.timeout(20) })).rejects.toThrow();
    expect(names()).toEqual(['old.mp4']);
  });

  test('broken-upload: an upload that is refused has its answer before', async () => {
    github.faults.add({ route: 'assets.upload', fault: { kind: 'broken-upload', bytes: 1 } });
    expect((await upload(github, 'v1', 'old.mp4', 'x')).status).toBe(422);
  });

  test('only of the asset that it is for', async () => {
    github.faults.add({ route: 'assets.upload', asset: 'b c', fault: { kind: 'status', status: 500 } });
    github.faults.add({ route: 'any', asset: 'old.mp4', fault: { kind: 'status', status: 503 }, times: 3 });
    expect((await upload(github, 'v1', 'a', 'x')).status).toBe(201);
    expect((await upload(github, 'v1', 'b c', 'x')).status).toBe(500);
    expect((await upload(github, 'v1', 'b c', 'x')).status).toBe(201);
    expect((await remove()).status).toBe(503);
    expect((await githubRequest(github, path)).status).toBe(503);
    expect((await fetch(github.assets('v1')[0]?.browser_download_url ?? '')).status).toBe(503);
    expect((await remove()).status).toBe(204);
  });
});

describe('instead of the answer', () => {
  async function answerTo(fault: Fault): Promise<{ status: number; headers: object; text: string }> {
    github.faults.add({ route: 'assets.delete', fault });
    const response = await remove();
    expect(names()).toEqual(['old.mp4']);
    expect(github.requests.at(-1)).toMatchObject({
      status: response.status,
      requestId: response.headers.get('x-github-request-id'),
    });
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      text: await response.text(),
    };
  }

  test('the limit of the hour', async () => {
    const clock = { now: () => 1_000_000_500 };
    const { status, headers, text } = await answerTo(primaryRateLimit(60, 403, clock));
    expect(status).toBe(403);
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '1000061',
    });
    expect(JSON.parse(text)).toMatchObject({ message: expect.stringMatching(/^API rate limit exceeded/) });
    expect((await answerTo(primaryRateLimit(1, 429))).status).toBe(429);
  });

  test('the limit of how much at once', async () => {
    const { status, headers, text } = await answerTo(secondaryRateLimit(7));
    expect([status, headers]).toEqual([403, expect.objectContaining({ 'retry-after': '7' })]);
    expect(JSON.parse(text)).toMatchObject({
      message: expect.stringMatching(/^You have exceeded a secondary rate limit/),
    });
    const other = await answerTo(secondaryRateLimit(undefined, 429));
    expect([other.status, Object.keys(other.headers)]).toEqual([
      429,
      expect.not.arrayContaining(['retry-after']),
    ]);
  });

  test('anything', async () => {
    const page = { kind: 'status', status: 503, body: '<html>', contentType: 'text/html' } as const;
    expect(await answerTo({ ...page, headers: { 'x-odd': 'yes' } })).toMatchObject({
      status: 503,
      headers: { 'content-type': 'text/html', 'x-odd': 'yes' },
      text: '<html>',
    });
    const json = {
      kind: 'status',
      status: 418,
      body: { a: 1 },
      contentType: 'application/problem+json',
    } as const;
    expect(await answerTo(json)).toMatchObject({
      headers: { 'content-type': 'application/problem+json' },
      text: '{"a":1}',
    });
    expect(await answerTo({ kind: 'status', status: 500 })).toMatchObject({ status: 500, text: '' });
  });

  test('to an upload, of which nothing stays behind', async () => {
    github.faults.add({ route: 'assets.upload', fault: secondaryRateLimit(1) });
    expect(await answerOf(upload(github, 'v1', 'a', new Uint8Array(4 * 2 ** 20)))).toMatchObject({
      status: 403,
    });
    expect(names()).toEqual(['old.mp4']);
  });
});

describe('which requests meet a fault', () => {
  const fault = secondaryRateLimit();
  const other = badGateway();

  function met(faults: Faults, count: number, route: 'assets.list' | 'assets.get' = 'assets.get'): string {
    return Array.from({ length: count }, () => {
      const next = faults.next({ route });
      return next === fault ? 'x' : next === other ? 'o' : '.';
    }).join('');
  }

  test('one, when nothing else is said', () => {
    const faults = new Faults();
    faults.add({ route: 'assets.get', fault });
    expect(met(faults, 2, 'assets.list')).toBe('..');
    expect(met(faults, 3)).toBe('x..');
  });

  test('so many, after so many, in the order in which they were added', () => {
    const faults = new Faults();
    faults.add({ route: 'assets.get', fault, times: 2, after: 1 });
    faults.add({ route: 'assets.get', fault: other, after: 1 });
    expect(met(faults, 6)).toBe('.xxo..');
  });

  test('all, until it is taken away', () => {
    const faults = new Faults();
    const takeAway = faults.add({ route: 'any', fault, times: Number.POSITIVE_INFINITY });
    expect(met(faults, 50)).toBe('x'.repeat(50));
    expect(faults.next({ route: 'unknown' })).toBe(fault);
    takeAway();
    expect(met(faults, 2)).toBe('..');
  });
});
