import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type LocalGitHub, startLocalGitHub } from '../../local-github/server.ts';
import { generatedMedia } from '../../local-stream/library/media.ts';
import { sha256 } from '../harness/media.ts';
import { assetWith, githubRequest, refusal, statusAndBody, upload } from './github-request.ts';

let github: LocalGitHub;

beforeEach(async () => {
  github = await startLocalGitHub();
});

afterEach(() => github.close());

const names = () => github.assets('v1').map(({ name }) => name);

/** Begins an upload with the given headers, and leaves its body to the test. */
function openUpload(headers: Record<string, string | number>, name = 'a.mp4') {
  const url = `${github.release('v1')?.upload_url.replace(/\{.*$/, '')}?name=${name}`;
  const outgoing = request(url, {
    method: 'POST',
    agent: false,
    headers: { authorization: `Bearer ${github.token}`, ...headers },
  });
  outgoing.flushHeaders();
  const answer = new Promise<{ status: number | undefined; body: unknown }>((resolve, reject) => {
    outgoing.once('error', reject);
    outgoing.once('response', async (incoming) => {
      resolve({ status: incoming.statusCode, body: JSON.parse((await incoming.toArray()).join('')) });
    });
  });
  // A test may ignore the response on purpose.
  answer.catch(() => undefined);
  return { outgoing, answer };
}

describe('an upload', () => {
  test('becomes an asset', async () => {
    github.addRelease({ tag: 'v1' });
    const answer = await statusAndBody(upload(github, 'v1', 'a walk.mp4', 'the bytes', { label: 'A walk' }));
    const [asset] = github.assets('v1');
    expect(answer).toEqual({ status: 201, body: asset });
    expect(asset).toMatchObject({
      name: 'a.walk.mp4',
      label: 'A walk',
      state: 'uploaded',
      size: 9,
      digest: `sha256:${sha256('the bytes')}`,
      content_type: 'video/mp4',
    });
    expect(new TextDecoder().decode(github.bytesOf(asset?.id ?? 0))).toBe('the bytes');
    expect(await (await fetch(asset?.browser_download_url ?? '')).text()).toBe('the bytes');
  });

  test('is recorded without its bytes', async () => {
    const { id } = github.addRelease({ tag: 'v1' });
    const response = await upload(github, 'v1', 'a.mp4', 'the bytes');
    expect(github.requests).toEqual([
      {
        host: 'uploads',
        route: 'assets.upload',
        method: 'POST',
        path: `/repos/local-owner/local-repo/releases/${id}/assets`,
        query: { name: 'a.mp4' },
        headers: expect.objectContaining({ 'content-length': '9' }),
        at: expect.any(Number),
        requestId: response.headers.get('x-github-request-id'),
        bodyBytes: 9,
        sha256: sha256('the bytes'),
        status: 201,
      },
    ]);
  });

  test('has an empty label and a default type without those parameters', async () => {
    github.addRelease({ tag: 'v1', draft: true, immutable: true });
    const { outgoing, answer } = openUpload({ 'content-length': 1 });
    outgoing.end('x');
    expect(await answer).toMatchObject({
      status: 201,
      body: { label: '', content_type: 'application/octet-stream' },
    });
  });

  test('above 8 MiB is hashed but not kept', async () => {
    github.addRelease({ tag: 'v1' });
    const film = generatedMedia({ sizeBytes: 8 * 2 ** 20 + 1 });
    const body = Buffer.concat([...film.read()]);
    expect((await upload(github, 'v1', 'film.mp4', body)).status).toBe(201);
    const [asset] = github.assets('v1');
    expect(asset).toMatchObject({ size: body.byteLength, digest: `sha256:${sha256(body)}` });
    expect(github.bytesOf(asset?.id ?? 0)).toBeUndefined();
    expect((await fetch(asset?.browser_download_url ?? '')).status).toBe(404);

    expect((await upload(github, 'v1', 'less.mp4', body.subarray(1))).status).toBe(201);
    const less = github.assets('v1')[1];
    expect(body.subarray(1).equals(github.bytesOf(less?.id ?? 0) ?? new Uint8Array())).toBe(true);
  });

  test('is a starter while in progress, and its name is in use', async () => {
    github.addRelease({ tag: 'v1' });
    const { outgoing, answer } = openUpload({ 'content-length': 6 });
    outgoing.write('one');
    const starter = await assetWith(github, 'v1', ({ state }) => state === 'starter');
    expect(starter).toMatchObject({ name: 'a.mp4', size: 0, digest: null });
    expect(await statusAndBody(githubRequest(github, `/assets/${starter.id}`))).toEqual({
      status: 200,
      body: starter,
    });
    expect(await statusAndBody(upload(github, 'v1', 'a.mp4', 'other'))).toEqual(
      refusal({ code: 'already_exists', field: 'name' }),
    );
    outgoing.end('two');
    expect(await answer).toMatchObject({ status: 201, body: { id: starter.id, state: 'uploaded', size: 6 } });
  });

  test('leaves a starter when it is interrupted, which can be deleted', async () => {
    github.addRelease({ tag: 'v1' });
    const { outgoing } = openUpload({ 'content-length': 6 });
    outgoing.write('one');
    const { id } = await assetWith(github, 'v1', ({ state }) => state === 'starter');
    outgoing.destroy();
    expect((await upload(github, 'v1', 'a.mp4', 'onetwo')).status).toBe(422);
    expect(github.assets('v1')).toMatchObject([{ id, state: 'starter', size: 0, digest: null }]);
    expect(github.requests[0]).toMatchObject({ route: 'assets.upload', bodyBytes: 3 });
    expect(github.requests[0]).not.toHaveProperty('sha256');
    expect(github.requests[0]).not.toHaveProperty('status');

    await githubRequest(github, `/assets/${id}`, { method: 'DELETE' });
    expect((await upload(github, 'v1', 'a.mp4', 'onetwo')).status).toBe(201);
    expect(github.assets('v1')).toMatchObject([{ state: 'uploaded', size: 6 }]);
  });

  test('answers 404 when its asset was deleted meanwhile', async () => {
    github.addRelease({ tag: 'v1' });
    const { outgoing, answer } = openUpload({ 'content-length': 6 });
    outgoing.write('one');
    const { id } = await assetWith(github, 'v1', ({ state }) => state === 'starter');
    await githubRequest(github, `/assets/${id}`, { method: 'DELETE' });
    outgoing.end('two');
    expect(await answer).toMatchObject({ status: 404 });
    expect(github.assets('v1')).toEqual([]);
  });
});

