import { getOctokit } from '@actions/github';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { components } from '@octokit/openapi-types';
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import type { AssetResponse, ReleaseResponse } from '../../local-github/api/responses.ts';
import { badGateway, primaryRateLimit, secondaryRateLimit } from '../../local-github/faults.ts';
import { type LocalGitHub, startLocalGitHub } from '../../local-github/server.ts';

/** GitHub's official client must work with the local GitHub as it does with the real one. */
type Octokit = ReturnType<typeof getOctokit>;

let github: LocalGitHub;
let octokit: Octokit;
let repository: { owner: string; repo: string };

function clientWith(token: string): Octokit {
  return getOctokit(token, { baseUrl: github.apiUrl, request: { fetch: globalThis.fetch } });
}

function uploadBy(client: Octokit, url: string, name: string, data: string): ReturnType<Octokit['request']> {
  return client.request({
    method: 'POST',
    url,
    name,
    label: `The ${name}`,
    data,
    headers: { 'content-type': 'video/mp4', 'content-length': data.length },
  });
}

beforeEach(async () => {
  github = await startLocalGitHub();
  octokit = clientWith(github.token);
  repository = { owner: github.owner, repo: github.repo };
});

afterEach(() => github.close());

describe('the official client', () => {
  test('reads releases', async () => {
    const release = github.addRelease({ tag: 'a/v1', assets: [{ name: 'a.mp4' }] });
    const draft = github.addRelease({ tag: 'v2', draft: true });
    const { repos } = octokit.rest;
    expect((await repos.getReleaseByTag({ ...repository, tag: 'a/v1' })).data).toEqual(release);
    expect((await repos.getRelease({ ...repository, release_id: draft.id })).data).toEqual(draft);
    expect((await repos.listReleases(repository)).data).toEqual([draft, release]);
  });

  test('reads all pages of a list', async () => {
    const assets = Array.from({ length: 5 }, (_, number) => ({ name: `${number}.mp4` }));
    const { id } = github.addRelease({ tag: 'v1', assets });
    const all = await octokit.paginate(octokit.rest.repos.listReleaseAssets, {
      ...repository,
      release_id: id,
      per_page: 2,
    });
    expect(all).toEqual(github.assets('v1'));
    expect(github.requests).toMatchObject(
      ['1', '2', '3'].map((page) => ({ route: 'assets.list', query: page === '1' ? {} : { page } })),
    );
  });

  test('uploads, reads, renames and deletes an asset', async () => {
    const { upload_url } = github.addRelease({ tag: 'v1' });
    const { repos } = octokit.rest;
    const uploaded = await uploadBy(octokit, upload_url, 'a b.mp4', 'bytes');
    expect([uploaded.status, uploaded.data]).toEqual([201, github.assets('v1')[0]]);
    expect(uploaded.data).toMatchObject({ name: 'a.b.mp4', label: 'The a b.mp4', state: 'uploaded' });

    const asset = { ...repository, asset_id: uploaded.data.id };
    expect((await repos.getReleaseAsset(asset)).data).toEqual(uploaded.data);
    const renamed = await repos.updateReleaseAsset({ ...asset, name: 'c.mp4', label: 'C' });
    expect(renamed.data).toMatchObject({ id: uploaded.data.id, name: 'c.mp4', label: 'C' });
    expect((await repos.deleteReleaseAsset(asset)).status).toBe(204);
    expect(github.assets('v1')).toEqual([]);
    expect(github.requests.map(({ host, route }) => `${host} ${route}`)).toEqual([
      'uploads assets.upload',
      'api assets.get',
      'api assets.update',
      'api assets.delete',
    ]);
  });

  test('throws the errors of the real API', async () => {
    const { id, upload_url } = github.addRelease({ tag: 'v1', assets: [{ name: 'a.mp4' }] });
    const { repos } = octokit.rest;
    await expect(repos.getReleaseByTag({ ...repository, tag: 'v2' })).rejects.toMatchObject({
      name: 'HttpError',
      status: 404,
      message: expect.stringMatching(/^Not Found/),
    });
    await expect(uploadBy(octokit, upload_url, 'a.mp4', 'x')).rejects.toMatchObject({
      status: 422,
      message: expect.stringMatching(
        /^Validation Failed: \{"resource":"ReleaseAsset","code":"already_exists","field":"name"\}/,
      ),
    });
    await expect(clientWith('wrong').rest.repos.listReleases(repository)).rejects.toMatchObject({
      status: 401,
    });
    const reader = clientWith(github.readOnlyToken);
    expect((await reader.rest.repos.getRelease({ ...repository, release_id: id })).status).toBe(200);
    await expect(uploadBy(reader, upload_url, 'b.mp4', 'x')).rejects.toMatchObject({
      status: 403,
      message: expect.stringMatching(/^Resource not accessible by integration/),
    });
  });

  test('works with GitHub Enterprise Server', async () => {
    await using server = await startLocalGitHub({ apiPath: '/api/v3', uploadsOnApi: true });
    const client = getOctokit(server.token, { baseUrl: server.apiUrl, request: { fetch: globalThis.fetch } });
    server.addRelease({ tag: 'v1' });
    const { data } = await client.rest.repos.getReleaseByTag({ ...repository, tag: 'v1' });
    expect((await uploadBy(client, data.upload_url, 'a.mp4', 'x')).status).toBe(201);
  });
});

test('the retry and throttling plugins recognise rate limits and failures', async () => {
  const limits: string[] = [];
  const onLimit = (limit: string) => (seconds: number) => {
    limits.push(`${limit} ${seconds}`);
    return true;
  };
  const client = getOctokit(
    github.token,
    {
      baseUrl: github.apiUrl,
      request: { fetch: globalThis.fetch },
      retry: { retryAfterBaseValue: 1 },
      throttle: {
        retryAfterBaseValue: 1,
        onRateLimit: onLimit('primary'),
        onSecondaryRateLimit: onLimit('secondary'),
      },
    },
    // In this order `throttling` handles a response first; otherwise `retry` repeats a 429 too early.
    throttling,
    retry,
  );
  github.addRelease({ tag: 'v1' });
  const add = (fault: Parameters<typeof github.faults.add>[0]['fault']) =>
    github.faults.add({ route: 'releases.by-tag', fault });
  add(primaryRateLimit(0));
  add(secondaryRateLimit(3));
  add(secondaryRateLimit(4, 429));
  add(badGateway());
  const { data } = await client.rest.repos.getReleaseByTag({ ...repository, tag: 'v1' });
  expect(data).toEqual(github.release('v1'));
  expect(limits).toEqual([expect.stringMatching(/^primary [12]$/), 'secondary 3', 'secondary 4']);
  expect(github.requests.map(({ status }) => status)).toEqual([403, 403, 429, 502, 200]);
});

test('responses match the schema, except for the asset state', () => {
  const release = github.addRelease({ tag: 'v1', assets: [{ name: 'a.mp4' }] });
  // The types are the test: a response with a missing field or a wrong type does not compile.
  const asSchema = (answer: AssetResponse): components['schemas']['release-asset'] => ({
    ...answer,
    state: answer.state === 'starter' ? 'open' : answer.state,
  });
  const inSchema = (answer: ReleaseResponse): components['schemas']['release'] => ({
    ...answer,
    assets: answer.assets.map(asSchema),
  });
  expect(inSchema(release)).toEqual(release);
});
