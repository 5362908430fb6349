import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { sha256, testPattern } from '../harness/media.ts';
import { Stage } from '../harness/stage.ts';
import { openTemporaryFolder } from '../harness/temporary-folder.ts';
import { ready } from '../harness/videos.ts';

/** Runs a line as a step that inserts an expression into its `run` would, and returns what it printed. */
function runInShell(line: string, folder: string) {
  const { status, stderr, stdout } = spawnSync('sh', ['-c', line], { cwd: folder, encoding: 'utf8' });
  return { status, stderr, stdout };
}

describe('a file that is named after its title', () => {
  // Without spaces, so that the whole name is one argument.
  test.each([
    ['$(touch${IFS}pwned)', 'touch-IFS-pwned'],
    ['a`touch${IFS}pwned`b', 'a-touch-IFS-pwned-b'],
    ['a;touch${IFS}pwned;b', 'a-touch-IFS-pwned-b'],
    ['a&touch${IFS}pwned&b', 'a-touch-IFS-pwned-b'],
    ['a||touch${IFS}pwned||b', 'a-touch-IFS-pwned-b'],
    ['a|touch${IFS}pwned', 'a-touch-IFS-pwned'],
    ['a">pwned"', 'a-pwned'],
    ["a'>pwned'", 'a-pwned'],
    ['a>pwned', 'a-pwned'],
    ['a\u037etouch${IFS}pwned', 'a-touch-IFS-pwned'],
    ['100%_(é)_日本語+a=b,c', '100-_-é-_日本語+a=b,c'],
  ])('is listed by a shell that gets its path unquoted, and executes nothing: %s', async (title, name) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ ...ready, name: title });
    const step = await stage.run({ 'video-id': uid, 'save-to': '{name}/' });
    const file = `${name}/${name}.mp4`;
    expect([step.exitCode, step.outputs['file']]).toEqual([0, file]);
    const listed = runInShell(`ls ${step.outputs['file']}`, stage.workspace);
    expect(listed).toEqual({ status: 0, stderr: '', stdout: `${file}\n` });
    expect(stage.files).toEqual([file]);
    expect(stage.hash(file)).toBe(testPattern.default.sha256);
  });

  test('executes nothing if its name has spaces either', async () => {
    await using stage = await Stage.open();
    const title =
      'a; touch pwned & touch pwned | touch pwned $(touch pwned) `touch pwned` > pwned\n touch pwned';
    const { uid } = stage.stream.addVideo({ ...ready, name: title });
    const step = await stage.run({ 'video-id': uid, 'save-to': 'videos/' });
    runInShell(`ls ${step.outputs['file']}`, stage.workspace);
    expect(stage.files).toEqual([step.outputs['file']]);
    expect(step.outputs['file']).toBe(
      'videos/a- touch pwned - touch pwned - touch pwned -touch pwned- -touch pwned- - pwned touch pwned.mp4',
    );
  });

  test.each(['$(touch${IFS}pwned)', 'a`touch${IFS}pwned`b', 'a;touch${IFS}pwned;b', 'a>pwned'])(
    'would be dangerous under its title: %s',
    (title) => {
      using folder = openTemporaryFolder();
      runInShell(`ls ${title}`, folder.path);
      expect(folder.entries()).toContain('pwned');
    },
  );

  test('keeps what the author of the workflow wrote', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ ...ready, name: 'Q&A (live)' });
    const step = await stage.run({ 'video-id': uid, 'save-to': "R&D (1)/{name}; it's {type}.mp4" });
    expect(step.record.file).toBe("R&D (1)/Q-A -live; it's default.mp4");
    expect(stage.files).toEqual([step.record.file]);
  });
});

test.each([
  ['Über uns: Größe & Maß', 'Über uns- Größe - Maß.mp4', 'Ueber-uns-Groesse-Mass'],
  ['Привет, мир!', 'Привет, мир.mp4', 'Privet-mir'],
  ['ひ_ら', 'ひ_ら.mp4', 'ID'],
  ['_-_', 'ID.mp4', 'ID'],
  // What no file name keeps may still have Latin letters.
  ['①②③', 'ID.mp4', '123'],
  ['Ⅷ', 'ID.mp4', 'VIII'],
  ['№ 5', '5.mp4', 'No-5'],
  ['H₂O', 'H-O.mp4', 'H2O'],
  ['½ hour', 'hour.mp4', '1-2-hour'],
  ['Film.mov', 'Film.mp4', 'Film'],
])('the title %s names the file, and in Latin letters its URL and its asset', async (name, file, latin) => {
  await using stage = await Stage.open({ github: true });
  stage.github.addRelease({ tag: 'v1' });
  const { uid } = stage.stream.addVideo({ ...ready, name });
  const step = await stage.run({ 'video-id': uid, 'save-to': './', filename: '{name}' });
  const latinName = latin.replace('ID', uid);
  expect([step.exitCode, step.record.file]).toEqual([0, file.replace('ID', uid)]);
  expect(new URL(step.record.url ?? '').searchParams.get('filename')).toBe(latinName);
  expect(stage.assets).toEqual([`${latinName}.mp4`]);
  expect(sha256(stage.bytesOf(`${latinName}.mp4`) ?? new Uint8Array())).toBe(testPattern.default.sha256);
  expect(step.outputs['asset-url']?.endsWith(`/v1/${latinName}.mp4`)).toBe(true);
});

test('a title without Latin letters is the ID in an asset whose name has more than the title', async () => {
  await using stage = await Stage.open({ github: true });
  stage.github.addRelease({ tag: 'v1' });
  const { uid } = stage.stream.addVideo({ ...ready, name: 'ひ_ら' });
  const step = await stage.run({ 'video-id': uid, 'save-to': 'talk-{name}.{ext}' });
  expect([step.record.file, stage.assets]).toEqual(['talk-ひ_ら.mp4', [`talk-${uid}.mp4`]]);
});
