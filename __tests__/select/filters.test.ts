import { describe, expect, test } from '@jest/globals';
import { filterQuery, passes } from '../../src/select/filters.ts';
import type { Filters } from '../../src/select/selection.ts';
import { listed, noFilters } from './library.ts';

function isPassed(filters: Partial<Filters>, fields: Readonly<Record<string, unknown>>): boolean {
  return passes({ ...noFilters, ...filters })(listed('a', fields));
}

describe('filters', () => {
  test('pass every video if nothing is asked for', () => {
    expect(isPassed({}, {})).toBe(true);
  });

  test.each<[created: string, isPassed: boolean]>([
    ['2026-01-31T00:00:00.123456788Z', false],
    ['2026-01-31T00:00:00.123456789Z', true],
    ['2026-01-31T02:00:00.123456789+02:00', true],
    ['2026-02-01T00:00:00Z', true],
    ['2026-02-01T00:00:00.000000001Z', false],
  ])('compare times to the nanosecond: %s', (created, expected) => {
    const range = {
      createdAfter: '2026-01-31T00:00:00.123456789Z',
      createdBefore: '2026-02-01T00:00:00.000000001Z',
    };
    expect(isPassed(range, { created })).toBe(expected);
  });

  test('include the instant of created-after, and exclude that of created-before', () => {
    const created = '2026-01-31T12:00:00Z';
    expect(isPassed({ createdAfter: created }, { created })).toBe(true);
    expect(isPassed({ createdBefore: created }, { created })).toBe(false);
  });

  test.each<[search: string, title: string | undefined, isPassed: boolean]>([
    ['talk', 'Our TALK of May', true],
    ['GRÜSSE', 'Viele Grüße', true],
    ['o\u0308l', 'Öl', true],
    ['οδοσ', 'ΟΔΟΣ', true],
    ['οδος', 'ΟΔΟΣΗΜΑΝΣΗ', true],
    ['ｆｕｌｌ', 'Full width', true],
    ['our  talk', 'Our talk', true],
    ['a.b', 'axb', false],
    ['talk', 'Our walk', false],
    ['talk', undefined, false],
  ])('search for %j in the title %j', (search, name, expected) => {
    expect(isPassed({ search }, { meta: { name } })).toBe(expected);
  });

  test.each(['', '\u200b', '\u00ad', ' \n'])('search for nothing visible selects nothing: %j', (search) => {
    expect(isPassed({ search }, { meta: { name: 'Talk' } })).toBe(false);
    expect(isPassed({ search }, {})).toBe(false);
  });

  test('compare the creator and the live input as a whole', () => {
    expect(isPassed({ creator: 'bo\u200bb' }, { creator: 'bob' })).toBe(false);
    expect(isPassed({ creator: '\u200b' }, { creator: '' })).toBe(false);
    expect(isPassed({ creator: 'anna' }, { creator: 'anna' })).toBe(true);
    expect(isPassed({ creator: 'anna' }, { creator: 'Anna' })).toBe(false);
    expect(isPassed({ creator: 'anna' }, {})).toBe(false);
    expect(isPassed({ liveInput: 'a1' }, { liveInput: 'a1' })).toBe(true);
    expect(isPassed({ liveInput: 'a1' }, { liveInput: 'a12' })).toBe(false);
    expect(isPassed({ liveInput: 'a1' }, {})).toBe(false);
  });

  test('are sent to the API, except the search, which is slow there', () => {
    const filters = { ...noFilters, creator: 'anna', liveInput: 'a1', search: 'talk' };
    expect(filterQuery(filters)).toEqual({ creator: 'anna', live_input_id: 'a1' });
    expect(filterQuery(noFilters)).toEqual({});
  });
});
