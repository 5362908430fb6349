import { expect, test } from '@jest/globals';
import { startLocalStream } from '../../local-stream/server.ts';
import { openLocalBucket } from '../harness/local-bucket.ts';
import { testPatternFile } from '../harness/media.ts';
import { runExample } from '../harness/workflow/examples.ts';

test('the MP4 of a video is copied to a bucket, under the ID of the video', async () => {
  await using stream = await startLocalStream();
  using bucket = openLocalBucket('films');
  const { uid } = stream.addVideo({ name: 'A title', generateMs: 0 });
  const run = await runExample('copy-to-r2', {
    stream,
    inputs: { 'video-id': uid },
    secrets: { R2_ACCESS_KEY_ID: 'key', R2_SECRET_ACCESS_KEY: 'secret' },
    vars: { R2_BUCKET: bucket.name },
    machine: bucket.machine,
  });
  expect(run.result).toBe('success');
  expect(bucket.keys('')).toEqual([`videos/${uid}.mp4`]);
  const copied = bucket.read(`videos/${uid}.mp4`);
  expect(copied).toBe(Buffer.from(testPatternFile('default.mp4')).toString());
  expect(run.steps.at(-1)?.env).toMatchObject({
    AWS_ENDPOINT_URL: `https://${stream.accountId}.r2.cloudflarestorage.com`,
  });
});
