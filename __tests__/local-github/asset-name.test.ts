import { expect, test } from '@jest/globals';
import { assetNameFor } from '../../local-github/releases/asset-name.ts';

test.each([
  ['a-walk_in.the-park.mp4', 'a-walk_in.the-park.mp4'],
  ['a walk.mp4', 'a.walk.mp4'],
  ['a (1).mp4', 'a.1.mp4'],
  ['a  --  b...mp4', 'a.--.b.mp4'],
  ['Spaziergang über.mp4', 'Spaziergang.ber.mp4'],
  ['.config', 'default.config'],
  ['..config', 'default.config'],
  ['(a).mp4', 'default.a.mp4'],
  ['a.mp4.', 'a.mp4'],
  ['a!', 'a'],
  ['映画', 'default'],
])('%s becomes %s', (asked, name) => {
  expect(assetNameFor(asked)).toBe(name);
});

test('does not change a name that it returned', () => {
  for (const asked of ['.a.', '映画.mp4', 'a b', '..']) {
    const name = assetNameFor(asked);
    expect(assetNameFor(name)).toBe(name);
  }
});
