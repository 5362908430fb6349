import { describe, expect, test } from '@jest/globals';
import type { VideoOptions } from '../../local-stream/library/video.ts';
import { apiError, Stage, type StagedStep } from '../harness/step-on-stream.ts';

const both = { downloads: { default: 'ready', audio: 'ready' } } as const;

type Texts = Readonly<Record<string, string>>;

/** A step on a video of its own. */
function stepOn(stage: Stage, video: VideoOptions, inputs: Texts): Promise<StagedStep> {
  const { uid } = stage.stream.addVideo(video);
  return stage.run({ operation: 'list', 'video-id': uid, ...inputs });
}

/** The name under which a browser would save what is at a URL. */
async function savedAs(url: string | null | undefined): Promise<string | undefined> {
  const response = await fetch(url ?? '');
  await response.arrayBuffer();
  expect(response.status).toBe(200);
  return /filename="(.*)"/.exec(response.headers.get('content-disposition') ?? '')?.[1];
}

function nameIn(url: string | null | undefined): string | null {
  return new URL(url ?? '').searchParams.get('filename');
}

describe('a file name', () => {
  test.each([
    ['Holiday_2026-01', 'Holiday_2026-01', 'Holiday_2026-01'],
    ['clip.mp4', 'clip', 'clip'],
    ['{id}', 'ID', 'ID'],
    ['{id}-{type}', 'ID-default', 'ID-audio'],
    ['{type}_{id}.M4A', 'default_ID', 'audio_ID'],
    ['x'.repeat(120), 'x'.repeat(120), 'x'.repeat(120)],
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
    ['Привет, мир!', '{name}-{type}', 'Privet-mir-default'],
    ['Crème brûlée\u202e.mp4', '{name}', 'Creme-brulee'],
    ['a/../b?c=d&e#f', '{name}', 'a-b-c-d-e-f'],
    ['🎬', '{name}', 'ID'],
    ['   ', '{name}', 'ID'],
    [undefined, 'film-{name}', 'film-ID'],
    ['x'.repeat(500), '{name}-{id}', `${'x'.repeat(87)}-ID`],
  ])('of the title %p, by %p, is one that the delivery host takes', async (name, filename, expected) => {
    await using stage = await Stage.open();
    const video = { downloads: { default: 'ready' }, ...(name !== undefined && { name }) } as const;
    const { record, exitCode } = await stepOn(stage, video, { filename });
    expect(exitCode).toBe(0);
    expect(nameIn(record.url)).toBe(expected.replace('ID', record.videoId));
    expect(await savedAs(record.url)).toBe(`${nameIn(record.url)}.mp4`);
  });

  test.each([
    [{ operation: 'list' }, ['GET downloads', 'GET']],
    [{ operation: 'create', type: 'audio default' }, ['POST downloads/audio', 'POST downloads', 'GET']],
  ])('with a title takes one look for all types of a video: %j', async (inputs, calls) => {
    await using stage = await Stage.open();
    const { records } = await stepOn(stage, { ...both, name: 'Holiday' }, { filename: '{name}', ...inputs });
    expect(stage.calls.toSorted()).toEqual(calls.toSorted());
    expect(records.map(({ url }) => nameIn(url))).toEqual(['Holiday', 'Holiday']);
  });

  test('is in a signed URL as well, which works', async () => {
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
    'is in a URL that does not work yet, which is not signed: %j',
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

  test('is asked for where there is no URL to put it into, and nothing is looked up', async () => {
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

  test('does not lose what else is in the query of a URL', async () => {
    await using stage = await Stage.open();
    stage.intercept(async ({ pass }) => {
      const response = await pass();
      const text = (await response.text()).replace('default.mp4', 'default.mp4?a=b&filename=old');
      return new Response(text, { status: response.status });
    });
    const { record } = await stepOn(stage, both, { filename: 'new' });
    expect(new URL(record.url ?? '').search).toBe('?a=b&filename=new');
  });

  test('whose title cannot be looked up fails a ready download, which keeps its URL', async () => {
    await using stage = await Stage.open();
    stage.intercept(({ call, pass }) =>
      call === 'GET' ? Promise.resolve(apiError(400, 10005, 'bad request')) : pass(),
    );
    const step = await stepOn(stage, both, { type: 'default', filename: '{name}' });
    expect(step.exitCode).toBe(1);
    expect(step.record).toMatchObject({ status: 'ready', url: expect.stringMatching(/default\.mp4$/) });
  });

  test('whose title cannot be looked up is no failure of a download that is not ready', async () => {
    await using stage = await Stage.open();
    stage.intercept(({ call, pass }) =>
      call === 'GET' ? Promise.resolve(apiError(400, 10005, 'bad request')) : pass(),
    );
    const video = { downloads: { default: 'inprogress' } } as const;
    const step = await stepOn(stage, video, { filename: '{name}' });
    expect(step.exitCode).toBe(0);
    expect(step.record).toMatchObject({ status: 'inprogress', url: expect.stringMatching(/default\.mp4$/) });
  });

  test.each([
    ['Über uns.mp4', 'write "Ueber-uns"'],
    ['a b', 'write "a-b"'],
    ['{title}', 'did you mean {name}?'],
    ['{video-id}', 'write "video-id"'],
    ['{name}.{ext}', 'write "{name}"'],
    ['x'.repeat(121), `write "${'x'.repeat(120)}"`],
    ['.mp4', 'holds no name'],
    ['❤', 'write "{id}"'],
  ])('%s is refused before any request, with what to write', async (filename, words) => {
    await using stage = await Stage.open();
    const step = await stepOn(stage, both, { filename });
    expect([step.exitCode, step.records]).toEqual([1, []]);
    expect(stage.calls).toEqual([]);
    expect(step.errors).toHaveLength(1);
    expect(step.errors[0]?.message).toMatch(/^`filename`: /);
    expect(step.errors[0]?.message).toContain(words);
  });
});
