import { describe, expect, test } from '@jest/globals';
import { alteredReply, replaceStrings } from '../../local-http/alterations.ts';
import { textReply } from '../../local-http/reply.ts';

describe('replaceStrings', () => {
  const shout = replaceStrings(['name', 'status'], (text) => text.toUpperCase());

  test('replaces strings at the given keys, at any depth', () => {
    expect(shout({ name: 'a', other: 'b', list: [{ status: 'c' }, null, 'd'] })).toEqual({
      name: 'A',
      other: 'b',
      list: [{ status: 'C' }, null, 'd'],
    });
  });

  test('keeps values of other types at these keys, and replaces within them', () => {
    expect(shout({ name: 1, status: { name: 'a', state: 'b' } })).toEqual({
      name: 1,
      status: { name: 'A', state: 'b' },
    });
  });
});

test('alteredReply replaces the body alone', () => {
  const reply = textReply(201, '{"a":"é"}', 'application/json; charset=utf-8', { 'x-kept': '1' });
  const altered = alteredReply(reply, (json) => [json, 2]);
  expect(altered).toEqual({ ...reply, body: Buffer.from('[{"a":"é"},2]') });
});
