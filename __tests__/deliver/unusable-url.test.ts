import { describe, expect, test } from '@jest/globals';
import { failures } from '../../src/core/failures/table.ts';
import { changeResult } from '../harness/responses.ts';
import { textOf } from '../harness/run-step.ts';
import { Stage, type StagedStep } from '../harness/stage.ts';
import { both } from '../harness/videos.ts';

/** Lists the downloads of a video whose MP4 has this URL. */
async function stepWith(stage: Stage, url: string | null | undefined, inputs = {}): Promise<StagedStep> {
  const { uid } = stage.stream.addVideo(both);
  stage.intercept(async ({ call, pass }) => {
    const response = await pass();
    if (call !== 'GET downloads') return response;
    return changeResult(response, (result) => ({
      ...result,
      default: { status: 'ready', percentComplete: 100, url },
    }));
  });
  return stage.run({ operation: 'list', 'video-id': uid, ...inputs });
}

describe('a ready download fails, and the other type does not, if its URL is', () => {
  test.each([
    [undefined, 'missing'],
    [null, 'missing'],
    ['', 'missing'],
    ['/default.mp4', '"/default.mp4"'],
    ['ftp://a.example/default.mp4', '"ftp://a.example/default.mp4"'],
    ['data:video/mp4;base64,AAAA', '"data:video/mp4;base64,AAAA"'],
    ['https://user@a.example/default.mp4', 'one that may contain a password'],
    ['https://user:pass-word@:a.example/default.mp4', 'one that may contain a password'],
    ['https://:pass-word@a.example/default.mp4', 'one that may contain a password'],
  ])('%p', async (url, shown) => {
    for (const inputs of [{}, { 'save-to': 'v/' }]) {
      await using stage = await Stage.open();
      const step = await stepWith(stage, url, inputs);
      expect(step.exitCode).toBe(1);
      expect(step.errors).toHaveLength(1);
      expect(step.errors[0]?.title).toBe(failures['unknown-answer'].title);
      expect(step.message).toContain(`The MP4 download is ready, but its URL is ${shown}`);
      const [video, audio] = step.records;
      expect(video).toMatchObject({ type: 'default', status: 'ready' });
      expect(video).not.toHaveProperty('file');
      expect(audio).toMatchObject({ type: 'audio', status: 'ready', url: expect.any(String) });
      expect(audio).not.toHaveProperty('error');
      expect(textOf(step)).not.toContain('pass-word');
    }
  });
});
