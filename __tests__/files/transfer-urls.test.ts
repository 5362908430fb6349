import { describe, expect, test } from '@jest/globals';
import { redirect } from '../../local-stream/faults.ts';
import { startLocalStream } from '../../local-stream/server.ts';
import { Failure } from '../../src/core/failure.ts';
import { shortenTokens } from '../../src/runner/redaction.ts';
import { always } from '../harness/responses.ts';
import { bytesOf, digestOf, film, openSaveBench, type SaveBench } from '../harness/save-bench.ts';
import { waitUntil } from '../harness/wait-until.ts';
import { apiRequest } from '../local-stream/api-request.ts';

describe('a redirect is followed', () => {
  test.each<[string, (bench: SaveBench) => string]>([
    ['relative to the file', () => 'default.mp4?moved'],
    ['relative to the host', ({ video }) => `/${video.id}/downloads/default.mp4?moved`],
    ['without a scheme', ({ video, urlOf }) => `${urlOf(video).slice('http:'.length)}?moved`],
    ['absolute', ({ video, urlOf }) => `${urlOf(video)}?moved`],
  ])('%s', async (_, location) => {
    await using bench = await openSaveBench();
    bench.fault(redirect(location(bench)));
    await bench.expectSaved();
    expect(bench.requests.map(({ query, status }) => [status, 'moved' in query])).toEqual([
      [302, false],
      [200, true],
    ]);
  });

  test.each([301, 302, 303, 307, 308] as const)('%d', async (status) => {
    await using bench = await openSaveBench();
    bench.fault(redirect('?moved', status));
    await bench.expectSaved();
  });

  test('to another host, which gets range requests but no credentials', async () => {
    await using other = await startLocalStream();
    await using bench = await openSaveBench({ breaks: { 2: 100_000 } });
    const { uid } = other.addVideo({ downloads: { default: 'ready' }, media: { default: film } });
    bench.fault(redirect(`${other.deliveryUrl}/${uid}/downloads/default.mp4`), { times: always });
    await bench.expectSaved();
    expect(bench.requests).toHaveLength(2);
    expect(other.requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=100000-']);
    for (const { headers } of other.requests) {
      expect(headers).not.toHaveProperty('authorization');
      expect(headers).not.toHaveProperty('cookie');
      expect(headers).not.toHaveProperty('referer');
    }
  });

  test('five times', async () => {
    await using bench = await openSaveBench();
    bench.fault(redirect('?again'), { times: 5 });
    await bench.expectSaved();
    expect(bench.requests).toHaveLength(6);
  });

  test('but not six times', async () => {
    await using bench = await openSaveBench();
    bench.fault(redirect('?again'), { times: 6 });
    expect(await bench.failure()).toMatchObject({
      kind: 'delivery-redirected',
      response: { httpStatus: 302 },
    });
    expect(bench.requests).toHaveLength(6);
  });
});

describe('a redirect is refused, and no request is sent there', () => {
  test.each([
    ['to another protocol', 'ftp://127.0.0.1/film.mp4', 'which is not an http(s) URL'],
    ['to a file', 'file:///etc/passwd', 'which is not an http(s) URL'],
    ['to a malformed URL', 'http://', 'which is not an http(s) URL'],
    ['to data', 'data:video/mp4;base64,AAAA', 'which is not an http(s) URL'],
    ['with a user', 'http://user@127.0.0.1/film.mp4', 'a URL with a user in it'],
    ['with a password', 'http://:password@127.0.0.1/film.mp4', 'a URL with a user in it'],
    ['with a user and a password', 'http://user:password@127.0.0.1/film.mp4', 'a URL with a user in it'],
  ])('%s', async (_, location, reason) => {
    await using bench = await openSaveBench();
    bench.fault(redirect(location));
    const { kind, what } = await bench.failure();
    expect([kind, bench.requests.length]).toEqual(['delivery-redirected', 1]);
    expect(what).toContain(reason);
    expect(what).not.toContain('password');
  });

  test('from https to http', async () => {
    const requested: string[] = [];
    await using bench = await openSaveBench({
      intercept: async ({ url: sent }) => {
        requested.push(sent);
        return new Response(null, { status: 302, headers: { location: 'http://delivery.example/film.mp4' } });
      },
    });
    const url = 'https://delivery.example/film.mp4';
    const { kind, what } = await bench.failure(bench.video, { url });
    expect([kind, requested]).toEqual(['delivery-redirected', [url]]);
    expect(what).toContain('http://delivery.example/film.mp4, which is not encrypted');
  });

  test('without a target', async () => {
    await using bench = await openSaveBench();
    bench.fault({ kind: 'status', status: 302 }, { times: always });
    const { kind, what } = await bench.failure();
    expect([kind, bench.requests.length]).toEqual(['delivery-redirected', 1]);
    expect(what).toContain('redirects to no address');
  });
});

describe('another URL', () => {
  const refused = [401, 403] as const;

  test.each(refused)('is requested once if the first one is refused: %d', async (status) => {
    await using bench = await openSaveBench();
    bench.fault({ kind: 'status', status });
    await bench.expectSaved();
    expect(bench.refusals).toMatchObject([{ kind: 'delivery-refused', response: { httpStatus: status } }]);
    expect(bench.log).toEqual([]);
  });

  test.each(refused)('is not requested again if it is refused as well: %d', async (status) => {
    await using bench = await openSaveBench();
    bench.fault({ kind: 'status', status }, { times: always });
    expect(await bench.failure()).toMatchObject({
      kind: 'delivery-refused',
      response: { httpStatus: status },
    });
    expect([bench.refusals.length, bench.requests.length]).toEqual([1, 2]);
  });

  test('is requested during a file, and again after each new byte, and the file is resumed', async () => {
    await using bench = await openSaveBench({ breaks: { 1: 100_000, 3: 1, 5: 100_000 } });
    for (const after of [1, 2, 3]) bench.fault({ kind: 'status', status: 401 }, { after });
    await bench.expectSaved();
    expect(bench.refusals).toHaveLength(3);
    expect(bench.requests.map(({ status }) => status)).toEqual([200, 401, 206, 401, 206, 401, 206]);
  });

  test('is not requested twice without a new byte, whatever fails in between', async () => {
    await using bench = await openSaveBench({ breaks: { 1: 100_000 } });
    bench.fault({ kind: 'status', status: 401 }, { after: 1 });
    bench.fault({ kind: 'reset' }, { after: 1 });
    bench.fault({ kind: 'status', status: 403 }, { after: 1 });
    expect((await bench.failure()).response).toMatchObject({ httpStatus: 403 });
    expect([bench.refusals.length, bench.requests.length]).toEqual([1, 4]);
  });

  test('that cannot be created is the reason of the failure', async () => {
    await using bench = await openSaveBench();
    bench.fault({ kind: 'status', status: 401 });
    const failure = await bench.failure(bench.video, {
      signAgain: async ({ response, what }) => {
        throw new Failure('private-video', what, { response });
      },
    });
    expect(failure).toMatchObject({ kind: 'private-video', response: { httpStatus: 401 } });
    expect(await bench.tree()).toEqual(['workspace/']);
  });

  test('resumes the file if tokens are revoked', async () => {
    await using bench = await openSaveBench({
      breaks: { 1: 100_000 },
      before: (request) => request === 2 && bench.stream.revokeTokens(),
    });
    const video = bench.add({ media: { default: film }, requireSignedURLs: true });
    const signAgain = () => signedUrl(bench, video.id);
    await bench.save(video, { url: await signAgain(), signAgain });
    expect(bench.requests.map(({ status }) => status)).toEqual([200, 401, 206]);
    const [first, second, third] = bench.requests.map(({ path }) => path);
    expect(first).toBe(second);
    expect(third).not.toBe(first);
  });
});

async function signedUrl({ stream }: SaveBench, uid: string): Promise<string> {
  const init = {
    method: 'POST',
    body: '{"downloadable":true}',
    headers: { authorization: `Bearer ${stream.token}` },
  };
  const response = await apiRequest(stream, `/${uid}/token`, init);
  const { result } = (await response.json()) as { result: { token: string } };
  return `${stream.deliveryUrl}/${result.token}/downloads/default.mp4`;
}

describe('a signed URL is not shown in a failure or in the log', () => {
  // The shape of Stream's tokens, by which they are recognised.
  const token = `eyJ${'hbGciOi'.repeat(9)}.eyJ${'zdWIiOi'.repeat(30)}.${'s-g_n'.repeat(60)}`;
  const path = `/${token}/downloads/default.mp4`;

  test.each<[string, (bench: SaveBench) => void]>([
    ['missing', ({ fault }) => fault({ kind: 'status', status: 404, body: `No ${path}` }, { times: always })],
    [
      'refused, with the URL where the body is truncated',
      ({ fault }) =>
        fault({ kind: 'status', status: 403, body: `${'x'.repeat(170)} ${path}` }, { times: always }),
    ],
    [
      'a long page, of which the URL is read in part',
      ({ fault }) =>
        fault(
          {
            kind: 'status',
            status: 200,
            contentType: 'text/html',
            body: `${' '.repeat(4096 - 60)}${path}${' '.repeat(2 ** 20)}`,
          },
          { times: always },
        ),
    ],
    ['a redirect', ({ fault }) => fault(redirect(`ftp://127.0.0.1${path}`))],
    ['a long redirect', ({ fault }) => fault(redirect(`ftp://127.0.0.1/${'x'.repeat(270)}${path}`))],
    ['redirects', ({ fault }) => fault(redirect(path), { times: always })],
    ['no connection', ({ fault }) => fault({ kind: 'reset' }, { times: always })],
    [
      'another part',
      ({ fault }) =>
        fault(
          { kind: 'status', status: 206, contentType: 'video/mp4', headers: { 'content-range': path } },
          { times: always },
        ),
    ],
    [
      'an encoding',
      ({ fault }) =>
        fault({ kind: 'headers', headers: { 'content-encoding': `br, ${path}` } }, { times: always }),
    ],
    [
      'other bytes',
      ({ fault }) =>
        fault({ kind: 'status', status: 200, contentType: 'video/mp4', body: token }, { times: always }),
    ],
    ['cancelled', ({ fault }) => fault({ kind: 'stall' })],
  ])('%s', async (name, arrange) => {
    await using bench = await openSaveBench();
    arrange(bench);
    const url = `${bench.stream.deliveryUrl}${path}`;
    const failing = bench.failure(bench.video, { url, signAgain: async () => url });
    if (name === 'cancelled') {
      await waitUntil(() => bench.requests.length > 0);
      bench.cancel();
    }
    const failure = await failing;
    const texts = shortenTokens([failure.message, failure.what, ...bench.log].join('\n'));
    for (const piece of [token.slice(0, 12), token.slice(70, 90), 'zdWIiOi', 's-g_n']) {
      expect(texts).not.toContain(piece);
    }
  });
});

test('parts from different URLs make one file', async () => {
  // The copy was made later, and a part with another date would be of another version.
  const readings = { deliveryLastModified: false };
  await using bench = await openSaveBench({ breaks: { 1: 100_000 }, readings });
  const copy = bench.add({ media: { default: bytesOf(film) } });
  bench.fault({ kind: 'status', status: 403 }, { after: 1 });
  const saved = await bench.save(bench.video, { signAgain: async () => bench.urlOf(copy) });
  expect(saved).toMatchObject(digestOf(film));
  expect(bench.requests.map(({ status }) => status)).toEqual([200, 403, 206]);
});
