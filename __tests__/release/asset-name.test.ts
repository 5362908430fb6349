import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { assetNameFor } from '../../local-github/releases/asset-name.ts';
import { filenameFor } from '../../src/deliver/filename.ts';
import { partFor } from '../../src/files/path-part.ts';
import { assetName } from '../../src/release/asset-name.ts';
import { anyId, anyTitle } from '../files/arbitraries.ts';

/** Cloudflare's IDs do not start with a hyphen, and neither may an asset name. */
const realId = anyId.filter((videoId) => !videoId.startsWith('-'));

const id = '0123456789abcdef0123456789abcdef';

test.each([
  ['a-walk_in.the-park.mp4', 'a-walk_in.the-park.mp4'],
  ['a walk.mp4', 'a-walk.mp4'],
  ['a (1).mp4', 'a-1.mp4'],
  ['a  --  b...mp4', 'a-b.mp4'],
  ['a--b.mp4', 'a--b.mp4'],
  ['Über uns.mp4', 'Ueber-uns.mp4'],
  ['Spaziergang über.m4a', 'Spaziergang-ueber.m4a'],
  ['Spaziergang u\u0308ber.m4a', 'Spaziergang-ueber.m4a'],
  ['Привет, мир.mp4', 'Privet-mir.mp4'],
  ['(a).mp4', 'a.mp4'],
  ['.hidden.mp4', 'hidden.mp4'],
  ['..mp4', `${id}.mp4`],
  ['.mp4', `${id}.mp4`],
  ['a!.mp4', 'a.mp4'],
  ['a.MP4', 'a.MP4'],
  ['a.mp4.mp4', 'a.mp4.mp4'],
  ['v1.2.m4a', 'v1.2.m4a'],
  ['a+b@c~d.mp4', 'a-b-c-d.mp4'],
  ['映画.mp4', `${id}.mp4`],
  ['映画 2.mp4', '2.mp4'],
  ['ひ_ら.mp4', `${id}.mp4`],
  ['カ.タ.mp4', `${id}.mp4`],
  ['_-_.mp4', `${id}.mp4`],
  ['_.-._.mp4', `${id}.mp4`],
  [`映画-${id}.mp4`, `${id}.mp4`],
  ['👩‍👩‍👧.m4a', `${id}.m4a`],
  ['a/../b.mp4', 'a-.-b.mp4'],
  ['-.mp4', `${id}.mp4`],
  ['--a-.mp4', 'a-.mp4'],
  ['no extension', 'no-extension'],
  ['日本語', id],
])('%j becomes %j', async (fileName, name) => {
  expect(await assetName(fileName, id)).toBe(name);
});

describe('a name that is longer in Latin letters than GitHub allows', () => {
  const type = 'default';

  test('is shortened in the middle, so that the ID at its end remains', async () => {
    const name = await assetName(`${'щ'.repeat(100)}-${id}-${type}.mp4`, id);
    expect(name).toHaveLength(255);
    expect(name).toMatch(new RegExp(`^(sch){56}sc?h?-[sch]+-${id}-${type}\\.mp4$`));
  });

  test('keeps the longest ID whole, with a type and separators', async () => {
    const longId = `${id}${id}`;
    const name = await assetName(`${'щ'.repeat(80)}_${longId}_(${type}).mp4`, longId);
    expect(name).toHaveLength(255);
    expect(name.endsWith(`_${longId}_-${type}.mp4`)).toBe(true);
  });

  test('may have 255 characters', async () => {
    const whole = `${'a'.repeat(251)}.mp4`;
    expect(await assetName(whole, id)).toBe(whole);
    expect(await assetName(`${'щ'.repeat(83)}sc.mp4`, id)).toBe(`${'sch'.repeat(83)}sc.mp4`);
  });
});

describe('the asset name of a saved file', () => {
  const extension = fc.constantFrom('.mp4', '.m4a', '.MP4', '.M4A');

  test('is not changed by GitHub', async () => {
    await fc.assert(
      fc.asyncProperty(anyTitle, extension, realId, async (title, end, videoId) => {
        const name = await assetName(title.slice(0, 255) + end, videoId);
        expect(name).toMatch(/^[A-Za-z0-9_](?!.*\.\.)[A-Za-z0-9._-]*$/);
        expect(name.slice(0, -4)).toMatch(/[A-Za-z0-9]|^[_-]+$/);
        expect(assetNameFor(name)).toBe(name);
        expect(await assetName(name, videoId)).toBe(name);
        expect(name.endsWith(end)).toBe(true);
        expect(name.length).toBeLessThanOrEqual(255);
      }),
    );
  });

  test('is the ID if no letter and no digit of the title remains', async () => {
    const nothing = fc
      .array(fc.constantFrom(' ', '映', 'ひ', '_', '-', '.', '…', '👩‍👩‍👧', '?', '\u0301', '\ud83d'))
      .map((all) => all.join(''));
    await fc.assert(
      fc.asyncProperty(nothing, extension, anyId, async (title, end, videoId) => {
        expect(await assetName(title + end, videoId)).toBe(videoId + end);
      }),
    );
  });

  test.each([
    ['Über uns', 'Ueber-uns'],
    ['Füße – Größe & Maß (2024)!', 'Fuesse-Groesse-Mass-2024'],
    ['Привет, мир', 'Privet-mir'],
    ['مقدمة في البرمجة', 'mqdmt-fy-albrmjt'],
    ['My Talk', 'My-Talk'],
    ['a__b -- c', 'a__b-c'],
    ['ひらがな', id],
    ['あ_い', id],
    ['カ・タ・カ・ナ', id],
    ['프로젝트', id],
    ['_-_', id],
    [undefined, id],
  ])('and `filename` are the same for the title %j', async (title, name) => {
    const video = { id, type: 'default', name: title } as const;
    expect(await filenameFor('{name}', video)).toBe(name);
    expect(await assetName(partFor('{name}.{ext}', video), id)).toBe(`${name}.mp4`);
  });
});

test('the asset name of any file name is not changed by GitHub', async () => {
  await fc.assert(
    fc.asyncProperty(anyTitle, realId, async (fileName, videoId) => {
      const name = await assetName(fileName.slice(0, 255), videoId);
      expect(name).toMatch(/^[A-Za-z0-9._-]+$/);
      expect(assetNameFor(name)).toBe(name);
      expect(await assetName(name, videoId)).toBe(name);
    }),
  );
});
