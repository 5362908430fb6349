import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  badGateway,
  type Fault,
  forbidden,
  injected,
  primaryRateLimit,
  secondaryRateLimit,
} from '../../local-github/faults.ts';
import { type LocalGitHub, startLocalGitHub } from '../../local-github/server.ts';
import { gzippedFiller } from '../../local-http/filler.ts';
import { injectionText } from '../../local-http/injection.ts';
import { sha256 } from '../harness/media.ts';
import { assetWith, githubRequest, statusAndBody, upload } from './github-request.ts';

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

describe('faults of the connection', () => {
  test('reset: the request is not carried out, nor an upload begun', async () => {
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

  test('answer-lost: the request or upload is carried out, and not answered', async () => {
    github.faults.add({ route: 'any', fault: { kind: 'answer-lost' }, times: 2 });
    await expect(remove()).rejects.toMatchObject(reset);
    await expect(upload(github, 'v1', 'a', 'x')).rejects.toMatchObject(reset);
    expect(github.assets('v1')).toMatchObject([{ name: 'a', state: 'uploaded', size: 1 }]);
    expect(github.requests[1]).toMatchObject({ bodyBytes: 1, sha256: sha256('x') });
    expect(github.requests[1]).not.toHaveProperty('status');
  });

  test('stall: there is no response until the client disconnects', async () => {
    github.faults.add({ route: 'any', fault: { kind: 'stall' }, times: 2 });
    for (const ask of [remove, (init: RequestInit) => upload(github, 'v1', 'a', 'x', init)]) {
      await expect(ask({ signal: AbortSignal.timeout(20) })).rejects.toMatchObject({ name: 'TimeoutError' });
    }
    expect(names()).toEqual(['old.mp4']);
  });

  test('stall: does not prevent the server from closing', async () => {
    github.faults.add({ route: 'assets.upload', fault: { kind: 'stall', afterBytes: 1 } });
    const answer = upload(github, 'v1', 'a', new Uint8Array(4 * 2 ** 20)).catch(
      (error: Error) => error.message,
    );
    await assetWith(github, 'v1', ({ name }) => name === 'a');
    await github.close();
    expect(await answer).toBe('fetch failed');
  });
});

describe('faults of an upload', () => {
  test.each([0, 3, 100_000, 4 * 2 ** 20])('broken-upload: leaves a starter after %d bytes', async (bytes) => {
    github.faults.add({ route: 'assets.upload', fault: { kind: 'broken-upload', bytes } });
    // The client sees a reset or a broken pipe, depending on whether it is still writing.
    await expect(upload(github, 'v1', 'a', new Uint8Array(4 * 2 ** 20))).rejects.toThrow('fetch failed');
    expect(github.assets('v1')[1]).toMatchObject({ name: 'a', state: 'starter', size: 0, digest: null });
    expect(github.requests[0]).toMatchObject({ bodyBytes: bytes });
    expect(github.requests[0]).not.toHaveProperty('sha256');
  });

  test('broken-upload: also breaks a shorter upload', async () => {
    github.faults.add({ route: 'assets.upload', fault: { kind: 'broken-upload', bytes: 100 } });
    await expect(upload(github, 'v1', 'a', 'x')).rejects.toMatchObject(reset);
    expect(github.assets('v1')[1]).toMatchObject({ name: 'a', state: 'starter' });
  });

  test('stall: stops reading after `afterBytes`, and leaves a starter', async () => {
    github.faults.add({ route: 'assets.upload', fault: { kind: 'stall', afterBytes: 10 } });
    const controller = new AbortController();
    const answer = upload(github, 'v1', 'a', new Uint8Array(4 * 2 ** 20), { signal: controller.signal });
    while (github.requests[0]?.bodyBytes !== 10) await new Promise(setImmediate);
    expect((await githubRequest(github, '')).status).toBe(200);
    controller.abort();
    await expect(answer).rejects.toThrow('aborted');
    expect(github.assets('v1')[1]).toMatchObject({ name: 'a', state: 'starter' });
    expect(github.requests[0]?.bodyBytes).toBe(10);
  });

  test('badGateway: receives the body, and leaves a starter', async () => {
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
  ])('%j: a request other than an upload is not carried out', async (fault) => {
    github.faults.add({ route: 'assets.delete', fault });
    await expect(remove({ signal: AbortSignal.timeout(20) })).rejects.toThrow();
    expect(names()).toEqual(['old.mp4']);
  });

  test('broken-upload: a refused upload gets its response first', async () => {
    github.faults.add({ route: 'assets.upload', fault: { kind: 'broken-upload', bytes: 1 } });
    expect((await upload(github, 'v1', 'old.mp4', 'x')).status).toBe(422);
  });

  test('apply only to the given asset', async () => {
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

describe('responses in place of the real one', () => {
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

  test('primary rate limit', async () => {
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

  test('secondary rate limit', async () => {
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

  test('a missing permission, or another refusal', async () => {
    const { status, text } = await answerTo(forbidden());
    expect([status, JSON.parse(text).message]).toEqual([403, 'Resource not accessible by integration']);
    expect(JSON.parse((await answerTo(forbidden('No'))).text)).toMatchObject({ message: 'No' });
  });

  test('any status, with text or JSON', async () => {
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

  test('to an upload, which leaves no asset', async () => {
    github.faults.add({ route: 'assets.upload', fault: secondaryRateLimit(1) });
    expect(await statusAndBody(upload(github, 'v1', 'a', new Uint8Array(4 * 2 ** 20)))).toMatchObject({
      status: 403,
    });
    expect(names()).toEqual(['old.mp4']);
  });
});

describe('hostile responses', () => {
  test('injected: adds text to what a client may show of a release', async () => {
    github.faults.add({ route: 'releases.by-tag', fault: injected() });
    const response = await githubRequest(github, '/tags/v1');
    expect([response.status, response.statusText]).toEqual([
      200,
      expect.stringContaining('\u0085::error::x'),
    ]);
    expect(response.headers.get('deprecation')).toContain('\u0085::error::x');
    const { tag_name, html_url = '' } = github.release('v1') ?? {};
    expect(await response.json()).toMatchObject({
      id: github.release('v1')?.id,
      tag_name: tag_name + injectionText,
      html_url: html_url + injectionText,
      assets: [{ name: `old.mp4${injectionText}`, state: `uploaded${injectionText}`, size: 19 }],
    });
  });

  test('alter: any change, also to the response to an upload', async () => {
    const alter = (json: unknown) => ({ ...(json as object), size: -1 });
    github.faults.add({ route: 'assets.upload', fault: { kind: 'alter', alter } });
    expect(await statusAndBody(upload(github, 'v1', 'a', 'x'))).toMatchObject({
      status: 201,
      body: { name: 'a', size: -1 },
    });
    expect(github.assets('v1')[1]).toMatchObject({ name: 'a', size: 1 });
  });

  test('status: with a source of bytes as its body, such as a bomb', async () => {
    const headers = { 'content-encoding': 'gzip' };
    const fault: Fault = { kind: 'status', status: 200, body: gzippedFiller(3, '{}'), headers };
    github.faults.add({ route: 'releases.list', fault });
    expect(await (await githubRequest(github, '')).text()).toBe('{}   ');
  });
});
