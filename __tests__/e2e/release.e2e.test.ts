import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, jest, test } from '@jest/globals';
import { type LocalGitHub, startLocalGitHub } from '../../local-github/server.ts';
import { startLocalStream } from '../../local-stream/server.ts';
import { runBuiltAction } from '../harness/built-action.ts';
import { startLocalProxy } from '../harness/local-proxy.ts';
import { testPattern, testPatternFile } from '../harness/media.ts';
import { gitHubVariables } from '../harness/stage.ts';
import { openTemporaryFolder } from '../harness/temporary-folder.ts';
import { waitUntil } from '../harness/wait-until.ts';

// The tests of a file run concurrently, each with its own process, which is slow on a busy machine.
jest.setTimeout(30_000);

function uploads({ requests }: LocalGitHub): LocalGitHub['requests'] {
  return requests.filter(({ route }) => route === 'assets.upload');
}

/** Resolves 300 ms after the start of an upload. */
async function uploading(github: LocalGitHub): Promise<void> {
  await waitUntil(() => uploads(github).length > 0);
  await pause(300);
}

describe('the built action', () => {
  test.concurrent('attaches the files of a video to a release with the token of the job, and keeps them in a second run', async () => {
    await using stream = await startLocalStream();
    await using github = await startLocalGitHub();
    using temp = openTemporaryFolder();
    using workspace = openTemporaryFolder();
    github.addRelease({ tag: 'v1', draft: true });
    const { uid } = stream.addVideo({ name: 'Über uns', generateMs: 500, requireSignedURLs: true });
    const run = () =>
      runBuiltAction(stream, {
        inputs: { 'video-id': uid, type: 'default audio', 'release-tag': 'v1', 'poll-interval': '1s' },
        gitHubToken: github.token,
        workspace: workspace.path,
        env: { ...gitHubVariables(github), RUNNER_TEMP: temp.path, RUNNER_DEBUG: '1' },
      });

    const first = await run();
    expect([first.exitCode, first.annotations]).toEqual([0, []]);
    // Neither an idle connection nor a timer may keep the process alive.
    expect(first.endingMs).toBeLessThan(first.promptMs);
    const assets = github.assets('v1');
    expect(assets.map(({ label, name }) => [name, label]).toSorted()).toEqual([
      ['Ueber-uns.m4a', 'Über uns'],
      ['Ueber-uns.mp4', 'Über uns'],
    ]);
    for (const { id, name } of assets) {
      const media = testPatternFile(name.endsWith('.mp4') ? 'default.mp4' : 'audio.m4a');
      expect(Buffer.from(github.bytesOf(id) ?? []).equals(media)).toBe(true);
    }
    expect(first.outputs).toMatchObject({
      file: '',
      size: String(testPattern.default.size),
      sha256: testPattern.default.sha256,
      'asset-url': expect.stringMatching(/\/releases\/download\/v1\/Ueber-uns\.mp4$/),
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
    expect(second.log.join('\n')).toContain('is already attached to v1');

    const [ofStream, ofGitHub] = [stream.requests, github.requests].map((requests) =>
      JSON.stringify(requests),
    );
    expect(ofStream).not.toContain(github.token);
    expect(ofGitHub).not.toContain(stream.token);
  });

  test.concurrent.each<[string, Parameters<LocalGitHub['addRelease']>[0], 'token' | 'readOnlyToken', string]>(
    [
      ['does not exist', { tag: 'v2' }, 'token', 'There is no release v1 in local-owner/local-repo'],
      [
        'has a similar tag',
        { tag: 'V1' },
        'token',
        'There is no release v1 in local-owner/local-repo: did you mean V1?',
      ],
      ['cannot be written to', { tag: 'v1' }, 'readOnlyToken', 'Resource not accessible by integration'],
    ],
  )('sends no request to Cloudflare if the release %s', async (_, release, token, words) => {
    await using stream = await startLocalStream();
    await using github = await startLocalGitHub();
    github.addRelease(release);
    const ids = [1, 2].map(() => stream.addVideo({ downloads: { default: 'ready' } }).uid);
    const { annotations, endingMs, exitCode, outputs, promptMs } = await runBuiltAction(stream, {
      inputs: { 'video-id': ids.join(), 'release-tag': 'v1' },
      gitHubToken: github[token],
      env: gitHubVariables(github),
    });
    expect(exitCode).toBe(1);
    expect(endingMs).toBeLessThan(promptMs);
    expect(annotations).toEqual([expect.stringContaining(words)]);
    expect(outputs).toMatchObject({ status: 'failed', 'asset-url': '', count: '2', failed: '2' });
    expect(stream.requests).toEqual([]);
  });

  test.concurrent.each(['SIGINT', 'SIGTERM'] as const)(
    'ends within a second on %s during a stalled upload, and leaves nothing on the disk',
    async (name) => {
      await using stream = await startLocalStream();
      await using github = await startLocalGitHub();
      using temp = openTemporaryFolder();
      github.addRelease({ tag: 'v1' });
      github.faults.add({
        route: 'assets.upload',
        fault: { kind: 'stall', afterBytes: 1000 },
        times: Infinity,
      });
      const media = { default: { sizeBytes: 20_000_000, seed: 4 } };
      const { uid } = stream.addVideo({ downloads: { default: 'ready' }, media });
      const { annotations, endingMs, exitCode, outputs, promptMs } = await runBuiltAction(stream, {
        inputs: { 'video-id': uid, 'release-tag': 'v1' },
        gitHubToken: github.token,
        env: { ...gitHubVariables(github), RUNNER_TEMP: temp.path },
        signal: { name, when: uploading(github) },
      });
      expect(exitCode).toBe(1);
      expect(endingMs).toBeLessThan(promptMs);
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
    const { annotations, endingMs, exitCode, promptMs } = await runBuiltAction(stream, {
      inputs: { 'video-id': uid, 'release-tag': 'v1' },
      gitHubToken: github.token,
      env: {
        ...gitHubVariables(github),
        http_proxy: `http://${credentials.user}:${credentials.password}@${proxy.host}`,
        RUNNER_DEBUG: '1',
      },
    });
    expect([exitCode, annotations]).toEqual([0, []]);
    expect(endingMs).toBeLessThan(promptMs);
    const [asset] = github.assets('v1');
    expect(Buffer.from(github.bytesOf(asset?.id ?? 0) ?? []).equals(testPatternFile('default.mp4'))).toBe(
      true,
    );
    const through = (origin: string) => proxy.requests.filter((line) => line.includes(` ${origin}/`));
    // Every request went through the proxy.
    expect(through(github.apiUrl)).toHaveLength(github.requests.filter(({ host }) => host === 'api').length);
    expect(through(github.uploadsUrl)).toEqual([expect.stringMatching(/^POST .*name=Holiday\.mp4/)]);
    expect(proxy.requests).toHaveLength(stream.requests.length + github.requests.length);
    expect(JSON.stringify(github.requests)).not.toContain('proxy-authorization');
  });
});
