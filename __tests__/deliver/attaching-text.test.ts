import { describe, expect, test } from '@jest/globals';
import type { Fault } from '../../local-github/faults.ts';
import { always, apiError } from '../harness/responses.ts';
import { textOf } from '../harness/run-step.ts';
import { Stage } from '../harness/stage.ts';
import { ready } from '../harness/videos.ts';

const command = '\n::set-output name=x::y\n##[error]z';
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/** Replaces fields of the JSON object that GitHub responds with. */
function withFields(fields: Readonly<Record<string, unknown>>): Fault {
  return { kind: 'alter', alter: (json) => Object.assign({}, json, fields) };
}

describe('the label of an asset is the title', () => {
  test.each<[string, string, string | RegExp]>([
    ['without control characters', `Holi${command} day`, 'Holi ::set-output name=x::y ##[error]z day'],
    ['without bidi controls', 'a\u202eb', 'ab'],
    ['without joiners', 'a\u200db', 'ab'],
    ['without lone surrogates', 'a\ud800b\udc00', 'ab'],
    ['at most 200 characters long', 'x'.repeat(4000), /^x{199}…$/],
    ['without half of an emoji', `${'x'.repeat(198)}👩👩`, /^x{198}…$/],
  ])('%s', async (_, name, label) => {
    await using stage = await Stage.open({ github: true });
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo({ ...ready, name });
    const step = await stage.run({ 'video-id': uid });
    expect(step.errors).toEqual([]);
    const [asset] = stage.github.assets('v1');
    expect(asset?.label).toMatch(label);
    expect(asset?.label).not.toMatch(unprintable);
  });

  test.each([
    ['is longer than any title', 'x'.repeat(100_000)],
    ['has nothing printable', '\ud800\u202e\n'],
  ])('or nothing, if that %s', async (_, name) => {
    await using stage = await Stage.open({ github: true });
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo({ ...ready, name });
    expect((await stage.run({ 'video-id': uid })).errors).toEqual([]);
    expect(stage.github.assets('v1')[0]?.label || null).toBeNull();
  });
});

test('an asset has no label if the title cannot be looked up', async () => {
  await using stage = await Stage.open({ github: true });
  stage.github.addRelease({ tag: 'v1' });
  const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
  stage.intercept(async ({ call, pass }) => (call === 'GET' ? apiError(400, 10005, 'No') : pass()));
  const step = await stage.run({ 'video-id': uid, operation: 'list', type: 'default', 'save-to': 'a.mp4' });
  expect([step.errors, stage.assets]).toEqual([[], ['a.mp4']]);
  expect(stage.github.assets('v1')[0]?.label || null).toBeNull();
});

describe('text of GitHub in the log', () => {
  test.each<[string, Parameters<Stage['github']['faults']['add']>[0]]>([
    ['the tag', { route: 'releases.by-tag', fault: withFields({ tag_name: `v1${command}` }) }],
    [
      'the name of an asset',
      { route: 'assets.upload', fault: withFields({ name: `a${command}`, state: `s${command}` }) },
    ],
    [
      'the URL of an asset',
      { route: 'assets.upload', fault: withFields({ browser_download_url: `http://h/a${command}` }) },
    ],
    [
      'an error',
      { route: 'assets.upload', fault: { kind: 'status', status: 422, body: { message: `no${command}` } } },
    ],
  ])('is on one line and no command: %s', async (_, fault) => {
    await using stage = await Stage.open({ github: true });
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo(ready);
    stage.github.faults.add(fault);
    const step = await stage.run({ 'video-id': uid });
    const lines = textOf(step).split('\n');
    expect(lines.some((line) => /set-output/.test(line))).toBe(true);
    expect(lines.filter((line) => /^\s*::/.test(line))).toEqual([]);
    expect(step.log.filter((line) => line.includes('##['))).toEqual([]);
    expect(step.outputs['asset-url']).not.toContain('\n');
  });

  test('is short', async () => {
    await using stage = await Stage.open({ github: true });
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo(ready);
    const long = 'x'.repeat(100_000);
    stage.github.faults.add({ route: 'releases.by-tag', fault: withFields({ tag_name: long }) });
    stage.github.faults.add({
      route: 'assets.upload',
      fault: {
        kind: 'status',
        status: 422,
        body: { message: long, errors: Array(1000).fill('x'.repeat(500)) },
      },
    });
    const step = await stage.run({ 'video-id': uid });
    expect(textOf(step).length).toBeLessThan(20_000);
    expect(step.message).toContain('and 997 more messages');
  });
});

test('a notice of deprecation is in the debug log only, redacted', async () => {
  await using stage = await Stage.open({ github: true });
  stage.github.addRelease({ tag: 'v1' });
  const headers = { deprecation: '@1', sunset: stage.github.token };
  stage.github.faults.add({ route: 'any', fault: { kind: 'headers', headers }, times: always });
  // That the token is shown nowhere is checked for every step.
  const step = await stage.run({ 'video-id': stage.stream.addVideo(ready).uid });
  expect(step.debug.filter((line) => line.includes('removed on ***'))).toHaveLength(3);
  expect([...step.log, ...step.warnings].join('\n')).not.toContain('deprecated');
});

describe('a retry towards GitHub is logged like one towards Cloudflare', () => {
  const failing: Fault = { kind: 'status', status: 502 };

  test('of the search, at once', async () => {
    await using stage = await Stage.open({ github: true });
    stage.github.addRelease({ tag: 'v1' });
    stage.github.faults.add({ route: 'releases.by-tag', fault: failing });
    const step = await stage.run({ 'video-id': stage.stream.addVideo(ready).uid });
    expect(step.log[1]).toMatch(/^GitHub: Could not look up the release v1: .*; next attempt in /);
  });

  test('of one video, at once', async () => {
    await using stage = await Stage.open({ github: true });
    stage.github.addRelease({ tag: 'v1' });
    const { uid } = stage.stream.addVideo({ ...ready, name: 'Holiday' });
    stage.github.faults.add({ route: 'assets.upload', fault: failing });
    const step = await stage.run({ 'video-id': uid });
    expect(step.log).toContainEqual(
      expect.stringMatching(/^"Holiday" \(.*\) · GitHub: Could not upload Holiday\.mp4: .*; next attempt/),
    );
  });

  test.each(['assets.upload', 'assets.update', 'assets.delete'] as const)(
    'of one of several videos (%s), at once',
    async (route) => {
      await using stage = await Stage.open({ github: true });
      const ids = [1, 2, 3].map(() => stage.stream.addVideo(ready).uid);
      const assets = ids.map((id) => ({ name: `${id}.mp4`, bytes: 'old' }));
      stage.github.addRelease({ tag: 'v1', assets });
      // The first change is the check of the permission, which is not retried.
      stage.github.faults.add({ route, fault: failing, after: route === 'assets.update' ? 1 : 0 });
      const { log } = await stage.run({ 'video-id': ids.join() });
      expect(log.filter((line) => /^GitHub: .*; next attempt in /.test(line))).toHaveLength(1);
    },
  );
});
