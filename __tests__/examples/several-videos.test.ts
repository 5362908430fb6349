import { describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { startLocalStream } from '../../local-stream/server.ts';
import { testPatternFile } from '../harness/media.ts';
import { privately, unknownId } from '../harness/videos.ts';
import { runExample } from '../harness/workflow/examples.ts';

const description = v.object({ title: v.string(), file: v.string(), size: v.number() });

describe('the processing of several videos', () => {
  test('has a job for each that is ready, whatever its title, although another one failed', async () => {
    await using stream = await startLocalStream();
    const title = 'It\'s "$(touch hacked)"; ${{ secrets.X }} `id`';
    const plain = stream.addVideo({ name: title, generateMs: 0 }).uid;
    const secret = stream.addVideo({ ...privately, name: 'Secret', generateMs: 0 }).uid;
    const failing = stream.addVideo({ generateFails: true, generateMs: 0 }).uid;
    const run = await runExample('several-videos', {
      stream,
      inputs: { 'video-ids': `${plain} ${failing} ${secret}` },
    });

    expect(run.jobs.map(({ id, matrix, result }) => [id, matrix['id'], result])).toEqual([
      ['prepare', undefined, 'failure'],
      ['process', plain, 'success'],
      ['process', secret, 'success'],
    ]);
    const byName = run.artifacts.toSorted((a, b) => a.name.localeCompare(b.name));
    expect(byName.map(({ name }) => name)).toEqual([`video-${plain}`, `video-${secret}`].toSorted());
    for (const { files, name } of run.artifacts) {
      const { file, size, ...described } = v.parse(
        v.pipe(v.string(), v.parseJson(), description),
        String(files['description.json']),
      );
      expect(described.title).toBe(name.endsWith(plain) ? title : 'Secret');
      expect(Object.keys(files)).toEqual([file, 'description.json']);
      expect(files[file]).toEqual(Buffer.from(testPatternFile('default.mp4')));
      expect(files[file]).toHaveLength(size);
    }
    expect(run.shown).not.toMatch(/\/eyJ[\w-]+\.[\w-]+\.[\w-]+\//);
  });

  test('starts no job if no video is ready', async () => {
    await using stream = await startLocalStream();
    const run = await runExample('several-videos', { stream, inputs: { 'video-ids': unknownId } });
    expect(run.jobs.map(({ id, result }) => [id, result])).toEqual([
      ['prepare', 'failure'],
      ['process', 'skipped'],
    ]);
  });
});
