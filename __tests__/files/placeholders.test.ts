import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  fill,
  fillToFit,
  holds,
  holdsAny,
  literalOf,
  longestValues,
  meantBy,
  placeholderProblems,
  placeholders,
  rewrite,
  valuesOf,
} from '../../src/files/placeholders.ts';
import { anyText } from '../harness/arbitraries.ts';
import { anyVideo } from './arbitraries.ts';

const values = { id: 'ID', type: 'TYPE', name: 'NAME', ext: 'EXT' };

describe('filling in', () => {
  test.each([
    ['{id}', 'ID'],
    ['{name}-{id}.{ext}', 'NAME-ID.EXT'],
    ['{type}{type}', 'TYPETYPE'],
    ['{{id}}', '{ID}'],
    ['{Id} {} { id } {id', '{Id} {} { id } {id'],
    ['', ''],
  ])('%j becomes %j', (template, filled) => {
    expect(fill(template, values)).toBe(filled);
  });

  test('never looks at what was filled in again', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('{id}', '{ext}{id}', '$&', '$1', '{na', 'me}'),
        anyText(),
        (start, rest) => {
          expect(fill('{name}me}', { ...values, name: start + rest })).toBe(`${start}${rest}me}`);
        },
      ),
    );
  });

  test('takes id and type as they are, and the extension of the type', () => {
    const video = { id: 'v-1', type: 'audio', name: 'Talk' } as const;
    expect(valuesOf(video, 'talk')).toEqual({ id: 'v-1', type: 'audio', name: 'talk', ext: 'm4a' });
    expect(valuesOf({ ...video, type: 'default' }, 'talk').ext).toBe('mp4');
  });

  test('knows how long id, type and extension can be', () => {
    fc.assert(
      fc.property(anyVideo, (video) => {
        const [some, longest] = [valuesOf(video, ''), longestValues(0)];
        for (const placeholder of placeholders) {
          expect(some[placeholder].length).toBeLessThanOrEqual(longest[placeholder].length);
        }
      }),
    );
  });
});

describe('filling in to fit', () => {
  const fitting = (template: string, limit: number) =>
    fillToFit(
      template,
      values,
      limit,
      (text) => text.length,
      (name, room) => name.slice(0, room),
    );

  test.each([
    ['{name}-{id}', 7, 'NAME-ID'],
    ['{name}-{id}', 6, 'NAM-ID'],
    ['{name}-{id}-{name}', 11, 'NAM-ID-NAM'],
    ['{id}', 1, 'ID'],
  ])('%s in %d characters is %s', (template, limit, filled) => {
    expect(fitting(template, limit)).toBe(filled);
  });
});

describe('looking for placeholders', () => {
  test('finds those that are asked for', () => {
    expect(holds('a/{name}.{ext}', 'name')).toBe(true);
    expect(holds('a/{Name}.{ext}', 'name')).toBe(false);
    expect(holdsAny('{{type}}')).toBe(true);
    expect(holdsAny('{} {nam} name')).toBe(false);
  });

  test('tells them from what was typed literally', () => {
    expect(literalOf('a{id}b{foo}c{ d }')).toBe('abc{ d }');
    const upper = (text: string) => text.toUpperCase();
    expect(rewrite('a{id}b{foo}', (word) => `<${word}>`, upper)).toBe('A<id>B<foo>');
  });
});

describe('a word in braces that is no placeholder', () => {
  test.each([
    ['{Name}', '"{Name}" is none of {id}, {type}, {name}, {ext}; did you mean {name}?'],
    ['{nmae}', '"{nmae}" is none of {id}, {type}, {name}, {ext}'],
    ['{names}', '"{names}" is none of {id}, {type}, {name}, {ext}; did you mean {name}?'],
    ['{title}', '"{title}" is none of {id}, {type}, {name}, {ext}; did you mean {name}?'],
    ['{uid}', '"{uid}" is none of {id}, {type}, {name}, {ext}; did you mean {id}?'],
    ['{extension}', '"{extension}" is none of {id}, {type}, {name}, {ext}; did you mean {ext}?'],
    ['{date}', '"{date}" is none of {id}, {type}, {name}, {ext}'],
    ['{größe}', '"{größe}" is none of {id}, {type}, {name}, {ext}'],
  ])('%s is told with what there is, and what was meant', (template, problem) => {
    expect(placeholderProblems(template, placeholders)).toEqual([problem]);
  });

  test('is told once, each', () => {
    expect(placeholderProblems('{foo}{bar}{foo}{id}', placeholders)).toHaveLength(2);
  });

  test('is one too where that placeholder is not allowed, and none that is not allowed is hinted at', () => {
    expect(placeholderProblems('{id}{ext}', ['id'])).toEqual(['"{ext}" is none of {id}']);
    expect(placeholderProblems('{extension}', ['id'])).toEqual(['"{extension}" is none of {id}']);
  });

  test.each(['', 'talk', '{id}{type}{name}{ext}', '{}', '{ id }', '{a-b}', '{1}', '{', '}{'])(
    'is not found in %j',
    (template) => {
      expect(placeholderProblems(template, placeholders)).toEqual([]);
    },
  );

  test('may be meant for one', () => {
    expect(meantBy('Title')).toBe('name');
    expect(meantBy('IDs')).toBe('id');
    expect(meantBy('duration')).toBeUndefined();
  });
});
