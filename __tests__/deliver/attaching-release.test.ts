import { describe, expect, test } from '@jest/globals';
import { badGateway, type Fault, forbidden, secondaryRateLimit } from '../../local-github/faults.ts';
import type { ReleaseOptions } from '../../local-github/releases/release.ts';
import { failures } from '../../src/core/failures/table.ts';
import { Stage } from '../harness/stage.ts';
import { ready } from '../harness/videos.ts';

type Releases = readonly Partial<ReleaseOptions>[];

/** A stage with a ready video and these releases, by default with the tag `v1`. */
async function open(releases: Releases, options: Parameters<typeof Stage.open>[0] = {}) {
  const stage = await Stage.open({ github: true, ...options });
  const added = releases.map((release) => stage.github.addRelease({ tag: 'v1', ...release }));
  const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
  return { added, stage, uid };
}

/** The requests to GitHub before the first one about an asset of this step. */
function search({ github }: Stage): string[] {
  return github.requests.map(({ route }) => route).filter((route) => route !== 'assets.list');
}

describe('the tag of the release', () => {
  test.each(['v1', 'refs/tags/v1'])('may be given as %s', async (given) => {
    const { stage, uid } = await open([{}]);
    await using _ = stage;
    const step = await stage.run({ 'video-id': uid, 'release-tag': given });
    expect([step.errors, stage.assets]).toEqual([[], ['Holiday.mp4']]);
    expect(step.log[0]).toContain('attach to the release v1;');
    expect(step.log).toContain('The release v1 is published');
  });

  test('is not a branch: the step fails before any request', async () => {
    const { stage, uid } = await open([{}]);
    await using _ = stage;
    const step = await stage.run({ 'video-id': uid, 'release-tag': 'refs/heads/main' });
    expect(step.exitCode).toBe(1);
    expect(step.errors.map(({ message }) => message)).toEqual([
      expect.stringContaining('"refs/heads/main" is a branch, not a tag'),
    ]);
    expect([stage.stream.requests, stage.github.requests]).toEqual([[], []]);
  });

  test.each([
    ['1', 'v1'],
    ['V1', 'v1'],
    ['v1.0.0-bta', 'v1.0.0-beta'],
    ['release-2026', 'v2026'],
  ])('may be meant otherwise: %s leads to %s', async (given, tag) => {
    const { stage, uid } = await open([{ tag: 'other' }, { tag }]);
    await using _ = stage;
    const step = await stage.run({ 'video-id': uid, 'release-tag': given });
    expect(step.errors).toEqual([
      {
        title: failures['release-not-found'].title,
        message: expect.stringContaining(
          `There is no release ${given} in local-owner/local-repo: did you mean ${tag}?`,
        ),
      },
    ]);
    expect(search(stage)).toEqual(['releases.by-tag', 'releases.list']);
    expect(stage.stream.requests).toEqual([]);
  });
});

describe('drafts of the tag', () => {
  test('are not chosen from: all are named, and nothing is sent to Cloudflare', async () => {
    const { added, stage, uid } = await open([{ draft: true }, { tag: 'v2' }, { draft: true }]);
    await using _ = stage;
    const step = await stage.run({ 'video-id': uid });
    const [first, , second] = added.map(({ html_url: url, id }) => `${id} (${url})`);
    expect(step.errors).toEqual([
      {
        title: failures['release-ambiguous'].title,
        message: expect.stringContaining(`with the IDs ${second}, ${first}. Delete all of them but one`),
      },
    ]);
    expect(step.record).toMatchObject({ status: 'failed', error: {} });
    expect(stage.stream.requests).toEqual([]);
  });

  test.each<[string, Releases]>([
    ['older', [{}, { draft: true }, { draft: true }]],
    ['newer', [{ draft: true }, { draft: true }, {}]],
  ])('give way to a published release that is %s', async (_, releases) => {
    const { stage, uid } = await open(releases);
    await using __ = stage;
    const step = await stage.run({ 'video-id': uid });
    expect(step.errors).toEqual([]);
    expect(step.log).toContain('The release v1 is published');
    // That of the published release.
    expect(stage.assets).toEqual(['Holiday.mp4']);
  });
});

describe('the permission to write', () => {
  test.each<[string, Releases, string[]]>([
    ['a draft proves it', [{ draft: true }], ['releases.by-tag', 'releases.list', 'assets.upload']],
    ['is checked once for a published one', [{}], ['releases.by-tag', 'assets.update', 'assets.upload']],
  ])('%s', async (_, releases, requests) => {
    const { stage, uid } = await open(releases);
    await using __ = stage;
    const ids = [uid, stage.stream.addVideo({ ...ready, name: 'Second' }).uid];
    const step = await stage.run({ 'video-id': ids.join() });
    expect(step.errors).toEqual([]);
    expect(search(stage)).toEqual([...requests, 'assets.upload']);
  });

  test.each<[string, Fault | undefined]>([
    ['of a job that may only read', undefined],
    ['of a personal access token', forbidden('Resource not accessible by personal access token')],
    ['in an archived repository', forbidden('Repository was archived so is read-only.')],
  ])('that is missing, %s, fails all videos before anything is generated', async (_, fault) => {
    const { stage, uid } = await open([{}]);
    await using __ = stage;
    if (fault) stage.github.faults.add({ route: 'assets.update', fault });
    const ids = [uid, ...[1, 2].map(() => stage.stream.addVideo().uid)];
    const token = fault ? {} : { 'github-token': stage.github.readOnlyToken };
    const step = await stage.run({ 'video-id': ids.join(), ...token });
    expect(step.errors.map(({ title }) => title)).toEqual([failures['github-permission'].title]);
    expect(step.records.map(({ error, videoId }) => [videoId, error !== undefined])).toEqual(
      ids.map((id) => [id, true]),
    );
    expect(step.outputs).toMatchObject({ count: '3', failed: '3', status: 'failed' });
    expect(search(stage)).toEqual(['releases.by-tag', 'assets.update']);
    expect([stage.stream.requests, stage.temporaryFiles]).toEqual([[], []]);
  });

  const unclear: readonly (readonly [string, Fault])[] = [
    ['422', { kind: 'status', status: 422, body: { message: 'Validation Failed' } }],
    ['502', badGateway()],
    ['a rate limit', secondaryRateLimit(60)],
    ['another 403', forbidden('Resource protected by organization SAML enforcement.')],
    ['a reset', { kind: 'reset' }],
    ['nothing', { kind: 'stall' }],
  ];

  test.each(unclear)('is left to the upload if the check is answered by %s', async (_, fault) => {
    const { stage, uid } = await open([{}]);
    await using __ = stage;
    stage.github.faults.add({ route: 'assets.update', fault });
    const step = await stage.run({ 'video-id': uid });
    expect([step.errors, step.warnings, stage.assets]).toEqual([[], [], ['Holiday.mp4']]);
    expect(search(stage)).toEqual(['releases.by-tag', 'assets.update', 'assets.upload']);
    expect(stage.timesOf('POST downloads')[0] ?? 0).toBeLessThanOrEqual(5000);
  });

  test('is not awaited by a cancelled step', async () => {
    const { stage, uid } = await open([{}]);
    await using _ = stage;
    stage.github.faults.add({ route: 'assets.update', fault: { kind: 'stall' } });
    const step = await stage.run({ 'video-id': uid }, { cancelAfterMs: 2000 });
    expect(step.errors.map(({ title }) => title)).toEqual([failures.cancelled.title]);
    expect([step.tookMs < 3000, stage.stream.requests]).toEqual([true, []]);
  });
});
