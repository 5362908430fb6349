import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type LocalGitHub, startLocalGitHub } from '../../local-github/server.ts';
import { sha256 } from '../harness/media.ts';
import { githubRequest, refusal, statusAndBody } from './github-request.ts';

let github: LocalGitHub;

beforeEach(async () => {
  github = await startLocalGitHub();
});

afterEach(() => github.close());

/** Adds a release `v1` with two assets. Returns the path of the first one. */
function addRelease(more: { immutable?: boolean; draft?: boolean } = {}): string {
  const assets = [{ name: 'a.mp4', bytes: 'one', contentType: 'video/mp4' }, { name: 'b.mp4' }];
  return `/assets/${github.addRelease({ tag: 'v1', assets, ...more }).assets[0]?.id}`;
}

function change(path: string, body: unknown): ReturnType<typeof statusAndBody> {
  const sent = typeof body === 'string' ? body : JSON.stringify(body);
  return statusAndBody(githubRequest(github, path, { method: 'PATCH', body: sent }));
}

const names = () => github.assets('v1').map(({ name }) => name);

test('an asset has every field of the API', async () => {
  const path = addRelease();
  const asset = github.assets('v1')[0];
  expect(asset).toMatchObject({
    url: `${github.apiUrl}/repos/local-owner/local-repo/releases${path}`,
    name: 'a.mp4',
    label: null,
    state: 'uploaded',
    size: 3,
    digest: `sha256:${sha256('one')}`,
    content_type: 'video/mp4',
    download_count: 0,
    uploader: { login: 'github-actions[bot]' },
  });
  expect(await statusAndBody(githubRequest(github, path))).toEqual({ status: 200, body: asset });
});

test('an asset can be older than digests, or the remains of an upload', () => {
  github.addRelease({
    tag: 'v1',
    assets: [
      { name: 'old', bytes: new Uint8Array(5), digest: null, label: 'Old' },
      { name: 'rest', state: 'starter' },
    ],
  });
  const [old, rest] = github.assets('v1');
  expect(old).toMatchObject({ state: 'uploaded', size: 5, digest: null, label: 'Old' });
  expect(rest).toMatchObject({ state: 'starter', size: 0, digest: null });
  expect(github.bytesOf(old?.id ?? 0)).toEqual(new Uint8Array(5));
  expect(github.bytesOf(rest?.id ?? 0)).toBeUndefined();
});

describe('changing an asset', () => {
  test('changes name and label', async () => {
    const path = addRelease();
    expect(await change(path, { name: 'c d.mp4', label: 'Clip' })).toMatchObject({
      status: 200,
      body: { name: 'c.d.mp4', label: 'Clip', digest: `sha256:${sha256('one')}` },
    });
    expect(await change(path, { label: null })).toMatchObject({ body: { name: 'c.d.mp4', label: null } });
    expect(await change(path, { name: 'c.d.mp4' })).toMatchObject({ status: 200 });
    expect(await change(path, '')).toMatchObject({ status: 200, body: { name: 'c.d.mp4' } });
    expect(names()).toEqual(['c.d.mp4', 'b.mp4']);
    expect(github.requests[0]).toMatchObject({
      route: 'assets.update',
      method: 'PATCH',
      bodyBytes: 33,
      sha256: sha256('{"name":"c d.mp4","label":"Clip"}'),
      status: 200,
    });
  });

  test('refuses a name that is in use', async () => {
    const path = addRelease();
    expect(await change(path, { name: 'b.mp4' })).toEqual(refusal({ code: 'already_exists', field: 'name' }));
    expect(names()).toEqual(['a.mp4', 'b.mp4']);
  });

  test('refuses invalid values', async () => {
    const path = addRelease();
    expect(await change(path, { name: '' })).toEqual(refusal({ code: 'invalid', field: 'name' }));
    expect(await change(path, { name: 1 })).toEqual(refusal({ code: 'invalid', field: 'name' }));
    expect(await change(path, { label: 1 })).toEqual(refusal({ code: 'invalid', field: 'label' }));
    const badRequest = (message: string) => ({ status: 400, body: expect.objectContaining({ message }) });
    expect(await change(path, '{')).toEqual(badRequest('Problems parsing JSON'));
    expect(await change(path, '[]')).toEqual(badRequest('Body should be a JSON object'));
    expect(await change('/assets/1', { name: 'c' })).toMatchObject({ status: 404 });
  });
});

