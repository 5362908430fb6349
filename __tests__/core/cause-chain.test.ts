import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { causeChain } from '../../src/core/cause-chain.ts';

test('the chain ends with the deepest cause', () => {
  const deepest = new Error('ECONNRESET');
  const middle = new TypeError('fetch failed', { cause: deepest });
  const outer = new Error('no response', { cause: middle });
  const chain = causeChain(outer);
  expect(chain).toHaveLength(3);
  for (const [index, error] of [outer, middle, deepest].entries()) expect(chain[index]).toBe(error);
});

test('a cause need not be an error', () => {
  const error = new Error('outer', { cause: 'a text' });
  expect(causeChain(error)).toEqual([error, 'a text']);
  expect(causeChain('a text')).toEqual(['a text']);
  expect(causeChain(undefined)).toEqual([]);
});

test('the first of several errors counts as the cause', () => {
  const [first, second] = [new Error('::1'), new Error('127.0.0.1')];
  const outer = new TypeError('fetch failed', { cause: new AggregateError([first, second], 'all failed') });
  expect(causeChain(outer)).toHaveLength(3);
  expect(causeChain(outer).at(-1)).toBe(first);
  expect(causeChain(new AggregateError([]))).toHaveLength(1);
});

test('a cycle of causes ends', () => {
  const one = new Error('one');
  const two = new Error('two', { cause: one });
  one.cause = two;
  expect(causeChain(one)).toHaveLength(2);
  one.cause = one;
  expect(causeChain(one)).toHaveLength(1);
});

test('errors of another realm are errors', () => {
  const foreign: unknown = runInNewContext('new TypeError("outer", { cause: new Error("inner") })');
  expect(causeChain(foreign).map(String)).toEqual(['TypeError: outer', 'Error: inner']);
});
