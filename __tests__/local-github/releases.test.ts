import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type LocalGitHub, startLocalGitHub } from '../../local-github/server.ts';
import { githubRequest, statusAndBody } from './github-request.ts';

let github: LocalGitHub;

beforeEach(async () => {
  github = await startLocalGitHub({ clock: { now: () => Date.UTC(2026, 0, 2) } });
});

afterEach(() => github.close());

const notFound = { status: 404, body: expect.objectContaining({ message: 'Not Found' }) };

function asReader(path: string, init: RequestInit = {}): Promise<Response> {
  return githubRequest(github, path, {
    headers: { authorization: `token ${github.readOnlyToken}` },
    ...init,
  });
}

describe('access', () => {
  test.each([undefined, 'Bearer wrong', 'token ', `Basic ${'LocalGitHubTokenThatMayReadAndWrite00001'}`])(
    'is refused with the authorization %j',
    async (authorization) => {
      const { id } = github.addRelease({ tag: 'v1' });
      for (const path of ['', `/${id}`, '/tags/v1', `/${id}/assets`]) {
        const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
        expect(await statusAndBody(githubRequest(github, path, { headers }))).toEqual({
          status: 401,
          body: {
            message: 'Bad credentials',
            documentation_url: 'https://docs.github.com/rest',
            status: '401',
          },
        });
      }
    },
  );

  test.each(['Bearer', 'bearer', 'token'])('is granted with the scheme "%s"', async (scheme) => {
    const headers = { authorization: `${scheme} ${github.readOnlyToken}` };
    expect((await githubRequest(github, '', { headers })).status).toBe(200);
  });

  test('is limited to the one repository, whose name is case-insensitive', async () => {
    const headers = { authorization: `Bearer ${github.token}` };
    const ask = (repository: string) => fetch(`${github.apiUrl}/repos/${repository}/releases`, { headers });
    expect(await statusAndBody(ask('local-owner/another'))).toEqual(notFound);
    expect((await ask('Local-Owner/LOCAL-REPO')).status).toBe(200);
  });

  test('answers 404 for anything that does not exist', async () => {
    for (const path of ['/7', '/latest', '/7/assets', '/assets/7', '/tags/v7', '/%ff', '/tags/%ff'])
      expect(await statusAndBody(githubRequest(github, path))).toEqual(notFound);
    expect((await githubRequest(github, '', { method: 'PUT', body: '{}' })).status).toBe(404);
    expect(github.requests.at(-1)).toMatchObject({ route: 'unknown', status: 404 });
  });
});

describe('a release', () => {
  test('has every field of the API', async () => {
    const added = github.addRelease({
      tag: 'v1',
      name: 'One',
      prerelease: true,
      assets: [{ name: 'a.mp4' }],
    });
    expect(added).toMatchObject({
      url: `${github.apiUrl}/repos/local-owner/local-repo/releases/${added.id}`,
      upload_url: `${github.uploadsUrl}/repos/local-owner/local-repo/releases/${added.id}/assets{?name,label}`,
      tag_name: 'v1',
      name: 'One',
      draft: false,
      prerelease: true,
      immutable: false,
      created_at: '2026-01-02T00:00:00.000Z',
      published_at: '2026-01-02T00:00:00.000Z',
      assets: [{ name: 'a.mp4', state: 'uploaded' }],
    });
    for (const path of [`/${added.id}`, '/tags/v1'])
      expect(await statusAndBody(githubRequest(github, path))).toEqual({ status: 200, body: added });
    expect(github.release('v1')).toEqual(added);
  });

  test.each(['releases/v1', '@scope/a@1.0.0', 'v1 ü', '100%'])('is found by the tag %s', async (tag) => {
    const { id } = github.addRelease({ tag });
    expect(await statusAndBody(githubRequest(github, `/tags/${encodeURIComponent(tag)}`))).toMatchObject({
      status: 200,
      body: { id, tag_name: tag },
    });
  });

  test('is found by a tag whose slashes are not escaped', async () => {
    github.addRelease({ tag: 'a/b/c' });
    expect((await githubRequest(github, '/tags/a/b/c')).status).toBe(200);
  });

  test('must have a unique tag when published', () => {
    github.addRelease({ tag: 'v1' });
    expect(() => github.addRelease({ tag: 'v1' })).toThrow('the tag v1 already has a release');
    expect(() => github.addRelease({ tag: 'v2', assets: [{ name: 'a' }, { name: 'a' }] })).toThrow(
      'the asset a already exists',
    );
    expect(() => github.addAsset('v2', { name: 'a' })).toThrow('there is no release with the tag v2');
    expect([github.release('v2'), github.assets('v2')]).toEqual([undefined, []]);
  });
});