describe('an upload is refused', () => {
  test('for a name in use, before its body is read', async () => {
    github.addRelease({ tag: 'v1', assets: [{ name: 'a.b.mp4' }] });
    const { outgoing, answer } = openUpload({ 'content-length': 1e6 }, 'a%20b.mp4');
    expect(await answer).toEqual(refusal({ code: 'already_exists', field: 'name' }));
    expect(github.requests.at(-1)).toMatchObject({ status: 422, bodyBytes: 0 });
    outgoing.destroy();
  });

  test('with a response and an intact connection, also with a large body', async () => {
    github.addRelease({ tag: 'v1', assets: [{ name: 'a.mp4' }] });
    for (let round = 0; round < 3; round += 1) {
      expect((await upload(github, 'v1', 'a.mp4', new Uint8Array(4 * 2 ** 20))).status).toBe(422);
    }
    expect((await upload(github, 'v1', 'b.mp4', 'b')).status).toBe(201);
  });

  test('without a name', async () => {
    github.addRelease({ tag: 'v1' });
    expect(await statusAndBody(upload(github, 'v1', '', 'x'))).toEqual(
      refusal({ code: 'missing_field', field: 'name' }),
    );
  });

  test('without a content length', async () => {
    github.addRelease({ tag: 'v1' });
    const { outgoing, answer } = openUpload({ 'transfer-encoding': 'chunked' });
    outgoing.end('x');
    expect(await answer).toEqual({
      status: 400,
      body: {
        message: 'Bad Content-Length: ',
        documentation_url: 'https://docs.github.com/rest',
        request_id: github.requests[0]?.requestId,
      },
    });
    expect(names()).toEqual([]);
  });

  test('when it is empty or larger than 2 GiB', async () => {
    github.addRelease({ tag: 'v1' });
    expect(await statusAndBody(upload(github, 'v1', 'a.mp4', new Uint8Array()))).toEqual(
      refusal({ code: 'custom', field: 'size', message: 'size must be greater than or equal to 1' }),
    );
    const { outgoing, answer } = openUpload({ 'content-length': 2 ** 31 + 1 });
    expect(await answer).toEqual(
      refusal({ code: 'custom', field: 'size', message: 'size must be less than or equal to 2147483648' }),
    );
    outgoing.destroy();
    expect(names()).toEqual([]);
    openUpload({ 'content-length': 2 ** 31 }, 'largest.mp4').outgoing.write('x');
    await assetWith(github, 'v1', ({ name }) => name === 'largest.mp4');
  });

  test('when the release has 1000 assets', async () => {
    github.addRelease({
      tag: 'v1',
      assets: Array.from({ length: 1000 }, (_, number) => ({ name: `${number}` })),
    });
    expect(await statusAndBody(upload(github, 'v1', 'a.mp4', 'x'))).toEqual(
      refusal({
        code: 'custom',
        field: 'file_count',
        message: 'file_count limited to 1000 assets per release',
      }),
    );
  });

  test('when the release is immutable', async () => {
    github.addRelease({ tag: 'v1', immutable: true });
    expect(await statusAndBody(upload(github, 'v1', 'a.mp4', 'x'))).toEqual({
      status: 422,
      body: {
        message: 'Cannot upload assets to an immutable release.',
        documentation_url: 'https://docs.github.com/rest',
        request_id: github.requests[0]?.requestId,
      },
    });
    expect(names()).toEqual([]);
  });

  test('without write permission', async () => {
    github.addRelease({ tag: 'v1' });
    expect(
      await statusAndBody(upload(github, 'v1', 'a', 'x', { token: github.readOnlyToken })),
    ).toMatchObject({
      status: 403,
      body: { message: 'Resource not accessible by integration' },
    });
    expect(await statusAndBody(upload(github, 'v1', 'a', 'x', { token: 'wrong' }))).toMatchObject({
      status: 401,
      body: { message: 'Bad credentials' },
    });
    expect(names()).toEqual([]);
  });
});

