import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { failureOf, openReleaseBench, tag } from '../harness/release-bench.ts';

/** Releases older than the requested one. */
const others = (count: number) => Array.from({ length: count }, (_, number) => ({ tag: `other-${number}` }));

describe('a release is found', () => {
  test('by its tag, with one request', async () => {
    await using bench = await openReleaseBench({ releases: [{}, { tag: 'v2' }] });
    expect(await bench.find()).toMatchObject({ tag, isDraft: false });
    expect(bench.github.requests.map(({ route, status }) => [route, status])).toEqual([
      ['releases.by-tag', 200],
    ]);
  });

  test.each(['a/v1', 'v1 (ä)', 'v1#?&%', '$&'])('by a tag such as %j', async (awkward) => {
    await using bench = await openReleaseBench({
      releases: [{ tag: awkward }, { tag: 'w/1', draft: true }],
    });
    expect((await bench.find({ tag: awkward })).tag).toBe(awkward);
  });

  test('as a draft, by listing', async () => {
    await using bench = await openReleaseBench({ releases: [{ draft: true }, { tag: 'v2' }] });
    expect(await bench.find()).toMatchObject({ tag, isDraft: true });
    expect(bench.github.requests.map(({ route }) => route)).toEqual(['releases.by-tag', 'releases.list']);
  });

  test('as a draft beyond the first pages, once all pages are read', async () => {
    // The newest are listed first.
    await using bench = await openReleaseBench({
      releases: [
        ...others(60),
        { draft: true },
        ...others(240).map((_, number) => ({ tag: `newer-${number}` })),
      ],
    });
    expect((await bench.find()).tag).toBe(tag);
    expect(
      bench.github.requests.map(({ query, route }) => [route, query['per_page'], query['page']]),
    ).toEqual([
      ['releases.by-tag', undefined, undefined],
      ['releases.list', '100', undefined],
      ['releases.list', '100', '2'],
      ['releases.list', '100', '3'],
      // Another draft of the tag may be anywhere.
      ['releases.list', '100', '4'],
    ]);
  });

  test('as the published one, even if a draft has the same tag', async () => {
    await using bench = await openReleaseBench({ releases: [{ draft: true }, {}, { draft: true }] });
    const published = bench.github.release(tag);
    const release = await bench.find();
    await bench.attach(await bench.file('a.mp4'), release);
    expect(bench.sent.at(-1)?.url).toContain(`/releases/${published?.id}/assets?`);
  });

  test.each([true, false])('by the ID in an event, whether or not it is a draft: %j', async (draft) => {
    await using bench = await openReleaseBench({ releases: [{ draft }, { tag: 'v2' }] });
    const { id } = bench.github.release(tag) ?? {};
    expect((await bench.find({ tag: 'renamed meanwhile', ...(id && { id }) })).tag).toBe(tag);
    expect(bench.github.requests.map(({ route }) => route)).toEqual(['releases.get']);
  });

  test('with a read-only token, if it is published', async () => {
    await using bench = await openReleaseBench();
    expect((await bench.find({ tag }, { token: bench.github.readOnlyToken })).tag).toBe(tag);
  });

  test('at a GitHub Enterprise Server, which accepts uploads at the host of the API', async () => {
    await using bench = await openReleaseBench({
      server: { apiPath: '/api/v3', uploadsOnApi: true },
      releases: [{}, { tag: 'v2', draft: true, assets: [{ name: 'a.mp4', bytes: 'old' }] }],
    });
    expect(bench.github.apiUrl).toMatch(/\/api\/v3$/);
    await bench.attach(await bench.file('a.mp4'), await bench.find());
    expect(bench.assets()).toEqual({ 'a.mp4': 'content of a.mp4' });
    const draft = await bench.find({ tag: 'v2' });
    await bench.attach(await bench.file('a.mp4', 'new'), draft);
    const [only, ...more] = bench.github.assets('v2');
    expect([more, only?.name, only?.size]).toEqual([[], 'a.mp4', 3]);
    expect(new Set(bench.github.requests.map(({ path }) => path.split('/').slice(0, 3).join('/')))).toEqual(
      new Set(['/api/v3', '/api/uploads']),
    );
  });
});

describe('a release is not found', () => {
  test.each([
    ['no release has its tag', [{ tag: 'v2' }]],
    ['the repository has no releases', []],
    [
      'only drafts with similar tags exist',
      [
        { tag: 'v1.0', draft: true },
        { tag: 'v11', draft: true },
      ],
    ],
  ] as const)('if %s', async (_, releases) => {
    await using bench = await openReleaseBench({ releases });
    const failure = await failureOf(bench.find());
    expect(failure.kind).toBe('release-not-found');
    expect(failure.what).toBe('There is no release v1 in local-owner/local-repo');
    expect(failure.message).toContain('gh release create');
  });

  test('if it is a draft and the token is read-only, with the permission in the message', async () => {
    await using bench = await openReleaseBench({ releases: [{ draft: true }] });
    const failure = await failureOf(bench.find({ tag }, { token: bench.github.readOnlyToken }));
    expect(failure.kind).toBe('release-not-found');
    expect(failure.message).toContain('permissions: contents: write');
    const { id } = bench.github.release(tag) ?? {};
    const byId = { tag, ...(id && { id }) };
    expect((await failureOf(bench.find(byId, { token: bench.github.readOnlyToken }))).kind).toBe(
      'release-not-found',
    );
  });

  test('if that of the event was deleted meanwhile', async () => {
    await using bench = await openReleaseBench();
    expect((await failureOf(bench.find({ tag, id: 999_999 }))).kind).toBe('release-not-found');
  });

  test('if the repository is another one', async () => {
    await using bench = await openReleaseBench();
    const failure = await failureOf(bench.find({ tag }, { repository: 'local-owner/other' }));
    // The token does not even see the list of releases.
    expect(failure.kind).toBe('github-not-found');
  });
});

