import { describe, expect, test } from '@jest/globals';
import type { VideoOptions } from '../../local-stream/library/video.ts';
import { apiError } from '../harness/responses.ts';
import { Stage, type StagedStep } from '../harness/stage.ts';
import { both, ready } from '../harness/videos.ts';

type Texts = Readonly<Record<string, string>>;

/** Runs a step on a new video. */
function stepOn(stage: Stage, video: VideoOptions, inputs: Texts): Promise<StagedStep> {
  const { uid } = stage.stream.addVideo(video);
  return stage.run({ operation: 'list', 'video-id': uid, ...inputs });
}

/** The name under which a browser would save the file at a URL. */
async function savedAs(url: string | null | undefined): Promise<string | undefined> {
  const response = await fetch(url ?? '');
  await response.arrayBuffer();
  expect(response.status).toBe(200);
  return /filename="(.*)"/.exec(response.headers.get('content-disposition') ?? '')?.[1];
}

function nameIn(url: string | null | undefined): string | null {
  return new URL(url ?? '').searchParams.get('filename');
}

describe('the input filename', () => {
  test.each([
    ['clip.mp4', 'clip', 'clip'],
    ['{id}-{type}', 'ID-default', 'ID-audio'],
  ])('%s is in the URL of each type, without a further request', async (filename, ...names) => {
    await using stage = await Stage.open();
    const { records } = await stepOn(stage, both, { filename });
    expect(stage.calls).toEqual(['GET downloads']);
    for (const [index, { url, videoId }] of records.entries()) {
      const name = names[index]?.replace('ID', videoId);
      expect(nameIn(url)).toBe(name);
      expect(await savedAs(url)).toBe(`${name}.${index === 0 ? 'mp4' : 'm4a'}`);
    }
  });

  test.each([
    ['Über uns: Größe & Maß', '{name}', 'Ueber-uns-Groesse-Mass'],
    ['🎬', '{name}', 'ID'],
    ['x'.repeat(500), '{name}-{id}', `${'x'.repeat(87)}-ID`],
  ])('with the title %p, by %p, is accepted by the delivery host', async (name, filename, expected) => {
    await using stage = await Stage.open();
    const { exitCode, record } = await stepOn(stage, { ...ready, name }, { filename });
    expect(exitCode).toBe(0);
    expect(nameIn(record.url)).toBe(expected.replace('ID', record.videoId));
    expect(await savedAs(record.url)).toBe(`${nameIn(record.url)}.mp4`);
  });

  test.each([
    [{ operation: 'list' }, ['GET downloads', 'GET']],
    [{ operation: 'create', type: 'audio default' }, ['POST downloads/audio', 'POST downloads', 'GET']],
  ])(
    'with the title takes one request for the details for all types of a video: %j',
    async (inputs, calls) => {
      await using stage = await Stage.open();
      const { records } = await stepOn(
        stage,
        { ...both, name: 'Holiday' },
        { filename: '{name}', ...inputs },
      );
      expect(stage.calls.toSorted()).toEqual(calls.toSorted());
      expect(records.map(({ url }) => nameIn(url))).toEqual(['Holiday', 'Holiday']);
    },
  );

  test('is in a signed URL too, which works', async () => {
    await using stage = await Stage.open();
    const video = { ...both, name: 'Über uns', requireSignedURLs: true };
    const { records } = await stepOn(stage, video, { filename: '{name}-{type}', 'signed-url': 'auto' });
    expect(stage.calls).toEqual(['GET downloads', 'GET', 'POST token']);
    for (const { expiresAt, type, url } of records) {
      expect(expiresAt).toBeDefined();
      expect(await savedAs(url)).toBe(`Ueber-uns-${type}.${type === 'default' ? 'mp4' : 'm4a'}`);
    }
  });

  test.each([
    [{ generateMs: 60_000 }, { operation: 'create' }, 'inprogress'],
    [{ downloads: { default: 'inprogress' } }, { operation: 'list' }, 'inprogress'],
    [{ downloads: { default: 'error' } }, { operation: 'list' }, 'error'],
  ] as const)(
    'is in the URL of a download that is not ready, which is not signed: %j',
    async (video, inputs, status) => {
      await using stage = await Stage.open();
      const options = { ...video, name: 'Über uns', requireSignedURLs: true };
      const { exitCode, record } = await stepOn(stage, options, {
        ...inputs,
        filename: '{name}',
        'signed-url': 'always',
      });
      expect([exitCode, record.status]).toEqual([0, status]);
      expect(stage.count('POST token')).toBe(0);
      if (record.url !== null) expect(nameIn(record.url)).toBe('Ueber-uns');
      if (status === 'inprogress') expect(record.url).toContain(`/${record.videoId}/`);
    },
  );

  test('is ignored without a request for the details if there is no URL', async () => {
    for (const [video, inputs] of [
      [{}, { operation: 'list' }],
      [both, { operation: 'delete' }],
    ] as const) {
      await using stage = await Stage.open();
      const { exitCode } = await stepOn(stage, video, { ...inputs, filename: '{name}' });
      expect(exitCode).toBe(0);
      expect(stage.count('GET')).toBe(0);
    }
  });

  test('keeps the other parameters of a URL’s query', async () => {
    await using stage = await Stage.open();
    stage.intercept(async ({ pass }) => {
      const response = await pass();
      const text = (await response.text()).replace('default.mp4', 'default.mp4?a=b&filename=old');
      return new Response(text, { status: response.status });
    });
    const { record } = await stepOn(stage, both, { filename: 'new' });
    expect(new URL(record.url ?? '').search).toBe('?a=b&filename=new');
  });

  test('fails a ready download if the title cannot be read, and keeps its URL', async () => {
    await using stage = await Stage.open();
    stage.intercept(({ call, pass }) =>
      call === 'GET' ? Promise.resolve(apiError(400, 10005, 'bad request')) : pass(),
    );
    const step = await stepOn(stage, both, { type: 'default', filename: '{name}' });
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({ status: 'ready', url: expect.stringMatching(/default\.mp4$/) });
  });

  test('does not fail a download that is not ready if the title cannot be read', async () => {
    await using stage = await Stage.open();
    stage.intercept(({ call, pass }) =>
      call === 'GET' ? Promise.resolve(apiError(400, 10005, 'bad request')) : pass(),
    );
    const video = { downloads: { default: 'inprogress' } } as const;
    const step = await stepOn(stage, video, { filename: '{name}' });
    expect(step.exitCode).toBe(0);
    expect(step.record).toMatchObject({ status: 'inprogress', url: expect.stringMatching(/default\.mp4$/) });
  });

  test('is refused before any request, with a fix', async () => {
    await using stage = await Stage.open();
    const step = await stepOn(stage, both, { filename: '{title}' });
    expect([step.exitCode, step.records]).toEqual([1, []]);
    expect(stage.calls).toEqual([]);
    expect(step.errors).toHaveLength(1);
    expect(step.errors[0]?.message).toMatch(/^`filename`: .*did you mean \{name\}\?/);
  });
});
