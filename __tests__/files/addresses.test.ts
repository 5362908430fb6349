import { describe, expect, test } from '@jest/globals';
import { redirect } from '../../local-stream/faults.ts';
import { startLocalStream } from '../../local-stream/server.ts';
import { Failure } from '../../src/core/failure.ts';
import { always, bytesOf, film, openSaveBench, type SaveBench } from '../harness/save-bench.ts';
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
    await bench.arrives();
    expect(bench.requests.map(({ query, status }) => [status, 'moved' in query])).toEqual([
      [302, false],
      [200, true],
    ]);
  });

  test.each([301, 302, 303, 307, 308] as const)('%d', async (status) => {
    await using bench = await openSaveBench();
    bench.fault(redirect('?moved', status));
    await bench.arrives();
  });

  test('to another host, to which a part is asked for as well, and which gets no credentials', async () => {
    await using other = await startLocalStream();
    await using bench = await openSaveBench({ breaks: { 2: 100_000 } });
    const { uid } = other.addVideo({ downloads: { default: 'ready' }, media: { default: film } });
    bench.fault(redirect(`${other.deliveryUrl}/${uid}/downloads/default.mp4`), { times: always });
    await bench.arrives();
    expect(bench.requests).toHaveLength(2);
    expect(other.requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=100000-']);
    for (const { headers } of other.requests) {
      expect(headers).not.toHaveProperty('authorization');
      expect(headers).not.toHaveProperty('cookie');
      expect(headers).not.toHaveProperty('referer');
    }
  });

  test('five times, and not a sixth time', async () => {
    await using bench = await openSaveBench();
    bench.fault(redirect('?again'), { times: 5 });
    await bench.arrives();
    expect(bench.requests).toHaveLength(6);

    bench.fault(redirect('?again'), { times: 6 });
    const again = bench.add({ media: { default: film } });
    const failure = await bench.failure(again);
    expect(failure.kind).toBe('target-taken');
  });

  test('six times is refused', async () => {
    await using bench = await openSaveBench();
    bench.fault(redirect('?again'), { times: 6 });
    expect(await bench.failure()).toMatchObject({ kind: 'delivery-redirected', said: { httpStatus: 302 } });
    expect(bench.requests).toHaveLength(6);
  });
});

describe('a redirect is refused, and nothing is asked for there', () => {
  test.each([
    ['to another protocol', 'ftp://127.0.0.1/film.mp4', 'which is no http(s) address'],
    ['to a file', 'file:///etc/passwd', 'which is no http(s) address'],
    ['to what is no address', 'http://', 'which is no http(s) address'],
    ['to data', 'data:video/mp4;base64,AAAA', 'which is no http(s) address'],
    ['with a user', 'http://user@127.0.0.1/film.mp4', 'an address with a user in it'],
    ['with a user and a password', 'http://user:password@127.0.0.1/film.mp4', 'an address with a user in it'],
  ])('%s', async (_, location, why) => {
    await using bench = await openSaveBench();
    bench.fault(redirect(location));
    const { kind, what } = await bench.failure();
    expect([kind, bench.requests.length]).toEqual(['delivery-redirected', 1]);
    expect(what).toContain(why);
    expect(what).not.toContain('password');
  });

  test('from https to http', async () => {
    const asked: string[] = [];
    await using bench = await openSaveBench({
      fetch: async (input) => {
        asked.push(String(input));
        return new Response(null, { status: 302, headers: { location: 'http://delivery.example/film.mp4' } });
      },
    });
    const url = 'https://delivery.example/film.mp4';
    const { kind, what } = await bench.failure(bench.video, { url: async () => url });
    expect([kind, asked]).toEqual(['delivery-redirected', [url]]);
    expect(what).toContain('http://delivery.example/film.mp4, which is not encrypted');
  });

  test('without saying where to', async () => {
    await using bench = await openSaveBench();
    bench.fault({ kind: 'status', status: 302 }, { times: always });
    const { kind, what } = await bench.failure();
    expect([kind, bench.requests.length]).toEqual(['delivery-redirected', 1]);
    expect(what).toContain('nowhere');
  });
});

