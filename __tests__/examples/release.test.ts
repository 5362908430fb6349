import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LocalGitHub, startLocalGitHub } from '../../local-github/server.ts';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import { openLocalGh } from '../harness/local-gh.ts';
import type { LocalPrograms } from '../harness/local-programs.ts';
import { testPatternFile } from '../harness/media.ts';
import { type ExampleRun, runExample } from '../harness/workflow/examples.ts';

let gh: LocalPrograms;
beforeAll(() => {
  gh = openLocalGh();
});
afterAll(() => gh[Symbol.dispose]());

function release(stream: LocalStream, github: LocalGitHub, videoId: string): Promise<ExampleRun> {
  return runExample('release', {
    stream,
    github,
    event: { event_name: 'push', ref: 'refs/tags/v1', ref_name: 'v1' },
    vars: { DEMO_VIDEO_ID: videoId },
    machine: gh.machine,
  });
}

describe('the release of a tag', () => {
  test('is drafted, gets both files and a link, and is published', async () => {
    await using stream = await startLocalStream();
    await using github = await startLocalGitHub();
    const { uid } = stream.addVideo({ name: 'Demo', generateMs: 0 });
    const run = await release(stream, github, uid);
    expect(run.result).toBe('success');
    expect(github.release('v1')).toMatchObject({ draft: false });
    const files = github.assets('v1').map(({ id, name }) => [name, github.bytesOf(id)]);
    expect(Object.fromEntries(files)).toEqual({
      'Demo.mp4': Buffer.from(testPatternFile('default.mp4')),
      'Demo.m4a': Buffer.from(testPatternFile('audio.m4a')),
    });

    // The link in the notes is the address of the published file.
    const [, link = ''] = /^\[Watch the demo\]\((.*)\)$/m.exec(github.release('v1')?.body ?? '') ?? [];
    expect(github.release('v1')?.body).toMatch(/^\*\*Full Changelog\*\*/);
    expect(await (await fetch(link)).bytes()).toEqual(testPatternFile('default.mp4'));

    // Nothing is left at Cloudflare.
    const deleted = stream.requests.filter(({ route }) => route === 'downloads.delete');
    expect(deleted.map(({ status }) => status)).toEqual([200, 200]);
  });

  test('stays a draft if the video fails, and is completed by another run', async () => {
    await using stream = await startLocalStream();
    await using github = await startLocalGitHub();
    const uid = 'd'.repeat(32);
    stream.addVideo({ uid, name: 'Demo', generateMs: 0, generateFails: true });
    const failed = await release(stream, github, uid);
    expect(failed.steps.map(({ outcome }) => outcome)).toEqual([
      'success',
      'success',
      'failure',
      'skipped',
      'skipped',
      'skipped',
    ]);
    expect(github.release('v1')).toMatchObject({ draft: true, assets: [] });

    stream.removeVideo(uid);
    stream.addVideo({ uid, name: 'Demo', generateMs: 0 });
    expect((await release(stream, github, uid)).result).toBe('success');
    expect(github.release('v1')).toMatchObject({ draft: false });
    expect(github.assets('v1')).toHaveLength(2);
  });
});
