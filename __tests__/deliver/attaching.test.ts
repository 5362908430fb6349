import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { ReleasingStage } from '../harness/releasing-step.ts';
import { sha256, testPatternFiles } from '../harness/saving-step.ts';
import { type JudgedStep, toldBy } from '../harness/step-on-stream.ts';

// The requests and the files are real, and one process changes a release once a second at most.
jest.setTimeout(20_000);

const both = { downloads: { default: 'ready', audio: 'ready' } } as const;
const ready = { downloads: { default: 'ready' } } as const;

const media = {
  default: { size: testPatternFiles.default.byteLength, sha256: sha256(testPatternFiles.default) },
  audio: { size: testPatternFiles.audio.byteLength, sha256: sha256(testPatternFiles.audio) },
};

function hashOf(stage: ReleasingStage, asset: string): string {
  return sha256(stage.bytesOf(asset) ?? new Uint8Array());
}

describe('a step that attaches', () => {
  test('creates the download, waits, and attaches it byte for byte; nothing else is left', async () => {
    await using stage = await ReleasingStage.open();
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
    expect([stage.saving.files, stage.saving.temporaryFiles]).toEqual([[], []]);
    expect(step.log[0]).toBe('create: default of 1 video, wait until ready and attach to v1, at most 30 min');
    expect(step.log).toContain('The release v1 is there');
    expect(step.log.at(-1)).toBe('1 attached');
  });

  test('attaches both types, named and labelled by the title', async () => {
    await using stage = await ReleasingStage.open();
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo({ ...both, name: 'Über uns' });
    const step = await stage.run({ 'video-id': uid, type: 'audio default' });
    expect(step.records).toMatchObject([
      { type: 'audio', ...media.audio, assetUrl: expect.stringMatching(/\/v1\/ber\.uns\.m4a$/) },
      { type: 'default', ...media.default, assetUrl: expect.stringMatching(/\/v1\/ber\.uns\.mp4$/) },
    ]);
    expect(stage.assets).toEqual(['ber.uns.m4a', 'ber.uns.mp4']);
    expect(hashOf(stage, 'ber.uns.m4a')).toBe(media.audio.sha256);
    expect(hashOf(stage, 'ber.uns.mp4')).toBe(media.default.sha256);
    expect(stage.github.assets('v1').map(({ label }) => label)).toEqual(['Über uns', 'Über uns']);
    expect(
      stage.github
        .assets('v1')
        .map(({ content_type: type }) => type)
        .toSorted(),
    ).toEqual(['audio/mp4', 'video/mp4']);
    expect(step.outputs['asset-url']).toBe(step.record.assetUrl);
    expect(stage.saving.temporaryFiles).toEqual([]);
  });

  test('keeps the file where it is saved too', async () => {
    await using stage = await ReleasingStage.open();
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
    const step = await stage.run({ 'video-id': uid, 'save-to': 'videos/a.mp4' });
    expect(step.record).toMatchObject({ file: 'videos/a.mp4', ...media.default });
    expect(step.outputs).toMatchObject({ file: 'videos/a.mp4', 'asset-url': step.record.assetUrl });
    expect(stage.saving.files).toEqual(['videos/a.mp4']);
    expect(stage.saving.hash('videos/a.mp4')).toBe(media.default.sha256);
    expect(stage.assets).toEqual(['a.mp4']);
    expect(stage.github.assets('v1')[0]?.label).toBe('Holiday');
  });

  test('names the asset by its id, without a label, where the video has no title', async () => {
    await using stage = await ReleasingStage.open();
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo(ready);
    expect((await stage.run({ 'video-id': uid })).exitCode).toBe(0);
    expect(stage.assets).toEqual([`${uid}.mp4`]);
    expect(stage.github.assets('v1')[0]?.label || null).toBeNull();
  });

  test('attaches several videos of the same title under names of their own', async () => {
    await using stage = await ReleasingStage.open();
    stage.github.addRelease({ tag: 'v1' });
    const ids = [1, 2].map(() => stage.stream.addVideo({ ...ready, name: 'Holiday' }).uid);
    const step = await stage.run({ operation: 'list', 'video-id': ids.join() });
    expect(step.exitCode).toBe(0);
    expect(stage.assets).toEqual(ids.map((id) => `Holiday-${id}.mp4`).toSorted());
    expect(step.records.map(({ assetUrl }) => assetUrl)).toEqual(
      ids.map((id) => expect.stringContaining(`Holiday-${id}.mp4`)),
    );
  });

  test('attaches a private video, through its signed URL', async () => {
    await using stage = await ReleasingStage.open();
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo({ ...ready, requireSignedURLs: true, name: 'Holiday' });
    const step = await stage.run({ 'video-id': uid });
    expect(step.record).toMatchObject({ ...media.default, expiresAt: expect.any(String) });
    expect(hashOf(stage, 'Holiday.mp4')).toBe(media.default.sha256);
    expect(JSON.stringify(stage.github.requests)).not.toContain('eyJ');
  });

  test('attaches to a draft, and gives the address that it has once that is published', async () => {
    await using stage = await ReleasingStage.open();
    stage.github.addRelease({ tag: 'v1', draft: true });
    const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
    const step = await stage.run({ 'video-id': uid });
    expect(step.exitCode).toBe(0);
    expect(step.record.assetUrl).toMatch(/\/releases\/download\/v1\/Holiday\.mp4$/);
  });

  test('finds the release of the event with `auto`, a draft whose tag another has too', async () => {
    await using stage = await ReleasingStage.open();
    stage.github.addRelease({ tag: 'v1' });
    const draft = stage.github.addRelease({ tag: 'v1', draft: true });
    const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
    const folder = mkdtempSync(join(tmpdir(), 'event-'));
    try {
      const event = join(folder, 'event.json');
      writeFileSync(event, JSON.stringify({ release: { id: draft.id, tag_name: 'v1' } }));
      const inputs = { 'video-id': uid, 'release-tag': 'auto' };
      const step = await stage.run(inputs, { env: { GITHUB_EVENT_PATH: event } });
      expect(step.errors).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
    const uploads = stage.github.requests.filter(({ route }) => route === 'assets.upload');
    expect(uploads.map(({ path }) => path)).toEqual([
      expect.stringMatching(new RegExp(`/releases/${draft.id}/assets$`)),
    ]);
    expect(stage.assets).toEqual([]);
  });

  test('keeps an asset that is the same, and replaces one that is not', async () => {
    await using stage = await ReleasingStage.open();
    const { uid } = stage.stream.addVideo({ ...both, name: 'Holiday' });
    stage.github.addRelease({
      tag: 'v1',
      assets: [
        { name: 'Holiday.mp4', bytes: testPatternFiles.default },
        { name: 'Holiday.m4a', bytes: 'old' },
        { name: 'notes.txt', bytes: 'of somebody else' },
      ],
    });
    const [kept] = stage.github.assets('v1');
    const step = await stage.run({ operation: 'list', 'video-id': uid });
    expect(step.exitCode).toBe(0);
    expect(stage.assets).toEqual(['Holiday.m4a', 'Holiday.mp4', 'notes.txt']);
    expect(stage.github.assets('v1').find(({ name }) => name === 'Holiday.mp4')?.id).toBe(kept?.id);
    expect(hashOf(stage, 'Holiday.m4a')).toBe(media.audio.sha256);
    expect(step.log.join('\n')).toContain('Holiday.mp4 is attached to v1 already');
  });
});

describe('the tokens', () => {
  /** A secret whole, its beginning where it is cut, in Base64 alone or behind a user. */
  function formsOf(secret: string): string[] {
    const base64 = (text: string) => Buffer.from(text).toString('base64').replace(/=+$/, '');
    const users = ['', ':', 'x-access-token:'].map((user) => base64(`${user}${secret}`));
    // The local tokens begin alike for 5 letters, and end alike for 20.
    return [secret, secret.slice(0, 20), ...users];
  }

  function expectIn(where: unknown, secret: string, isThere: boolean): void {
    const text = JSON.stringify(where);
    expect(formsOf(secret).filter((form) => text.includes(form))).toHaveLength(isThere ? 2 : 0);
  }

  function expectApart({ github, stream }: ReleasingStage, steps: readonly JudgedStep[], key = ''): void {
    const api = stream.requests.filter(({ host }) => host === 'api');
    const delivery = stream.requests.filter(({ host }) => host === 'delivery');
    // What is looked through is not empty, and does hold the token that it must.
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
      const told = [toldBy(step), results, ...Object.values(step.outputs)];
      for (const secret of [stream.token, github.token, ...(key ? [key] : [])]) expectIn(told, secret, false);
      expect(step.masked).toEqual(expect.arrayContaining([github.token, key || stream.token]));
    }
  }

  test.each([
    ['public', {}],
    ['private', { requireSignedURLs: true }],
  ])('stay each with its own hosts; %s videos', async (_, privately) => {
    await using stage = await ReleasingStage.open();
    stage.github.addRelease({ tag: 'v1', draft: true, assets: [{ name: 'Holiday.m4a', bytes: 'old' }] });
    const { uid } = stage.stream.addVideo({ ...privately, generateMs: 5000, name: 'Holiday' });
    const inputs = { 'video-id': uid, type: 'default audio' };
    const steps = [await stage.run(inputs), await stage.run({ ...inputs, 'save-to': 'v/' })];
    expect(steps.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    const routes = new Set(stage.github.requests.map(({ route }) => route));
    // All that the step ever asks of GitHub was among it.
    expect([...routes].toSorted()).toEqual([
      'assets.delete',
      'assets.list',
      'assets.update',
      'assets.upload',
      'releases.by-tag',
      'releases.list',
    ]);
    expectApart(stage, steps);
  });

  test('stay each with its own hosts where the older pair of credentials is used', async () => {
    await using stage = await ReleasingStage.open();
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo(ready);
    const { email, key } = stage.stream;
    const pair = { 'api-token': '', 'api-email': email, 'api-key': key };
    const step = await stage.run({ 'video-id': uid, ...pair });
    expect(step.exitCode).toBe(0);
    expectApart(stage, [step], key);
  });

  test('stay there when everything fails, and answers repeat them', async () => {
    await using stage = await ReleasingStage.open();
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
    expectApart(stage, [step]);
  });

  test.each(['releases.by-tag', 'assets.upload'] as const)(
    'go nowhere where %s is redirected to another host, and nothing else does',
    async (route) => {
      await using stage = await ReleasingStage.open();
      stage.github.addRelease({ tag: 'v1' });
      const { uid } = stage.stream.addVideo(ready);
      const seen: unknown[] = [];
      const server = createServer(({ headers, url }, response) => {
        seen.push({ headers, url });
        response.writeHead(404).end();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      try {
        const { port } = server.address() as AddressInfo;
        const location = `http://localhost:${port}/elsewhere`;
        stage.github.faults.add({ route, fault: { kind: 'status', status: 307, headers: { location } } });
        const step = await stage.run({ 'video-id': uid });
        // Another attempt is made, at GitHub's own host.
        expect([step.exitCode, seen]).toEqual([0, []]);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    },
  );

  test.each(['aTokenOfTwo\nlinesOfALog', '“aTokenInTypographicQuotes”'])(
    'are not shown where GitHub’s cannot be sent: %j',
    async (token) => {
      await using stage = await ReleasingStage.open();
      stage.github.addRelease({ tag: 'v1' });
      const step = await stage.run({ 'video-id': stage.stream.addVideo(ready).uid, 'github-token': token });
      expect(step.exitCode).toBe(1);
      const told = [toldBy(step), ...Object.values(step.outputs)].join('\n');
      for (const part of token.split('\n')) expect(told).not.toContain(part.replaceAll(/[“”]/g, ''));
    },
  );

  test('of GitHub is sent nowhere where nothing is attached', async () => {
    await using stage = await ReleasingStage.open();
    const { uid } = stage.stream.addVideo(ready);
    const step = await stage.run({ 'video-id': uid, 'release-tag': '', 'save-to': 'v/' });
    expect(step.exitCode).toBe(0);
    expect(stage.github.requests).toEqual([]);
    expectIn(stage.stream.requests, stage.github.token, false);
    expect(step.masked).toContain(stage.github.token);
  });
});
