import { expect, test } from '@jest/globals';
import { openForesight } from '../../src/report/foresight.ts';

function open(leftMs: number) {
  const lines: string[] = [];
  const foresee = openForesight({ timeoutMs: 60_000, leftMs: () => leftMs }, (line) => lines.push(line));
  return { foresee, lines };
}

test('a limit that is too short is foreseen once, with one that would be long enough', () => {
  const { foresee, lines } = open(10_000);
  foresee(28_000, 'v1: encoding');
  foresee(29_000, 'v1: encoding');
  expect(lines).toEqual([
    'v1: encoding takes at least another 28 s, but the time limit is in 10 s: `timeout: 2m` would probably be long enough',
  ]);
});

test('no limit is proposed if the longest one would be too short', () => {
  const { foresee, lines } = open(10_000);
  foresee(6 * 86_400_000, 'v1: encoding');
  expect(lines).toEqual(['v1: encoding takes at least another 144 h, but the time limit is in 10 s']);
});

test.each([
  ['there is enough time', 30_000, 28_000],
  ['the estimate is a little too long', 24_000, 28_000],
  ['nothing can be estimated', 10_000, undefined],
  ['the limit was reached', 0, 28_000],
])('nothing is foreseen if %s', (_, leftMs, remainingMs) => {
  const { foresee, lines } = open(leftMs);
  foresee(remainingMs, 'v1: encoding');
  expect(lines).toEqual([]);
});
