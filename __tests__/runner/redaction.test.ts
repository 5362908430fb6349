import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Redaction, shortenTokens } from '../../src/runner/redaction.ts';
import { leakedParts } from '../harness/leaked-parts.ts';

function redactionOf(...secrets: readonly string[]): Redaction {
  const redaction = new Redaction();
  for (const secret of secrets) redaction.add(secret);
  return redaction;
}

describe('redacting secrets', () => {
  test('replaces every occurrence', () => {
    const { redact } = redactionOf('s3cret');
    expect(redact('s3cret and s3crets3cret, xs3crety')).toBe('*** and ******, x***y');
  });

  test('keeps everything else', () => {
    const text = 'no secret in here\n\ttwo lines';
    expect(redactionOf('s3cret').redact(text)).toBe(text);
    expect(redactionOf().redact(text)).toBe(text);
  });

  // Each of these forms differs from the secret itself.
  const secret = 'a"b\\c d/ü+z';

  test.each([
    ['raw', secret],
    ['inside JSON', JSON.stringify({ token: secret })],
    ['inside a URL', `https://example.org/?t=${encodeURIComponent(secret)}`],
    ['in base64', Buffer.from(secret).toString('base64')],
  ])('finds it %s', (_, text) => {
    const { redact } = redactionOf(secret);
    expect(redact(text)).toContain('***');
    expect(redact(text)).not.toContain('b');
  });

  test('finds one of which any characters are percent-encoded', () => {
    const { redact } = redactionOf('aSecret.Of(Letters)');
    expect(redact('at %61Secret%2eOf%28%4Cetters) and 42 % of aSecret-Of(Letters)')).toBe(
      'at *** and 42 % of aSecret-Of(Letters)',
    );
  });

  test('finds one with joiners between its letters, which nobody sees', () => {
    const redaction = redactionOf('aSecretOfTwentyLetters');
    const hidden = 'a \u200d title aSecretOf\u200dTwenty\u200cLetters';
    expect(redaction.redact(hidden)).toBe('a  title ***');
    expect(redaction.exposes(hidden)).toBe(true);
    expect(redaction.redact('नमस्\u200dते')).toBe('नमस्\u200dते');
  });

  test('finds a long one that is percent-encoded, and text that ends within a code', () => {
    const secret = 'x'.repeat(20_000);
    expect(redactionOf(secret).redact(`%78${secret.slice(1)} %7`)).toBe('*** %7');
  });

  test('takes a secret literally', () => {
    expect(redactionOf('a.c$&').redact('abc a.c$& $&')).toBe('abc *** $&');
  });

  test('finds it with and without the white space around it', () => {
    const { redact } = redactionOf(' s3\tcret\n');
    expect(redact('[ s3\tcret\n]')).toBe('[***]');
    expect(redact('[s3\tcret]')).toBe('[***]');
  });

  test.each(['', ' ', '\n\t'])('ignores %j, which is no secret', (nothing) => {
    expect(redactionOf(nothing).redact('some text\n\t')).toBe('some text\n\t');
  });

  test('keeps everything else if a secret is invisible', () => {
    expect(redactionOf('\u200b').redact('a b\u200bc')).toBe('a b***c');
  });

  test('finds a secret of several lines after they were put on one', () => {
    expect(redactionOf('first\nsecond\u200bthird').redact('[first secondthird]')).toBe('[***]');
  });

  test.each([
    'a'.repeat(20_000_000),
    `eyJ${'a'.repeat(20_000_000)}`,
    `/${'a'.repeat(20_000_000)}/downloads/`,
  ])('leaves out text that is too long for people (case %#)', (text) => {
    expect(redactionOf('s3cret').redact(text)).toBe(`(${text.length.toLocaleString('en')} characters)`);
  });

  test('leaves out text from 1,000,001 characters on', () => {
    const longest = `${'a'.repeat(999_994)}s3cret`;
    expect(redactionOf('s3cret').redact(longest)).toBe(longest.replace('s3cret', '***'));
    expect(redactionOf('s3cret').redact(`${longest}a`)).toBe('(1,000,001 characters)');
  });

  test('leaves no part of a secret that contains another', () => {
    expect(redactionOf('abc', 'abcdef').redact('abcdef abc')).toBe('*** ***');
    expect(redactionOf('abcdef', 'abc').redact('abcdef abc')).toBe('*** ***');
    expect(redactionOf('def', 'abcdefghi').redact('abcdefghi')).toBe('***');
  });

  test('accepts one that is no well-formed text', () => {
    expect(redactionOf('a\ud83d').redact('a\ud83d b')).toBe('*** b');
  });

  test('leaves none of the secrets, whatever they and the text are', () => {
    // Few characters, so that secrets occur, contain one another and overlap.
    const word = fc.string({
      unit: fc.constantFrom('a', 'b', '"', '\\', '%', 'ü'),
      minLength: 1,
      maxLength: 5,
    });
    const text = fc.array(fc.oneof(word, fc.constantFrom(' ', '%22', '%5C', '\\"')), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), text, (values, parts) => {
        const redacted = redactionOf(...values).redact(parts.join(''));
        for (const value of values) {
          expect(redacted).not.toContain(value);
          expect(redacted).not.toContain(JSON.stringify(value).slice(1, -1));
          expect(redacted).not.toContain(encodeURIComponent(value));
        }
      }),
    );
  });
});

