import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nearTag } from '../../src/release/near-tag.ts';

const published = (...tags: string[]) => tags.map((tag) => ({ tag, isDraft: false }));

describe('a tag is near', () => {
  test.each([
    ['case', 'V1', 'v1'],
    ['case', 'Talk-2026', 'talk-2026'],
    ['a missing v', '1', 'v1'],
    ['a v too many', 'v1.2.3', '1.2.3'],
    ['a V too many', 'V1.2.3', '1.2.3'],
    ['refs/tags/', 'refs/tags/v1', 'v1'],
    ['refs/tags/ in the list', 'v1', 'refs/tags/v1'],
    ['release-', 'release-1.0', '1.0'],
    ['release- and v', '1.0', 'release-v1.0'],
    ['release/ in the list', 'v1.0', 'Release/1.0'],
    ['a missing letter', 'v1.0.0-bta', 'v1.0.0-beta'],
    ['another letter', 'v1.0.0-bets', 'v1.0.0-beta'],
    ['two letters that changed places', 'v1.0.0-btea', 'v1.0.0-beta'],
    ['a missing v and two typing errors', '1.0.0-btea', 'v1.0.0-beta'],
    ['two letters too many', 'webinarrr-2026', 'webinar-2026'],
    ['another separator', 'v1_0_0', 'v1.0.0'],
    ['missing separators', 'v100', 'v1.0.0'],
    ['a zero at the start of a number', '2026-1-5', '2026-01-05'],
    ['a letter too many in a short one', 'vv1', 'v1'],
  ])('that differs by %s: %s → %s', (_, wanted, listed) => {
    expect(nearTag(wanted, published('other', listed, 'v7'))).toBe(listed);
  });

  test.each([
    ['another version', 'v1.2.4', 'v1.2.3'],
    ['another major version', 'v2', 'v1'],
    ['a version with one more digit', 'v1.2.10', 'v1.2.1'],
    ['another day', '2026-01-13', '2026-01-12'],
    ['a more exact version', 'v1.0', 'v1'],
    ['three typing errors', 'webinar-2026', 'wbnr-20-26'],
    ['two typing errors in a short one', 'v1ab', 'v1'],
    ['two typing errors in one of letters', 'beta', 'bxxa'],
    ['a word more', 'v1-beta', 'v1'],
    ['nothing in common', 'latest', 'v1'],
  ])('not with %s: %s, %s', (_, wanted, listed) => {
    expect(nearTag(wanted, published(listed))).toBeUndefined();
  });

  test('never if it is the same', () => {
    expect(nearTag('v1', published('v1'))).toBeUndefined();
    expect(nearTag('v1', [])).toBeUndefined();
  });
});

describe('of several near tags', () => {
  test.each([
    ['without a typing error', 'v1-beta', ['v1-bet', 'release-v1-beta', 'v1-betas'], 'release-v1-beta'],
    ['with the same prefix', 'V1', ['release-v1', '1', 'v1'], 'v1'],
    ['with fewer typing errors', 'v1-webinar', ['v1-webbinnar', 'v1-webinnar'], 'v1-webinnar'],
    ['listed first', 'v1-a', ['v1-b', 'v1-c'], 'v1-b'],
  ])('the one %s is meant', (_, wanted, listed, meant) => {
    expect(nearTag(wanted, published(...listed))).toBe(meant);
  });

  test('a published one is meant before a draft that is as near, not before one that is nearer', () => {
    const draft = (tag: string) => ({ tag, isDraft: true });
    expect(nearTag('v1-a', [draft('v1-b'), ...published('v1-c')])).toBe('v1-c');
    expect(nearTag('V1', [draft('v1'), ...published('1')])).toBe('v1');
    expect(nearTag('V1', [draft('v1')])).toBe('v1');
  });
});

test('a tag is found whatever its case and prefix', () => {
  const prefix = fc.constantFrom('', 'v', 'release-', 'release-v', 'refs/tags/', 'refs/tags/release-v');
  const version = fc.array(fc.nat(40), { minLength: 1, maxLength: 4 }).map((numbers) => numbers.join('.'));
  fc.assert(
    fc.property(version, prefix, prefix, fc.boolean(), (number, typed, listed, upper) => {
      const wanted = upper ? (typed + number).toUpperCase() : typed + number;
      const expected = wanted === listed + number ? undefined : listed + number;
      expect(nearTag(wanted, published(listed + number))).toBe(expected);
    }),
  );
});
