import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { CheckedStep } from '../harness/check-step.ts';
import { testPattern as media, sha256, testPatternFile } from '../harness/media.ts';
import { textOf } from '../harness/run-step.ts';
import { Stage } from '../harness/stage.ts';
import { openTemporaryFolder } from '../harness/temporary-folder.ts';
import { both, ready } from '../harness/videos.ts';

/** With the action's default for `signed-url`: the URLs of private videos are signed. */
const attaching = { github: true, inputs: { 'signed-url': 'auto' } } as const;

function hashOf(stage: Stage, asset: string): string {
  return sha256(stage.bytesOf(asset) ?? new Uint8Array());
}

describe('a step that attaches', () => {
  test('creates the download, waits, attaches it byte for byte, and leaves no other file', async () => {
    await using stage = await Stage.open(attaching);
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo({
      phases: { encodeMs: 20_000 },
      generateMs: 10_000,
      name: 'Holiday',
    });
    const step = await stage.run({ 'video-id': uid });
    expect([step.exitCode, step.errors, step.warnings]).toEqual([0, [], []]);
    const [asset] = stage.github.assets('v1');
    expect(step.records).toEqual([
      {
        videoId: uid,
        type: 'default',
        name: 'Holiday',
        status: 'ready',
        percentComplete: 100,
        url: `${stage.stream.deliveryUrl}/${uid}/downloads/default.mp4`,
        ...media.default,
        assetUrl: asset?.browser_download_url,
      },
    ]);
    expect(step.outputs).toMatchObject({
      file: '',
      size: String(media.default.size),
      sha256: media.default.sha256,
      'asset-url': asset?.browser_download_url,
    });
    expect(stage.assets).toEqual(['Holiday.mp4']);
    expect(asset).toMatchObject({ label: 'Holiday', content_type: 'video/mp4', state: 'uploaded' });
    expect(hashOf(stage, 'Holiday.mp4')).toBe(media.default.sha256);
    const response = await fetch(step.outputs['asset-url'] ?? '');
    expect(sha256(await response.bytes())).toBe(media.default.sha256);
    expect([stage.files, stage.temporaryFiles]).toEqual([[], []]);
    expect(step.log[0]).toBe(
      `create MP4 of video ${uid}, wait until ready, attach to the release v1; timeout: 30 min`,
    );
    expect(step.log).toContain('The release v1 is published');
    expect(step.log.at(-1)).toMatch(/^1 attached to http.*\/releases\/tag\/v1, 87.5 kB, in /);
  });

  test('removes each file as soon as it is attached', async () => {
    await using stage = await Stage.open(attaching);
    stage.github.addRelease({ tag: 'v1' });
    const ids = [10_000, 120_000].map((generateMs) => stage.stream.addVideo({ generateMs }).uid);
    const filesAtUploads: number[] = [];
    stage.intercept(({ call, pass }) => {
      if (call === 'POST github') filesAtUploads.push(stage.temporaryFiles.length);
      return pass();
    });
    await stage.run({ 'video-id': ids.join() });
    expect(filesAtUploads).toEqual([1, 1]);
  });

  test('attaches both types, named and labelled by the title', async () => {
    await using stage = await Stage.open(attaching);
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo({ ...both, name: 'Über uns' });
    const step = await stage.run({ 'video-id': uid, type: 'audio default' });
    expect(step.records).toMatchObject([
      { type: 'audio', ...media.audio, assetUrl: expect.stringMatching(/\/v1\/Ueber-uns\.m4a$/) },
      { type: 'default', ...media.default, assetUrl: expect.stringMatching(/\/v1\/Ueber-uns\.mp4$/) },
    ]);
    expect(stage.assets).toEqual(['Ueber-uns.m4a', 'Ueber-uns.mp4']);
    expect(hashOf(stage, 'Ueber-uns.m4a')).toBe(media.audio.sha256);
    expect(hashOf(stage, 'Ueber-uns.mp4')).toBe(media.default.sha256);
    expect(stage.github.assets('v1').map(({ label }) => label)).toEqual(['Über uns', 'Über uns']);
    expect(
      stage.github
        .assets('v1')
        .map(({ content_type: type }) => type)
        .toSorted(),
    ).toEqual(['audio/mp4', 'video/mp4']);
    expect(step.outputs['asset-url']).toBe(step.record.assetUrl);
    expect(stage.temporaryFiles).toEqual([]);
  });

  test('keeps the file if it is saved too', async () => {
    await using stage = await Stage.open(attaching);
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
    const step = await stage.run({ 'video-id': uid, 'save-to': 'videos/a.mp4' });
    expect(step.record).toMatchObject({ file: 'videos/a.mp4', ...media.default });
    expect(step.outputs).toMatchObject({ file: 'videos/a.mp4', 'asset-url': step.record.assetUrl });
    expect(stage.files).toEqual(['videos/a.mp4']);
    expect(stage.hash('videos/a.mp4')).toBe(media.default.sha256);
    expect(stage.assets).toEqual(['a.mp4']);
    expect(stage.github.assets('v1')[0]?.label).toBe('Holiday');
  });

  test('names the asset by the video’s ID, without a label, if the video has no title', async () => {
    await using stage = await Stage.open(attaching);
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo(ready);
    expect((await stage.run({ 'video-id': uid })).exitCode).toBe(0);
    expect(stage.assets).toEqual([`${uid}.mp4`]);
    expect(stage.github.assets('v1')[0]?.label || null).toBeNull();
  });

  test('attaches several videos of the same title under different names', async () => {
    await using stage = await Stage.open(attaching);
    stage.github.addRelease({ tag: 'v1' });
    const ids = [1, 2].map(() => stage.stream.addVideo({ ...ready, name: 'Holiday' }).uid);
    const step = await stage.run({ operation: 'list', 'video-id': ids.join() });
    expect(step.exitCode).toBe(0);
    expect(stage.assets).toEqual(ids.map((id) => `Holiday-${id}.mp4`).toSorted());
    expect(step.records.map(({ assetUrl }) => assetUrl)).toEqual(
      ids.map((id) => expect.stringContaining(`Holiday-${id}.mp4`)),
    );
  });

  test('attaches a private video through its signed URL', async () => {
    await using stage = await Stage.open(attaching);
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo({ ...ready, requireSignedURLs: true, name: 'Holiday' });
    const step = await stage.run({ 'video-id': uid });
    expect(step.record).toMatchObject({ ...media.default, expiresAt: expect.any(String) });
    expect(hashOf(stage, 'Holiday.mp4')).toBe(media.default.sha256);
    expect(JSON.stringify(stage.github.requests)).not.toContain('eyJ');
  });

  test('attaches to a draft, and reports the URL that the asset has after publication', async () => {
    await using stage = await Stage.open(attaching);
    stage.github.addRelease({ tag: 'v1', draft: true });
    const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
    const step = await stage.run({ 'video-id': uid });
    expect(step.exitCode).toBe(0);
    expect(step.log).toContain('The release v1 is a draft');
    expect(step.record.assetUrl).toMatch(/\/releases\/download\/v1\/Holiday\.mp4$/);
  });

  test('finds the release of the event with `auto`, even a draft that shares its tag', async () => {
    await using stage = await Stage.open(attaching);
    stage.github.addRelease({ tag: 'v1' });
    const draft = stage.github.addRelease({ tag: 'v1', draft: true });
    const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
    using folder = openTemporaryFolder();
    const event = join(folder.path, 'event.json');
    writeFileSync(event, JSON.stringify({ release: { id: draft.id, tag_name: 'v1' } }));
    const inputs = { 'video-id': uid, 'release-tag': 'auto' };
    const step = await stage.run(inputs, { env: { GITHUB_EVENT_PATH: event } });
    expect(step.errors).toEqual([]);
    const uploads = stage.github.requests.filter(({ route }) => route === 'assets.upload');
    expect(uploads.map(({ path }) => path)).toEqual([
      expect.stringMatching(new RegExp(`/releases/${draft.id}/assets$`)),
    ]);
    expect(stage.assets).toEqual([]);
  });

  test('keeps an identical asset, and replaces a different one', async () => {
    await using stage = await Stage.open(attaching);
    const { uid } = stage.stream.addVideo({ ...both, name: 'Holiday' });
    stage.github.addRelease({
      tag: 'v1',
      assets: [
        { name: 'Holiday.mp4', bytes: testPatternFile('default.mp4') },
        { name: 'Holiday.m4a', bytes: 'old' },
        { name: 'notes.txt', bytes: 'of another job' },
      ],
    });
    const [kept] = stage.github.assets('v1');
    const step = await stage.run({ operation: 'list', 'video-id': uid });
    expect(step.exitCode).toBe(0);
    expect(stage.assets).toEqual(['Holiday.m4a', 'Holiday.mp4', 'notes.txt']);
    expect(stage.github.assets('v1').find(({ name }) => name === 'Holiday.mp4')?.id).toBe(kept?.id);
    expect(hashOf(stage, 'Holiday.m4a')).toBe(media.audio.sha256);
    expect(step.log.join('\n')).toContain('Holiday.mp4 is already attached to v1');
  });
});