describe('a fact exposes a secret', () => {
  const secret = 'Zq7xW2vKp9Lm-4sRb8Yd~Hn3';
  const encoded = [...secret].map((character) => `%${character.charCodeAt(0).toString(16)}`).join('');

  test.each([
    ['as it is', secret, secret],
    ['with each character encoded', secret, encoded],
    ['with each character encoded in capitals', secret, encoded.toUpperCase()],
    ['that itself looks encoded', `${secret}%41`, `${secret}%41`],
  ])('%s', (_, secret, text) => {
    expect(redactionOf(secret).exposes(`https://a.example/${text}/v`)).toBe(true);
  });

  test('only if it has all of it', () => {
    expect(redactionOf(secret).exposes(`https://a.example/${secret.slice(1)}`)).toBe(false);
  });
});

describe('shortening the tokens of signed URLs', () => {
  const header = 'eyJhbGciOiJSUzI1NiIsImtpZCI6IjEwY2ExNTdlYTAwMDAwMDAwMDAwMDAwMDAwMDAwMDA0In0';
  const claims = 'eyJzdWIiOiIzYjg1N2I4NDQxZDdjOWU3MzQ1MzVkNmI4MmY2OWEzNCIsImV4cCI6MTc2ODQ4MjAwMH0';
  const token = `${header}.${claims}.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c-`;

  test.each([
    ['in a URL', `https://a.example/${token}/downloads/default.mp4?filename=a`],
    ['in another URL', `https://a.example/x?token=${token}&b=c`],
    ['in an encoded URL', `https://a.example/?url=b.example%2F${token}%2Fdownloads`],
    ['in quotes', `it is "${token}"`],
    ['in JSON', JSON.stringify({ token })],
    ['in brackets', `(${token})`],
    ['twice', `${token} ${token}, and ${token}`],
    ['over two lines', `a\n${token}\nb`],
    ['without its signature', `${header}.${claims}.`],
    ['without all but its header', header],
  ])('keeps no more than their start: %s', (_, text) => {
    const shortened = shortenTokens(text);
    expect(shortened).toContain('eyJhb…');
    expect(leakedParts(shortened, token)).toEqual([]);
    for (const part of text.split(new RegExp(`${header}[\\w.-]*`))) expect(shortened).toContain(part);
  });

  test('shortens what begins like a token from 11 characters on', () => {
    expect(shortenTokens('eyJhbGciOi and eyJhbGciOiJ')).toBe('eyJhbGciOi and eyJhb…');
  });

  test.each(['x'.repeat(65), 'A1-_'.repeat(30), `${'a'.repeat(40)}.${'b'.repeat(40)}`])(
    'shortens anything longer than an ID in its position: %s',
    (other) => {
      const shortened = shortenTokens(`https://a.example/${other}/downloads/audio.m4a and ${other}`);
      expect(shortened).toBe(`https://a.example/${other.slice(0, 5)}…/downloads/audio.m4a and ${other}`);
    },
  );

  test.each([
    `https://a.example/${'a'.repeat(32)}/downloads/default.mp4`,
    `https://a.example/${'a-_9'.repeat(16)}/downloads/default.mp4`,
    `https://a.example/${'a'.repeat(32)}/downloads/default.mp4?filename=${'a'.repeat(120)}`,
    `/client/v4/accounts/${'a'.repeat(64)}/stream/${'b'.repeat(64)}/downloads/audio`,
    `saved as ${'long-'.repeat(40)}.mp4, SHA-256 ${'c'.repeat(64)}`,
    'a monkeyJack, eyJ, eyJ0 and keyJhbGciOiJSUzI1NiIsImtp',
    '',
  ])('keeps IDs, hashes and names: %s', (text) => {
    expect(shortenTokens(text)).toBe(text);
  });

  test('takes linear time', () => {
    const startMs = performance.now();
    for (const text of ['eyJ'.repeat(100_000), `/${'a.'.repeat(200_000)}`, '/a'.repeat(200_000)])
      shortenTokens(text);
    expect(performance.now() - startMs).toBeLessThan(1000);
  });
});