describe('an immutable release', () => {
  test('is refused once it is published, before anything is uploaded', async () => {
    await using bench = await openReleaseBench({ releases: [{ immutable: true }] });
    const failure = await failureOf(bench.find());
    expect(failure.kind).toBe('release-immutable');
    expect(failure.message).toContain('gh release edit TAG --draft=false');
    const { id } = bench.github.release(tag) ?? {};
    expect((await failureOf(bench.find({ tag, ...(id && { id }) }))).kind).toBe('release-immutable');
    expect(bench.requested()).toEqual([]);
  });

  test('accepts files while it is a draft', async () => {
    await using bench = await openReleaseBench({ releases: [{ immutable: true, draft: true }] });
    await bench.attach(await bench.file('a.mp4'));
    expect(bench.assets()).toEqual({ 'a.mp4': 'content of a.mp4' });
  });

  test('accepts files while it is a draft, even if the response has `immutable: true`', async () => {
    await using bench = await openReleaseBench({ releases: [{ draft: true }] });
    const release = bench.github.release(tag);
    bench.github.faults.add({
      route: 'releases.get',
      fault: { kind: 'status', status: 200, body: { ...release, immutable: true } },
    });
    expect((await bench.find({ tag, ...(release && { id: release.id }) })).tag).toBe(tag);
  });

  test('is named as the reason if it was published after it was found', async () => {
    await using bench = await openReleaseBench();
    const release = await bench.find();
    bench.github.faults.add({
      route: 'assets.upload',
      fault: {
        kind: 'status',
        status: 422,
        body: { message: 'Cannot upload assets to an immutable release.' },
      },
    });
    expect((await failureOf(bench.attach(await bench.file('a.mp4'), release))).kind).toBe(
      'release-immutable',
    );
    expect(bench.requested()).toEqual(['assets.list 200', 'assets.upload a.mp4 422']);
  });
});

describe('the token is only sent to GitHub', () => {
  test.each([
    'https://127.0.0.1/repos/o/r/releases/1/assets{?name,label}',
    'http://uploads.example.com/repos/o/r/releases/1/assets{?name,label}',
    'http://127.0.0.1.example.com/assets{?name,label}',
    'http://uploads.127.0.0.1.example.com/assets{?name,label}',
  ])('if a release has the upload URL %s', async (uploadUrl) => {
    await using bench = await openReleaseBench();
    const body = { ...bench.github.release(tag), upload_url: uploadUrl };
    bench.github.faults.add({ route: 'releases.by-tag', fault: { kind: 'status', status: 200, body } });
    const failure = await failureOf(bench.find());
    expect(failure.kind).toBe('github-refused');
    expect(failure.what).toContain(new URL(uploadUrl).host);
    expect(bench.sent.map(({ url }) => new URL(url).origin)).toEqual([bench.github.apiUrl]);
  });

  test.each([
    'http://127.0.0.1@example.com/assets{?name,label}',
    'ftp://127.0.0.1/assets',
    'assets',
    `http://127.0.0.1/${'x'.repeat(9000)}`,
  ])('if a release has the unusable upload URL %s', async (uploadUrl) => {
    await using bench = await openReleaseBench();
    const body = { ...bench.github.release(tag), upload_url: uploadUrl };
    bench.github.faults.add({ route: 'releases.by-tag', fault: { kind: 'status', status: 200, body } });
    const failure = await failureOf(bench.find());
    expect(failure.kind).toBe('github-error');
    expect(failure.what).toMatch(/not what GitHub documents, in the field upload_url$/);
    expect(bench.sent.map(({ url }) => new URL(url).origin)).toEqual([bench.github.apiUrl]);
  });

  test('if a list continues at, or a request is redirected to, another host', async () => {
    await using foreign = await foreignHost();
    await using bench = await openReleaseBench({ releases: [] });
    const next = `<${foreign.url}/page2>; rel="next"`;
    bench.github.faults.add({
      route: 'releases.list',
      fault: { kind: 'status', status: 200, body: [], headers: { link: next } },
    });
    await failureOf(bench.find());
    expect(foreign.requests).toEqual([]);

    bench.github.faults.add({
      route: 'releases.by-tag',
      fault: { kind: 'status', status: 302, headers: { location: `${foreign.url}/redirected` } },
    });
    await failureOf(bench.find());
    expect(foreign.requests.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  });
});

test.each(['#fragment', '?query=1', '?query=1#fragment{?name,label}'])(
  'a file is uploaded under its name although the upload URL ends in %s',
  async (end) => {
    await using bench = await openReleaseBench();
    const { upload_url: url = '', ...release } = bench.github.release(tag) ?? {};
    const body = { ...release, upload_url: `${url.replace(/\{.*$/, '')}${end}` };
    bench.github.faults.add({ route: 'releases.by-tag', fault: { kind: 'status', status: 200, body } });
    await bench.attach(await bench.file('a.mp4'));
    expect(Object.keys(bench.assets())).toEqual(['a.mp4']);
  },
);

/** A host with another name than GitHub's, which records its requests. */
async function foreignHost() {
  const requests: { url: string | undefined; authorization: string | undefined }[] = [];
  const server = createServer(({ headers, url }, response) => {
    requests.push({ url, authorization: headers.authorization });
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"Not Found"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}`,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
