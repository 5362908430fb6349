import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, jest, test } from '@jest/globals';
import { type LocalGitHub, startLocalGitHub } from '../../local-github/server.ts';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import { runBuiltAction } from '../harness/built-action.ts';
import { testPatternFile } from '../harness/media.ts';
import { always } from '../harness/responses.ts';
import { gitHubVariables } from '../harness/stage.ts';
import { waitUntil } from '../harness/wait-until.ts';

// The tests of a file run concurrently, each with its own process, which is slow on a busy machine.
jest.setTimeout(60_000);

const newFile = Buffer.from(testPatternFile('default.mp4')).toString('latin1');
const slowMs = 400;

/** A request of a replacement: the upload, the two renamings after the check of the permission, the deletion. */
type Moment = readonly ['assets.upload' | 'assets.update' | 'assets.delete', number];

/** A replacement of an asset by the built action. */
async function openReplacement() {
  const stream = await startLocalStream();
  const github = await startLocalGitHub();
  const { uid } = stream.addVideo({ downloads: { default: 'ready' }, name: 'Holiday' });
  github.addRelease({ tag: 'v1', assets: [{ name: 'Holiday.mp4', bytes: 'old' }] });
  return {
    github,
    run: (signal?: Parameters<typeof runBuiltAction>[1]['signal']) =>
      runBuiltAction(stream, {
        inputs: { 'video-id': uid, 'release-tag': 'v1' },
        gitHubToken: github.token,
        env: gitHubVariables(github),
        ...(signal && { signal }),
      }),
    /** The contents of the assets, by name. */
    assets: () =>
      Object.fromEntries(
        github
          .assets('v1')
          .map(({ id, name }) => [name, Buffer.from(github.bytesOf(id) ?? []).toString('latin1')]),
      ),
    [Symbol.asyncDispose]: () => closeBoth(stream, github),
  };
}

async function closeBoth(stream: LocalStream, github: LocalGitHub): Promise<void> {
  await Promise.all([stream.close(), github.close()]);
}

/** Resolves once GitHub has received a request, of which the first has the number 0. */
function received({ requests }: LocalGitHub, [route, number]: Moment): Promise<void> {
  return waitUntil(() => requests.filter((request) => request.route === route).length > number);
}

/** Makes all changes of assets slow. */
function slowDown({ faults }: LocalGitHub): void {
  for (const route of ['assets.update', 'assets.delete'] as const) {
    faults.add({ route, fault: { kind: 'delay', ms: slowMs }, times: always });
  }
}

const moments: readonly (readonly [string, Moment])[] = [
  ['the old asset is renamed', ['assets.update', 1]],
  ['the new asset is renamed', ['assets.update', 2]],
  ['the old asset is deleted', ['assets.delete', 0]],
];

describe('the built action, while it replaces an asset', () => {
  test.concurrent.each(moments)('finishes that on SIGTERM, slowly, while %s', async (_, moment) => {
    await using replacement = await openReplacement();
    const { assets, github, run } = replacement;
    slowDown(github);
    const { endingMs, exitCode, outputs, promptMs } = await run({
      name: 'SIGTERM',
      when: received(github, moment),
    });
    expect(assets()).toEqual({ 'Holiday.mp4': newFile });
    expect(outputs).toMatchObject({ failed: '0', 'asset-url': expect.stringMatching(/Holiday\.mp4$/) });
    // Three requests at most, and what a busy machine needs.
    expect([exitCode, endingMs < 3 * slowMs + promptMs]).toEqual([1, true]);
  });

  test.concurrent.each(moments)(
    'and is killed while %s, leaves what the next run finishes',
    async (_, moment) => {
      await using replacement = await openReplacement();
      const { assets, github, run } = replacement;
      slowDown(github);
      await run({ name: 'SIGKILL', when: received(github, moment) });
      await pause(slowMs + 100);
      expect(Object.values(assets())).toEqual(expect.arrayContaining([newFile]));
      const { annotations, exitCode } = await run();
      expect([exitCode, annotations]).toEqual([0, []]);
      expect(assets()).toEqual({ 'Holiday.mp4': newFile });
      expect(github.requests.filter(({ route }) => route === 'assets.upload')).toHaveLength(1);
    },
  );

  test.concurrent('ends after 5 s if GitHub does not respond, with both files under names that it reports', async () => {
    await using replacement = await openReplacement();
    const { assets, github, run } = replacement;
    github.faults.add({ route: 'assets.update', fault: { kind: 'stall' }, after: 2, times: 1 });
    const { annotations, endingMs, promptMs } = await run({
      name: 'SIGTERM',
      when: received(github, ['assets.update', 2]),
    });
    expect(endingMs).toBeGreaterThan(4900);
    expect(endingMs).toBeLessThan(5000 + promptMs);
    expect(Object.values(assets()).toSorted()).toEqual([newFile, 'old'].toSorted());
    for (const name of Object.keys(assets())) expect(annotations.join()).toContain(name);
    expect((await run()).exitCode).toBe(0);
    expect(assets()).toEqual({ 'Holiday.mp4': newFile });
  });

  test.concurrent.each([0, 60, 150, 300, 500, 700, 900, 1100])(
    'keeps the old or the new file under the name, whenever SIGTERM comes: %d ms after the upload began',
    async (afterMs) => {
      await using replacement = await openReplacement();
      const { assets, github, run } = replacement;
      slowDown(github);
      const when = received(github, ['assets.upload', 0]).then(() => pause(afterMs));
      await run({ name: 'SIGTERM', when });
      expect(['old', newFile]).toContain(assets()['Holiday.mp4']);
      expect((await run()).exitCode).toBe(0);
      expect(assets()).toEqual({ 'Holiday.mp4': newFile });
    },
  );
});

test.concurrent('the built action writes no notice of deprecation, to neither of its streams', async () => {
  await using replacement = await openReplacement();
  const { github, run } = replacement;
  const headers = { deprecation: '@1', sunset: github.token };
  github.faults.add({ route: 'any', fault: { kind: 'headers', headers }, times: always });
  const { exitCode, log } = await run();
  expect([exitCode, log.filter((line) => /deprecat|octokit/i.test(line))]).toEqual([0, []]);
});
