import { describe, expect, test } from '@jest/globals';
import { startLocalStream } from '../../local-stream/server.ts';
import { testPatternFile } from '../harness/media.ts';
import { runExample } from '../harness/workflow/examples.ts';

const video = testPatternFile('default.mp4');

describe('the upload of a video', () => {
  test('ends with its MP4 as an artifact', async () => {
    await using stream = await startLocalStream({ uploads: { phases: { encodeMs: 300 }, generateMs: 0 } });
    const run = await runExample('after-upload', {
      stream,
      env: { STREAM_API: stream.apiUrl },
      repository: { 'videos/intro.mp4': video },
      with: { 'poll-interval': '1s' },
    });
    expect(run.result).toBe('success');
    // The local Stream delivers the file that was uploaded.
    expect(run.artifacts).toEqual([{ name: 'mp4', files: { 'mp4/intro.mp4': Buffer.from(video) } }]);
    const { uid } = run.step('upload').outputs;
    expect(run.step('mp4').inputs).toMatchObject({ 'video-id': uid });
    expect(stream.video(`${uid}`)).toMatchObject({ meta: { name: 'intro.mp4' } });
  });

  test('ends with what Cloudflare answered if it refuses the video', async () => {
    await using stream = await startLocalStream();
    const run = await runExample('after-upload', {
      stream,
      env: { STREAM_API: stream.apiUrl },
      repository: { 'videos/intro.mp4': video },
      secrets: { CLOUDFLARE_API_TOKEN: stream.readOnlyToken },
    });
    expect(run.steps.map(({ outcome }) => outcome)).toEqual(['success', 'failure', 'skipped', 'skipped']);
    expect(run.step('upload').log.join('\n')).toMatch(/403.*"success": ?false/s);
  });
});
