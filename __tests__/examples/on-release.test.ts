import { expect, test } from '@jest/globals';
import { startLocalGitHub } from '../../local-github/server.ts';
import { startLocalStream } from '../../local-stream/server.ts';
import { testPatternFile } from '../harness/media.ts';
import { runExample } from '../harness/workflow/examples.ts';

test('a release that somebody publishes gets the MP4', async () => {
  await using stream = await startLocalStream();
  await using github = await startLocalGitHub();
  const { uid } = stream.addVideo({ name: 'Demo', generateMs: 0 });
  const release = github.addRelease({ tag: 'v1' });
  github.addRelease({ tag: 'v2' });
  const run = await runExample('on-release', {
    stream,
    github,
    event: { event_name: 'release', ref: 'refs/tags/v1', event: { action: 'published', release } },
    vars: { DEMO_VIDEO_ID: uid },
  });
  expect(run.result).toBe('success');
  const [asset] = github.assets('v1');
  expect(asset).toMatchObject({ name: 'Demo.mp4' });
  expect(github.bytesOf(asset?.id ?? 0)).toEqual(Buffer.from(testPatternFile('default.mp4')));
  expect([github.assets('v1').length, github.assets('v2').length]).toEqual([1, 0]);
});