describe('another job', () => {
  test('can upload the same name first, once by default', async () => {
    github.addRelease({ tag: 'v1' });
    const seen: unknown[] = [];
    github.beforeUpload((start) => {
      seen.push(start);
      github.addAsset(start.tag, { name: start.name, bytes: 'theirs' });
    });
    expect(await statusAndBody(upload(github, 'v1', 'a b.mp4', 'ours'))).toEqual(
      refusal({ code: 'already_exists', field: 'name' }),
    );
    expect(seen).toEqual([{ tag: 'v1', name: 'a.b.mp4' }]);
    expect((await upload(github, 'v1', 'b.mp4', 'ours')).status).toBe(201);
    expect(names()).toEqual(['a.b.mp4', 'b.mp4']);
  });

  test('can act before several uploads, or until it is cancelled, and asynchronously', async () => {
    github.addRelease({ tag: 'v1' });
    let calls = 0;
    const step = async () => {
      await new Promise(setImmediate);
      calls += 1;
    };
    github.beforeUpload(step, 2);
    for (const name of ['a', 'b', 'c']) await upload(github, 'v1', name, 'x');
    expect(calls).toBe(2);
    const cancel = github.beforeUpload(step, Number.POSITIVE_INFINITY);
    for (const name of ['d', 'e', 'f']) await upload(github, 'v1', name, 'x');
    cancel();
    await upload(github, 'v1', 'g', 'x');
    expect(calls).toBe(5);
  });

  test('can upload the same name concurrently: only one upload succeeds', async () => {
    github.addRelease({ tag: 'v1' });
    const answers = await Promise.all(['x', 'y', 'z'].map((body) => upload(github, 'v1', 'a.mp4', body)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 422, 422]);
  });
});

test.each([true, false])(
  'names that differ only by case are refused, with the option: %j',
  async (isOption) => {
    await using other = await startLocalGitHub({ caseInsensitiveNames: isOption });
    other.addRelease({ tag: 'v1', assets: [{ name: 'A.mp4' }] });
    expect((await upload(other, 'v1', 'a.mp4', 'x')).status).toBe(isOption ? 422 : 201);
    const [{ id = 0 } = {}] = other.assets('v1');
    const rename = (name: string) =>
      githubRequest(other, `/assets/${id}`, { method: 'PATCH', body: JSON.stringify({ name }) });
    // An asset may be renamed to another form of its own name.
    expect((await rename('a.MP4')).status).toBe(200);
  },
);