test('deletes an asset', async () => {
  const path = addRelease();
  const response = await githubRequest(github, path, { method: 'DELETE' });
  expect([response.status, await response.text()]).toEqual([204, '']);
  expect(names()).toEqual(['b.mp4']);
  expect((await githubRequest(github, path, { method: 'DELETE' })).status).toBe(404);
});

test('refuses changes and deletions with a read-only token', async () => {
  const path = addRelease();
  const headers = { authorization: `token ${github.readOnlyToken}` };
  for (const method of ['PATCH', 'DELETE']) {
    expect(await statusAndBody(githubRequest(github, path, { method, headers }))).toEqual({
      status: 403,
      body: expect.objectContaining({ message: 'Resource not accessible by integration' }),
    });
  }
  expect(names()).toEqual(['a.mp4', 'b.mp4']);
});

test.each([
  [false, 403],
  [true, 404],
])('answers a read-only token that changes a missing asset, with %j, by %d', async (first, status) => {
  await using server = await startLocalGitHub({ missingBeforePermission: first });
  const { id } = server.addRelease({ tag: 'v1', assets: [{ name: 'a.mp4' }] });
  const headers = { authorization: `token ${server.readOnlyToken}` };
  const send = (path: string, method: string) => githubRequest(server, path, { method, headers });
  for (const method of ['PATCH', 'DELETE']) {
    expect((await send(`/assets/${Number.MAX_SAFE_INTEGER}`, method)).status).toBe(status);
    expect((await send(`/assets/${server.assets('v1')[0]?.id}`, method)).status).toBe(403);
  }
  const upload = `${server.uploadsUrl}/repos/local-owner/local-repo/releases/${id}/assets?name=b`;
  expect((await fetch(upload, { method: 'POST', headers, body: 'b' })).status).toBe(403);
  expect(server.assets('v1').map(({ name }) => name)).toEqual(['a.mp4']);
});

describe('immutable releases', () => {
  test('refuse changes and deletions once published', async () => {
    const path = addRelease({ immutable: true });
    expect(github.release('v1')?.immutable).toBe(true);
    expect(await change(path, { name: 'c.mp4' })).toEqual(
      refusal({ code: 'custom', message: 'Cannot update asset of an immutable release' }),
    );
    expect(await statusAndBody(githubRequest(github, path, { method: 'DELETE' }))).toEqual(
      refusal({ code: 'custom', message: 'Cannot delete asset from an immutable release' }),
    );
    expect(names()).toEqual(['a.mp4', 'b.mp4']);
  });

  test('allow changes and deletions as drafts', async () => {
    const path = addRelease({ immutable: true, draft: true });
    expect(github.release('v1')?.immutable).toBe(false);
    expect(await change(path, { name: 'c.mp4' })).toMatchObject({ status: 200 });
    expect((await githubRequest(github, path, { method: 'DELETE' })).status).toBe(204);
  });
});

describe('downloading an asset', () => {
  const url = () => github.assets('v1')[0]?.browser_download_url ?? '';

  test('needs no token once published, and is counted', async () => {
    addRelease();
    const response = await fetch(url());
    expect([response.status, await response.text()]).toEqual([200, 'one']);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'video/mp4',
      'content-length': '3',
      'content-disposition': 'attachment; filename=a.mp4',
    });
    expect(github.assets('v1')[0]?.download_count).toBe(1);
    expect(github.requests).toMatchObject([{ host: 'api', route: 'assets.download' }]);
  });

  test('returns the size for HEAD', async () => {
    addRelease();
    const response = await fetch(url(), { method: 'HEAD' });
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([
      200,
      '3',
      '',
    ]);
  });

  test('works on the API host with `Accept: application/octet-stream`', async () => {
    const path = addRelease({ draft: true });
    const headers = { authorization: `token ${github.token}`, accept: 'application/octet-stream' };
    expect(await (await githubRequest(github, path, { headers })).text()).toBe('one');
  });

  test('works with any characters in the tag', async () => {
    github.addRelease({ tag: '@a/b@1 ü', assets: [{ name: 'c+d.mp4', bytes: 'x' }] });
    expect(await (await fetch(github.assets('@a/b@1 ü')[0]?.browser_download_url ?? '')).text()).toBe('x');
  });

  test('answers 404 for a draft and for a starter', async () => {
    addRelease({ draft: true });
    expect((await fetch(url())).status).toBe(404);
    github.addRelease({ tag: 'v1', assets: [{ name: 'rest', state: 'starter' }] });
    expect((await fetch(url())).status).toBe(404);
  });
});