describe('the tokens', () => {
  /** The secret, its start, and its Base64 forms, alone and after a user name. */
  function formsOf(secret: string): string[] {
    const base64 = (text: string) => Buffer.from(text).toString('base64').replace(/=+$/, '');
    const users = ['', ':', 'x-access-token:'].map((user) => base64(`${user}${secret}`));
    // The local tokens share their first 5 and their last 20 characters.
    return [secret, secret.slice(0, 20), ...users];
  }

  function expectIn(where: unknown, secret: string, isPresent: boolean): void {
    const text = JSON.stringify(where);
    expect(formsOf(secret).filter((form) => text.includes(form))).toHaveLength(isPresent ? 2 : 0);
  }

  function expectSeparateTokens({ github, stream }: Stage, steps: readonly CheckedStep[], key = ''): void {
    const api = stream.requests.filter(({ host }) => host === 'api');
    const delivery = stream.requests.filter(({ host }) => host === 'delivery');
    // Each list of requests is non-empty and contains the token that belongs there.
    for (const requests of [api, delivery, github.requests]) expect(requests.length).toBeGreaterThan(0);
    for (const request of api) expectIn(request, key || stream.token, true);
    for (const request of github.requests) expectIn(request, github.token, true);

    for (const secret of [stream.token, ...(key ? [key, stream.email] : [])]) {
      expectIn([github.requests, delivery], secret, false);
    }
    expectIn(stream.requests, github.token, false);
    for (const { headers } of delivery) {
      expect(Object.keys(headers).filter((name) => /auth|cookie|token|key/.test(name))).toEqual([]);
    }
    for (const step of steps) {
      const results = readFileSync(step.outputs['results-file'] ?? '', 'utf8');
      const texts = [textOf(step), results, ...Object.values(step.outputs)];
      for (const secret of [stream.token, github.token, ...(key ? [key] : [])])
        expectIn(texts, secret, false);
      expect(step.masked).toEqual(expect.arrayContaining([github.token, key || stream.token]));
    }
  }

  test.each([
    ['public', {}],
    ['private', { requireSignedURLs: true }],
  ])('are only sent to their own hosts; %s videos', async (_, privately) => {
    await using stage = await Stage.open(attaching);
    stage.github.addRelease({ tag: 'v1', draft: true, assets: [{ name: 'Holiday.m4a', bytes: 'old' }] });
    const { uid } = stage.stream.addVideo({ ...privately, generateMs: 5000, name: 'Holiday' });
    const inputs = { 'video-id': uid, type: 'default audio' };
    const steps = [await stage.run(inputs), await stage.run({ ...inputs, 'save-to': 'v/' })];
    expect(steps.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    const routes = new Set(stage.github.requests.map(({ route }) => route));
    // All routes of GitHub that the action uses.
    expect([...routes].toSorted()).toEqual([
      'assets.delete',
      'assets.list',
      'assets.update',
      'assets.upload',
      'releases.by-tag',
      'releases.list',
    ]);
    expectSeparateTokens(stage, steps);
  });

  test('are only sent to their own hosts with the legacy credentials', async () => {
    await using stage = await Stage.open(attaching);
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo(ready);
    const { email, key } = stage.stream;
    const pair = { 'api-token': '', 'api-email': email, 'api-key': key };
    const step = await stage.run({ 'video-id': uid, ...pair });
    expect(step.exitCode).toBe(0);
    expectSeparateTokens(stage, [step], key);
  });

  test('are only sent to their own hosts, and redacted, if every upload fails with a response that repeats them', async () => {
    await using stage = await Stage.open(attaching);
    stage.github.addRelease({ tag: 'v1' });
    const { token } = stage.github;
    stage.github.faults.add({
      route: 'assets.upload',
      fault: { kind: 'status', status: 422, body: { message: `no ${token}`, errors: [{ token }] } },
    });
    stage.github.faults.add({
      route: 'assets.upload',
      fault: { kind: 'status', status: 403, body: `${'x'.repeat(170)} ${token} ${stage.stream.token}` },
    });
    const { uid } = stage.stream.addVideo({ ...both, name: 'Holiday' });
    const step = await stage.run({ operation: 'list', 'video-id': uid });
    expect(step.records.map(({ error }) => error !== undefined)).toEqual([true, true]);
    expectSeparateTokens(stage, [step]);
  });

  test.each(['releases.by-tag', 'assets.upload'] as const)(
    'are not sent anywhere when %s redirects to another host',
    async (route) => {
      await using stage = await Stage.open(attaching);
      stage.github.addRelease({ tag: 'v1' });
      const { uid } = stage.stream.addVideo(ready);
      const received: unknown[] = [];
      const server = createServer(({ headers, url }, response) => {
        received.push({ headers, url });
        response.writeHead(404).end();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      try {
        const { port } = server.address() as AddressInfo;
        const location = `http://localhost:${port}/elsewhere`;
        stage.github.faults.add({ route, fault: { kind: 'status', status: 307, headers: { location } } });
        const step = await stage.run({ 'video-id': uid });
        // The request is retried at GitHub's own host.
        expect([step.exitCode, received]).toEqual([0, []]);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    },
  );

  test.each(['aTokenOfTwo\nlinesOfALog', '“aTokenInTypographicQuotes”'])(
    'are not shown if GitHub’s cannot be sent: %j',
    async (token) => {
      await using stage = await Stage.open(attaching);
      stage.github.addRelease({ tag: 'v1' });
      const step = await stage.run({ 'video-id': stage.stream.addVideo(ready).uid, 'github-token': token });
      expect(step.exitCode).toBe(1);
      const texts = [textOf(step), ...Object.values(step.outputs)].join('\n');
      for (const part of token.split('\n')) expect(texts).not.toContain(part.replaceAll(/[“”]/g, ''));
    },
  );

  test('of GitHub is not sent anywhere if nothing is attached', async () => {
    await using stage = await Stage.open(attaching);
    const { uid } = stage.stream.addVideo(ready);
    const step = await stage.run({ 'video-id': uid, 'release-tag': '', 'save-to': 'v/' });
    expect(step.exitCode).toBe(0);
    expect(stage.github.requests).toEqual([]);
    expectIn(stage.stream.requests, stage.github.token, false);
    expect(step.masked).toContain(stage.github.token);
  });
});
