import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, jest, test } from '@jest/globals';
import { type LocalGitHub, startLocalGitHub } from '../../local-github/server.ts';
import { startLocalStream } from '../../local-stream/server.ts';
import { runOnStream } from '../harness/action-on-stream.ts';
import { startLocalProxy } from '../harness/local-proxy.ts';
import { gitHubVariables } from '../harness/releasing-step.ts';
import { sha256, testPatternFiles } from '../harness/saving-step.ts';

// Processes are started side by side, which takes its time on a busy machine.
jest.setTimeout(30_000);

/** A folder that is gone afterwards. */
function openFolder() {
  const path = mkdtempSync(join(tmpdir(), 'release-e2e-'));
  return {
    path,
    entries: () => readdirSync(path, { recursive: true }).map(String).toSorted(),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

function uploads({ requests }: LocalGitHub): LocalGitHub['requests'] {
  return requests.filter(({ route }) => route === 'assets.upload');
}

/** Fulfilled a while after an upload has begun. */
async function uploading(github: LocalGitHub): Promise<void> {
  while (uploads(github).length === 0) await pause(10, undefined, { ref: false });
  await pause(300);
}

describe('the built action', () => {
  test.concurrent('attaches the file of a video to a release with the token of the job, and keeps it in a second run', async () => {
    await using stream = await startLocalStream();
    await using github = await startLocalGitHub();
    using temp = openFolder();
    using workspace = openFolder();
    github.addRelease({ tag: 'v1', draft: true });
    const { uid } = stream.addVideo({ name: 'Über uns', generateMs: 500, requireSignedURLs: true });
    const run = () =>
      runOnStream(stream, {
        inputs: { 'video-id': uid, type: 'default audio', 'release-tag': 'v1' },
        gitHubToken: github.token,
        workspace: workspace.path,
        env: { ...gitHubVariables(github), RUNNER_TEMP: temp.path, RUNNER_DEBUG: '1' },
      });

    const first = await run();
    expect([first.exitCode, first.annotations]).toEqual([0, []]);
    // Neither a kept connection nor a timer of what speaks to GitHub may hold it.
    expect(first.endingMs).toBeLessThan(1000);
    const assets = github.assets('v1');
    expect(assets.map(({ label, name }) => [name, label]).toSorted()).toEqual([
      ['ber.uns.m4a', 'Über uns'],
      ['ber.uns.mp4', 'Über uns'],
    ]);
    for (const { id, name } of assets) {
      const media = testPatternFiles[name.endsWith('.mp4') ? 'default' : 'audio'];
      expect(Buffer.from(github.bytesOf(id) ?? []).equals(media)).toBe(true);
    }
    expect(first.outputs).toMatchObject({
      file: '',
      size: String(testPatternFiles.default.byteLength),
      sha256: sha256(testPatternFiles.default),
      'asset-url': expect.stringMatching(/\/releases\/download\/v1\/ber\.uns\.mp4$/),
      count: '2',
      failed: '0',
    });
    expect(JSON.parse(readFileSync(first.outputs['results-file'] ?? '', 'utf8')).downloads).toMatchObject([
      { assetUrl: expect.stringMatching(/mp4$/) },
      { assetUrl: expect.stringMatching(/m4a$/) },
    ]);
    expect(first.log).toContain(`::add-mask::${github.token}`);
    expect([workspace.entries(), temp.entries().length]).toEqual([[], 1]);

    const second = await run();
    expect(second.exitCode).toBe(0);
    expect(second.outputs['asset-url']).toBe(first.outputs['asset-url']);
    expect(github.assets('v1')).toEqual(assets);
    expect(uploads(github)).toHaveLength(2);
    expect(second.log.join('\n')).toContain('is attached to v1 already');

    const [ofStream, ofGitHub] = [stream.requests, github.requests].map((requests) =>
      JSON.stringify(requests),
    );
    expect(ofStream).not.toContain(github.token);
    expect(ofGitHub).not.toContain(stream.token);
  });

  test.concurrent('asks nothing of Cloudflare where there is no such release', async () => {
    await using stream = await startLocalStream();
    await using github = await startLocalGitHub();
    const ids = [1, 2].map(() => stream.addVideo({ downloads: { default: 'ready' } }).uid);
    const { annotations, endingMs, exitCode, outputs } = await runOnStream(stream, {
      inputs: { 'video-id': ids.join(), 'release-tag': 'v1' },
      gitHubToken: github.token,
      env: gitHubVariables(github),
    });
    expect(exitCode).toBe(1);
    expect(endingMs).toBeLessThan(1000);
    expect(annotations).toEqual([
      expect.stringContaining('There is no release v1 in local-owner/local-repo'),
    ]);
    expect(outputs).toMatchObject({ status: 'failed', 'asset-url': '', count: '2', failed: '2' });
    expect(stream.requests).toEqual([]);
  });

  test.concurrent.each(['SIGINT', 'SIGTERM'] as const)(
    'ends within a second on %s while an upload is stalled, and leaves nothing on the disk',
    async (name) => {
      await using stream = await startLocalStream();
      await using github = await startLocalGitHub();
      using temp = openFolder();
      github.addRelease({ tag: 'v1' });
      github.faults.add({
        route: 'assets.upload',
        fault: { kind: 'stall', afterBytes: 1000 },
        times: Infinity,
      });
      const media = { default: { sizeBytes: 20_000_000, seed: 4 } };
      const { uid } = stream.addVideo({ downloads: { default: 'ready' }, media });
      const { annotations, endingMs, exitCode, outputs } = await runOnStream(stream, {
        inputs: { 'video-id': uid, 'release-tag': 'v1' },
        gitHubToken: github.token,
        env: { ...gitHubVariables(github), RUNNER_TEMP: temp.path },
        signal: { name, when: uploading(github) },
      });
      expect(exitCode).toBe(1);
      expect(endingMs).toBeLessThan(1000);
      expect(annotations).toEqual([expect.stringContaining(`The run was cancelled (${name})`)]);
      expect(outputs).toMatchObject({ status: 'ready', 'asset-url': '', failed: '1' });
      expect(temp.entries()).toEqual([expect.stringMatching(/\.json$/)]);
      expect(uploads(github)).toHaveLength(1);
    },
  );

  test.concurrent('reaches GitHub through the proxy that the environment names', async () => {
    await using stream = await startLocalStream();
    await using github = await startLocalGitHub();
    const credentials = { user: 'runner', password: 'p4sswordOfTheProxy' };
    await using proxy = await startLocalProxy({ credentials });
    github.addRelease({ tag: 'v1' });
    const { uid } = stream.addVideo({ downloads: { default: 'ready' }, name: 'Holiday' });
    const { annotations, endingMs, exitCode } = await runOnStream(stream, {
      inputs: { 'video-id': uid, 'release-tag': 'v1' },
      gitHubToken: github.token,
      env: {
        ...gitHubVariables(github),
        http_proxy: `http://${credentials.user}:${credentials.password}@${proxy.host}`,
        RUNNER_DEBUG: '1',
      },
    });
    expect([exitCode, annotations]).toEqual([0, []]);
    expect(endingMs).toBeLessThan(1000);
    const [asset] = github.assets('v1');
    expect(Buffer.from(github.bytesOf(asset?.id ?? 0) ?? []).equals(testPatternFiles.default)).toBe(true);
    const through = (origin: string) => proxy.requests.filter((line) => line.includes(` ${origin}/`));
    // Whatever went out went through the proxy.
    expect(through(github.apiUrl)).toHaveLength(github.requests.filter(({ host }) => host === 'api').length);
    expect(through(github.uploadsUrl)).toEqual([expect.stringMatching(/^POST .*name=Holiday\.mp4/)]);
    expect(proxy.requests).toHaveLength(stream.requests.length + github.requests.length);
    expect(JSON.stringify(github.requests)).not.toContain('proxy-authorization');
  });
});
