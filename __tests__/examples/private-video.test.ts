import { expect, test } from '@jest/globals';
import { startLocalStream } from '../../local-stream/server.ts';
import { testPattern } from '../harness/media.ts';
import { privately } from '../harness/videos.ts';
import { runExample } from '../harness/workflow/examples.ts';

test('a private video is saved by the job that needs its file, and no signed URL is passed on or shown', async () => {
  await using stream = await startLocalStream();
  const { uid } = stream.addVideo({ ...privately, name: 'Internal', generateMs: 0 });
  const run = await runExample('private-video', { stream, inputs: { 'video-id': uid } });
  expect(run.jobs.map(({ id, outputs, result }) => [id, outputs, result])).toEqual([
    ['prepare', { 'video-id': uid }, 'success'],
    ['use', {}, 'success'],
  ]);

  const [, saved, used] = run.steps;
  expect(saved?.outputs).toMatchObject({ file: 'private/Internal.mp4', sha256: testPattern.default.sha256 });
  expect(used?.log).toEqual(['private/Internal.mp4: OK']);

  // One token, which only the outputs of the step that asked for it have.
  expect(stream.requests.filter(({ route }) => route === 'tokens.create')).toHaveLength(1);
  const [, token = ''] = /\/([\w.-]{100,})\//.exec(saved?.outputs['download-url'] ?? '') ?? [];
  expect(token).not.toBe('');
  expect(run.shown).not.toContain(token);
  expect(run.artifacts).toEqual([]);
});
