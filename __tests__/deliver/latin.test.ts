import { describe, expect, test } from '@jest/globals';
import { latinFor } from '../../src/deliver/latin.ts';

describe('Latin letters', () => {
  test.each([
    ['Über uns', 'Ueber uns'],
    ['Привет', 'Privet'],
    ['ﬁlm', 'film'],
    ['ＡＢＣ', 'ABC'],
    ['plain', 'plain'],
  ])('of %p are %p', async (text, latin) => {
    expect((await latinFor(text))(text)).toBe(latin);
  });
});
