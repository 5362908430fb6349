import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { defaultName } from '../../src/files/default-name.ts';
import { partFor } from '../../src/files/path-part.ts';
import type { NamedVideo } from '../../src/files/placeholders.ts';
import { anyTitle, anyVideo } from './arbitraries.ts';

const several = (video: NamedVideo) => partFor(defaultName(video, true), video);
const video = (id: string, name?: string) => ({ id, type: 'default', name }) as const;

describe('the default name', () => {
  test.each([
    ['of one video', false, 'Talk', '{name}.{ext}'],
    ['of several videos', true, 'Talk', '{name}-{id}.{ext}'],
    ['of one video without a name', false, undefined, '{id}.{ext}'],
    ['of several videos without a name', true, undefined, '{id}.{ext}'],
    ['of one video without a usable name', false, '../', '{id}.{ext}'],
    ['of several videos without a usable name', true, '../', '{id}.{ext}'],
  ])('%s', (_, severalVideos, name, template) => {
    expect(defaultName(video('0a', name), severalVideos)).toBe(template);
  });

  test('puts an id with a dash into brackets among several videos, where it could end as another one', () => {
    expect(several(video('b-c', 'a'))).toBe('a-(b-c).mp4');
    expect(several(video('c', 'a-b'))).toBe('a-b-c.mp4');
    expect(several(video('a-c'))).toBe('(a-c).mp4');
    expect(several(video('c', 'a'))).toBe('a-c.mp4');
    expect(defaultName(video('a-c'), false)).toBe('{id}.{ext}');
  });

  test('is never shared by two ids among several videos', () => {
    fc.assert(
      fc.property(anyVideo, anyVideo, (one, other) => {
        fc.pre(one.id !== other.id);
        expect(several(one)).not.toBe(several({ ...other, type: one.type }));
      }),
      { numRuns: 1000 },
    );
  });

  test('is never shared by two ids that end the same way, whatever the names take from the rest', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', '-', '(', ')'), maxLength: 4 });
    const piece = fc.stringMatching(/^[a-]{1,4}$/);
    const name = fc.option(fc.oneof(letters, anyTitle), { nil: undefined });
    fc.assert(
      fc.property(piece, name, piece, name, (oneId, oneName, otherId, otherName) => {
        fc.pre(oneId !== otherId);
        expect(several(video(oneId, oneName))).not.toBe(several(video(otherId, otherName)));
      }),
      { numRuns: 3000 },
    );
  });
});
