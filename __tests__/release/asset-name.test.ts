import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { assetNameFor } from '../../local-github/releases/asset-name.ts';
import { assetName } from '../../src/release/asset-name.ts';
import { anyId, anyTitle } from '../files/arbitraries.ts';

/** Cloudflare's IDs do not start with a hyphen, and neither may an asset name. */
const realId = anyId.filter((videoId) => !videoId.startsWith('-'));

const id = '0123456789abcdef0123456789abcdef';

test.each([
  ['a-walk_in.the-park.mp4', 'a-walk_in.the-park.mp4'],
  ['a walk.mp4', 'a.walk.mp4'],
  ['a (1).mp4', 'a.1.mp4'],
  ['a  --  b...mp4', 'a.--.b.mp4'],
  ['Spaziergang über.m4a', 'Spaziergang.ber.m4a'],
  ['Spaziergang u\u0308ber.m4a', 'Spaziergang.ber.m4a'],
  ['(a).mp4', 'a.mp4'],
  ['.hidden.mp4', 'hidden.mp4'],
  ['..mp4', `${id}.mp4`],
  ['.mp4', `${id}.mp4`],
  ['a!.mp4', 'a.mp4'],
  ['a.MP4', 'a.MP4'],
  ['a.mp4.mp4', 'a.mp4.mp4'],
  ['v1.2.m4a', 'v1.2.m4a'],
  ['a+b@c~d.mp4', 'a.b.c.d.mp4'],
  ['映画.mp4', `${id}.mp4`],
  ['👩‍👩‍👧.m4a', `${id}.m4a`],
  ['a/../b.mp4', 'a.b.mp4'],
  ['-.mp4', `${id}.mp4`],
  ['--a-.mp4', 'a-.mp4'],
  ['no extension', 'no.extension'],
])('%j becomes %j', (fileName, name) => {
  expect(assetName(fileName, id)).toBe(name);
});

describe('the asset name of a saved file', () => {
  const extension = fc.constantFrom('.mp4', '.m4a', '.MP4', '.M4A');
  const any = fc.tuple(anyTitle, extension, realId);

  test('is not changed by GitHub', () => {
    fc.assert(
      fc.property(any, ([title, end, videoId]) => {
        const name = assetName(title + end, videoId);
        expect(name).toMatch(/^[A-Za-z0-9._-]+$/);
        expect(assetNameFor(name)).toBe(name);
        expect(assetName(name, videoId)).toBe(name);
        expect(name.endsWith(end)).toBe(true);
        expect(name.length).toBeLessThanOrEqual(Math.max(title.length, videoId.length) + end.length);
      }),
    );
  });

  test('is the one that GitHub would create, if the title keeps its start and end', () => {
    fc.assert(
      fc.property(any, anyId, ([title, end, videoId], inner) => {
        const whole = `0${title}${inner}${end}`;
        expect(assetName(whole, videoId)).toBe(assetNameFor(whole.normalize('NFC')));
      }),
    );
  });

  test('is the ID if nothing of the title remains', () => {
    const nothing = fc
      .array(fc.constantFrom(' ', '映', '.', '…', '👩‍👩‍👧', '?', '\u0301', '\ud83d'))
      .map((all) => all.join(''));
    fc.assert(
      fc.property(nothing, extension, anyId, (title, end, videoId) => {
        expect(assetName(title + end, videoId)).toBe(videoId + end);
      }),
    );
  });
});

test('the asset name of any file name is not changed by GitHub', () => {
  fc.assert(
    fc.property(anyTitle, realId, (fileName, videoId) => {
      const name = assetName(fileName, videoId);
      expect(name).toMatch(/^[A-Za-z0-9._-]+$/);
      expect(assetNameFor(name)).toBe(name);
      expect(assetName(name, videoId)).toBe(name);
    }),
  );
});