describe('another address', () => {
  const refused = [401, 403] as const;

  test.each(refused)('is asked for once where the first one is refused: %d', async (status) => {
    await using bench = await openSaveBench();
    bench.fault({ kind: 'status', status });
    await bench.arrives();
    expect(bench.renewals).toMatchObject([{ kind: 'delivery-refused', said: { httpStatus: status } }]);
  });

  test.each(refused)('is not asked for again where that is refused as well: %d', async (status) => {
    await using bench = await openSaveBench();
    bench.fault({ kind: 'status', status }, { times: always });
    expect(await bench.failure()).toMatchObject({ kind: 'delivery-refused', said: { httpStatus: status } });
    expect([bench.renewals.length, bench.requests.length]).toEqual([1, 2]);
  });

  test('is asked for half-way, and again after each new byte, and the file goes on from there', async () => {
    await using bench = await openSaveBench({ breaks: { 1: 100_000, 3: 1, 5: 100_000 } });
    for (const after of [1, 2, 3]) bench.fault({ kind: 'status', status: 401 }, { after });
    await bench.arrives();
    expect(bench.renewals).toHaveLength(3);
    expect(bench.requests.map(({ status }) => status)).toEqual([200, 401, 206, 401, 206, 401, 206]);
  });

  test('is not asked for a second time in a stretch without a new byte, whatever came between', async () => {
    await using bench = await openSaveBench({ breaks: { 1: 100_000 } });
    bench.fault({ kind: 'status', status: 401 }, { after: 1 });
    bench.fault({ kind: 'reset' }, { after: 1 });
    bench.fault({ kind: 'status', status: 403 }, { after: 1 });
    expect((await bench.failure()).said).toMatchObject({ httpStatus: 403 });
    expect([bench.renewals.length, bench.requests.length]).toEqual([1, 4]);
  });

  test('that cannot be had ends it with the reason for that', async () => {
    await using bench = await openSaveBench();
    bench.fault({ kind: 'status', status: 401 });
    const failure = await bench.failure(bench.video, {
      renew: async (refused) => {
        throw new Failure('private-video', refused.what, { said: refused.said });
      },
    });
    expect(failure).toMatchObject({ kind: 'private-video', said: { httpStatus: 401 } });
    expect(await bench.tree()).toEqual(['workspace/']);
  });

  test('with a new token goes on where tokens are revoked half-way', async () => {
    await using bench = await openSaveBench({
      breaks: { 1: 100_000 },
      before: (request) => request === 2 && bench.stream.revokeTokens(),
    });
    const video = bench.add({ media: { default: film }, requireSignedURLs: true });
    const signed = async () => signedUrl(bench, video.id);
    await bench.save(video, { url: signed, renew: signed });
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

describe('a signed address is in no failure, nor in anything that is told', () => {
  // The shape of Stream's tokens, which is all that anybody knows them by.
  const token = `eyJ${'hbGciOi'.repeat(9)}.eyJ${'zdWIiOi'.repeat(30)}.${'s-g_n'.repeat(60)}`;
  const path = `/${token}/downloads/default.mp4`;

  test.each<[string, (bench: SaveBench) => void]>([
    ['missing', ({ fault }) => fault({ kind: 'status', status: 404, body: `No ${path}` }, { times: always })],
    ['failed', ({ fault }) => fault({ kind: 'status', status: 424, body: path }, { times: always })],
    [
      'refused, with the address in the midst of the cut',
      ({ fault }) =>
        fault({ kind: 'status', status: 403, body: `${'x'.repeat(170)} ${path}` }, { times: always }),
    ],
    [
      'a page',
      ({ fault }) =>
        fault(
          { kind: 'status', status: 200, contentType: 'text/html', body: `<a href="${path}">` },
          { times: always },
        ),
    ],
    [
      'a long page, cut within the address',
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
    ['a redirect, cut', ({ fault }) => fault(redirect(`ftp://127.0.0.1/${'x'.repeat(270)}${path}`))],
    ['redirects', ({ fault }) => fault(redirect(path), { times: always })],
    ['cut', ({ fault }) => fault({ kind: 'reset' }, { times: always })],
    ['a fault', ({ fault }) => fault({ kind: 'status', status: 500, body: path }, { times: always })],
    [
      'another part',
      ({ fault }) =>
        fault(
          { kind: 'status', status: 206, contentType: 'video/mp4', headers: { 'content-range': path } },
          { times: always },
        ),
    ],
    [
      'other bytes',
      ({ fault }) =>
        fault({ kind: 'status', status: 200, contentType: 'video/mp4', body: token }, { times: always }),
    ],
    [
      'encoded',
      ({ fault }) => fault({ kind: 'headers', headers: { 'content-encoding': 'br' } }, { times: always }),
    ],
    ['cancelled', ({ fault, cancel }) => [fault({ kind: 'stall' }), setTimeout(cancel, 30)]],
  ])('%s', async (_, arrange) => {
    await using bench = await openSaveBench();
    arrange(bench);
    const url = `${bench.stream.deliveryUrl}${path}`;
    const failure = await bench.failure(bench.video, { url: async () => url, renew: async () => url });
    const texts = [failure.message, failure.what, ...bench.told];
    for (const piece of [token.slice(0, 12), token.slice(70, 90), 'zdWIiOi', 's-g_n']) {
      expect(texts.join('\n')).not.toContain(piece);
    }
  });
});

test('bytes that came under one address and the rest under another make one file', async () => {
  await using bench = await openSaveBench({ breaks: { 1: 100_000 } });
  const copy = bench.add({ media: { default: bytesOf(film) } });
  bench.fault({ kind: 'status', status: 403 }, { after: 1 });
  const saved = await bench.save(bench.video, { renew: async () => bench.urlOf(copy) });
  expect(saved.sizeBytes).toBe(bytesOf(film).byteLength);
  expect(bench.requests.map(({ status }) => status)).toEqual([200, 403, 206]);
});
