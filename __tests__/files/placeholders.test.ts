import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  fill,
  fillToFit,
  hasPlaceholder,
  literalText,
  longestValues,
  placeholderProblems,
  placeholders,
  valuesOf,
} from '../../src/files/placeholders.ts';
import { anyText } from '../harness/arbitraries.ts';
import { anyVideo } from './arbitraries.ts';

const values = { id: 'ID', type: 'TYPE', name: 'NAME', ext: 'EXT' };

describe('replacing placeholders', () => {
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

  test('does not replace anything in the values', () => {
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

  test('uses the extension of the type', () => {
    const video = { id: 'v-1', type: 'audio', name: 'Talk' } as const;
    expect(valuesOf(video, 'talk')).toEqual({ id: 'v-1', type: 'audio', name: 'talk', ext: 'm4a' });
    expect(valuesOf({ ...video, type: 'default' }, 'talk').ext).toBe('mp4');
  });

  test('knows the longest id, type and extension', () => {
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

describe('replacing placeholders within a limit', () => {
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
  ])('%s within %d characters gives %s', (template, limit, filled) => {
    expect(fitting(template, limit)).toBe(filled);
  });
});

describe('finding placeholders', () => {
  test('finds the requested ones, or any', () => {
    expect(hasPlaceholder('a/{name}.{ext}', ['id', 'name'])).toBe(true);
    expect(hasPlaceholder('a/{Name}.{ext}', ['id', 'name'])).toBe(false);
    expect(hasPlaceholder('{{type}}')).toBe(true);
    expect(hasPlaceholder('{} {nam} name')).toBe(false);
  });

  test('separates them from literal text', () => {
    expect(literalText('a{id}b{foo}c{ d }')).toBe('abc{ d }');
  });
});

describe('text in braces that is not a placeholder', () => {
  test.each([
    ['{Name}', '"{Name}" is not one of {id}, {type}, {name}, {ext}; did you mean {name}?'],
    ['{nmae}', '"{nmae}" is not one of {id}, {type}, {name}, {ext}'],
    ['{names}', '"{names}" is not one of {id}, {type}, {name}, {ext}; did you mean {name}?'],
    ['{title}', '"{title}" is not one of {id}, {type}, {name}, {ext}; did you mean {name}?'],
    ['{IDs}', '"{IDs}" is not one of {id}, {type}, {name}, {ext}; did you mean {id}?'],
    ['{Title}', '"{Title}" is not one of {id}, {type}, {name}, {ext}; did you mean {name}?'],
    ['{uid}', '"{uid}" is not one of {id}, {type}, {name}, {ext}; did you mean {id}?'],
    ['{extension}', '"{extension}" is not one of {id}, {type}, {name}, {ext}; did you mean {ext}?'],
    ['{date}', '"{date}" is not one of {id}, {type}, {name}, {ext}'],
    ['{größe}', '"{größe}" is not one of {id}, {type}, {name}, {ext}'],
  ])('%s is reported with the existing placeholders, and a suggestion', (template, problem) => {
    expect(placeholderProblems(template, placeholders)).toEqual([problem]);
  });

  test('is reported once if it is repeated', () => {
    expect(placeholderProblems('{foo}{bar}{foo}{id}', placeholders)).toHaveLength(2);
  });

  test('includes placeholders that are not allowed, which are not suggested either', () => {
    expect(placeholderProblems('{id}{ext}', ['id'])).toEqual(['"{ext}" is not one of {id}']);
    expect(placeholderProblems('{extension}', ['id'])).toEqual(['"{extension}" is not one of {id}']);
  });

  test.each(['', 'talk', '{id}{type}{name}{ext}', '{}', '{ id }', '{a-b}', '{1}', '{', '}{'])(
    'is not found in %j',
    (template) => {
      expect(placeholderProblems(template, placeholders)).toEqual([]);
    },
  );
});
