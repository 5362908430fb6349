import { expect, test } from '@jest/globals';
import { startLocalGitHub } from '../../local-github/server.ts';
import { githubRequest, statusAndBody, upload } from './github-request.ts';

test('has two hosts, each with its own calls', async () => {
  await using github = await startLocalGitHub();
  const { id, upload_url } = github.addRelease({ tag: 'v1' });
  expect(new URL(github.apiUrl).hostname).toBe('127.0.0.1');
  expect(new URL(upload_url).origin).toBe(github.uploadsUrl);
  expect(github.uploadsUrl).not.toBe(github.apiUrl);

  const headers = { authorization: `token ${github.token}` };
  const assets = `/repos/${github.owner}/${github.repo}/releases/${id}/assets`;
  const init = { method: 'POST', body: 'x', headers };
  expect((await fetch(`${github.apiUrl}${assets}?name=a`, init)).status).toBe(404);
  expect((await fetch(`${github.uploadsUrl}${assets}?name=a`, { headers })).status).toBe(404);
  expect(github.requests).toMatchObject([
    { host: 'api', route: 'unknown' },
    { host: 'uploads', route: 'unknown' },
  ]);
});

test('serves the API under a base path, as GitHub Enterprise Server does', async () => {
  await using github = await startLocalGitHub({ apiPath: '/api/v3' });
  expect(github.apiUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api\/v3$/);
  for (const tag of ['v1', 'v2']) github.addRelease({ tag });
  const response = await githubRequest(github, '?per_page=1');
  expect(response.status).toBe(200);
  expect(response.headers.get('link')).toContain(`<${github.apiUrl}/repos/`);
  expect((await upload(github, 'v1', 'a', 'x')).status).toBe(201);
  const [asset] = github.assets('v1');
  expect(asset?.url).toMatch(`${github.apiUrl}/repos/`);
  expect(await (await fetch(asset?.browser_download_url ?? '')).text()).toBe('x');
  const elsewhere = github.apiUrl.replace('/api/v3', '/repos/local-owner/local-repo/releases');
  expect((await fetch(elsewhere, { headers: { authorization: `token ${github.token}` } })).status).toBe(404);
});

test('can serve uploads on the API host', async () => {
  await using github = await startLocalGitHub({ apiPath: '/api/v3', uploadsOnApi: true });
  const { upload_url } = github.addRelease({ tag: 'v1' });
  const { origin } = new URL(github.apiUrl);
  expect(github.uploadsUrl).toBe(`${origin}/api/uploads`);
  expect(upload_url).toMatch(`${origin}/api/uploads/repos/local-owner/local-repo/releases/`);
  expect(await statusAndBody(upload(github, 'v1', 'a', 'x'))).toMatchObject({
    status: 201,
    body: { name: 'a' },
  });
  expect(github.requests).toMatchObject([{ host: 'api', route: 'assets.upload', status: 201 }]);
});

test('has the same credentials at every start, and its own releases', async () => {
  await using first = await startLocalGitHub();
  await using second = await startLocalGitHub();
  for (const key of ['owner', 'repo', 'token', 'readOnlyToken'] as const)
    expect(second[key]).toBe(first[key]);
  first.addRelease({ tag: 'v1' });
  expect(second.release('v1')).toBeUndefined();
});

test('refuses connections once it is closed', async () => {
  const github = await startLocalGitHub();
  const { upload_url } = github.addRelease({ tag: 'v1' });
  await github.close();
  await expect(githubRequest(github, '')).rejects.toThrow('fetch failed');
  await expect(fetch(new URL(upload_url).origin)).rejects.toThrow('fetch failed');
});