describe('a draft', () => {
  test('is not found by its tag, and by its ID only with write permission', async () => {
    const draft = github.addRelease({ tag: 'v1', draft: true, assets: [{ name: 'a' }] });
    expect(draft).toMatchObject({ draft: true, published_at: null, tarball_url: null });
    expect(await statusAndBody(githubRequest(github, '/tags/v1'))).toEqual(notFound);
    for (const path of [`/${draft.id}`, `/${draft.id}/assets`, `/assets/${draft.assets[0]?.id}`]) {
      expect((await githubRequest(github, path)).status).toBe(200);
      expect(await statusAndBody(asReader(path))).toEqual(notFound);
    }
  });

  test('is listed only with write permission', async () => {
    const published = github.addRelease({ tag: 'v1' });
    const draft = github.addRelease({ tag: 'v2', draft: true });
    expect(await statusAndBody(githubRequest(github, ''))).toEqual({ status: 200, body: [draft, published] });
    expect(await statusAndBody(asReader(''))).toEqual({ status: 200, body: [published] });
  });

  test('can have the tag of a published release, which takes precedence', () => {
    const draft = github.addRelease({ tag: 'v1', draft: true });
    expect(github.release('v1')).toEqual(draft);
    const published = github.addRelease({ tag: 'v1' });
    expect(github.release('v1')).toEqual(published);
  });
});

describe('a release that a client creates', () => {
  const send = (method: string, path: string, body: object, token = github.token) =>
    statusAndBody(
      githubRequest(github, path, {
        method,
        body: JSON.stringify(body),
        headers: { authorization: `Bearer ${token}` },
      }),
    );

  test('can be a draft, whose notes are changed, and which is then published', async () => {
    const draft = { tag_name: 'v1', draft: true, generate_release_notes: true };
    expect(await send('POST', '', draft)).toMatchObject({
      status: 201,
      body: { tag_name: 'v1', draft: true, body: '**Full Changelog**: v1' },
    });
    const path = `/${github.release('v1')?.id}`;
    expect(await send('PATCH', path, { body: 'Notes' })).toMatchObject({
      status: 200,
      body: { draft: true, body: 'Notes' },
    });
    expect(await send('PATCH', path, { draft: false })).toMatchObject({
      status: 200,
      body: { draft: false, body: 'Notes' },
    });
    expect(github.release('v1')).toMatchObject({ draft: false, body: 'Notes' });
  });

  test('becomes immutable when it is published in such a repository', async () => {
    const { id } = github.addRelease({ tag: 'v1', draft: true, immutable: true });
    expect(await send('PATCH', `/${id}`, { draft: false })).toMatchObject({ body: { immutable: true } });
  });

  test('must have a tag that no other published release has', async () => {
    const refused = (code: string) => ({
      status: 422,
      body: { errors: [{ resource: 'Release', code, field: 'tag_name' }] },
    });
    github.addRelease({ tag: 'v1' });
    const { id } = github.addRelease({ tag: 'v1', draft: true });
    expect(await send('POST', '', {})).toMatchObject(refused('missing_field'));
    expect(await send('POST', '', { tag_name: 'v1' })).toMatchObject(refused('already_exists'));
    expect(await send('PATCH', `/${id}`, { draft: false })).toMatchObject(refused('already_exists'));
  });

  test('needs write permission', async () => {
    const { id } = github.addRelease({ tag: 'v1' });
    for (const [method, path] of [
      ['POST', ''],
      ['PATCH', `/${id}`],
    ] as const)
      expect((await send(method, path, { tag_name: 'v2' }, github.readOnlyToken)).status).toBe(403);
  });
});

describe('a list', () => {
  const tagsOf = async (response: Response) =>
    ((await response.json()) as { tag_name: string }[]).map(({ tag_name }) => tag_name);

  test('is paginated, newest first', async () => {
    for (let number = 1; number <= 5; number += 1) github.addRelease({ tag: `v${number}` });
    const page = (number: number) => githubRequest(github, `?per_page=2&page=${number}`);
    const link = (rel: string, number: number) =>
      `<${github.apiUrl}/repos/local-owner/local-repo/releases?per_page=2&page=${number}>; rel="${rel}"`;

    const first = await page(1);
    expect(first.headers.get('link')).toBe(`${link('next', 2)}, ${link('last', 3)}`);
    expect(await tagsOf(first)).toEqual(['v5', 'v4']);
    const second = await page(2);
    expect(second.headers.get('link')).toBe(
      [link('prev', 1), link('next', 3), link('last', 3), link('first', 1)].join(', '),
    );
    const third = await page(3);
    expect(third.headers.get('link')).toBe(`${link('prev', 2)}, ${link('first', 1)}`);
    expect(await tagsOf(third)).toEqual(['v1']);
    expect(await tagsOf(await page(9))).toEqual([]);
  });

  test('has 30 items per page by default, 100 at most', async () => {
    const assets = Array.from({ length: 120 }, (_, number) => ({ name: `${number}` }));
    const { id } = github.addRelease({ tag: 'v1', assets });
    const count = async (query: string) => {
      const response = await githubRequest(github, `/${id}/assets${query}`);
      return ((await response.json()) as unknown[]).length;
    };
    expect(await count('')).toBe(30);
    expect(await count('?per_page=0')).toBe(30);
    expect(await count('?per_page=x')).toBe(30);
    expect(await count('?per_page=500')).toBe(100);
    expect(await count('?per_page=100&page=2')).toBe(20);
    expect(github.release('v1')?.assets).toHaveLength(120);
  });

  test('has no `Link` header when there is one page', async () => {
    expect((await githubRequest(github, '')).headers.get('link')).toBeNull();
  });
});
