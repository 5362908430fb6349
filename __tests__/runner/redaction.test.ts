import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { oneLine } from '../../src/core/text.ts';
import { cutTokens, Secrets } from '../../src/runner/redaction.ts';
import { piecesIn } from '../harness/pieces.ts';

function secretsOf(...values: readonly string[]): Secrets {
  const secrets = new Secrets();
  for (const value of values) secrets.add(value);
  return secrets;
}

describe('cutting secrets out', () => {
  test('leaves no place of a secret', () => {
    const { cut } = secretsOf('s3cret');
    expect(cut('s3cret and s3crets3cret, xs3crety')).toBe('*** and ******, x***y');
  });

  test('leaves everything else as it is', () => {
    const text = 'no secret in here\n\ttwo lines';
    expect(secretsOf('s3cret').cut(text)).toBe(text);
    expect(secretsOf().cut(text)).toBe(text);
  });

  // Each of these forms differs from the secret itself.
  const secret = 'a"b\\c d/ü+z';

  test.each([
    ['raw', secret],
    ['inside JSON', JSON.stringify({ token: secret })],
    ['inside a URL', `https://example.org/?t=${encodeURIComponent(secret)}`],
    ['in base64', Buffer.from(secret).toString('base64')],
  ])('finds it %s', (_, text) => {
    const { cut } = secretsOf(secret);
    expect(cut(text)).toContain('***');
    expect(cut(text)).not.toContain('b');
  });

  test('takes the text of a secret literally', () => {
    expect(secretsOf('a.c$&').cut('abc a.c$& $&')).toBe('abc *** $&');
  });

  test('finds a secret with and without the space around it', () => {
    const { cut } = secretsOf(' s3cret\n');
    expect(cut('[ s3cret\n]')).toBe('[***]');
    expect(cut('[s3cret]')).toBe('[***]');
  });

  test.each(['', ' ', '\n\t'])('does not take %j for a secret', (nothing) => {
    expect(secretsOf(nothing).cut('some text\n\t')).toBe('some text\n\t');
  });

  test('leaves no rest of a secret that begins with another', () => {
    expect(secretsOf('abc', 'abcdef').cut('abcdef abc')).toBe('*** ***');
    expect(secretsOf('abcdef', 'abc').cut('abcdef abc')).toBe('*** ***');
    expect(secretsOf('def', 'abcdefghi').cut('abcdefghi')).toBe('***');
  });

  test('can take in one that is no well-formed text', () => {
    expect(secretsOf('a\ud83d').cut('a\ud83d b')).toBe('*** b');
  });

  test('finds the beginning of a secret that was cut short', () => {
    const token = 'Zq7xW2vKp9LmT4sRb8YdHn3cJf6G';
    const { cut } = secretsOf(token);
    fc.assert(
      fc.property(fc.nat(60), fc.integer({ min: 1, max: 100 }), (before, maxLength) => {
        const shortened = oneLine(`${' .'.repeat(before)}${token}, and more`, maxLength);
        expect(piecesIn(cut(shortened), token)).toEqual([]);
      }),
    );
    expect(cut('“Zq7xW2v…”, and “Zq7xW2vKp9…”')).toBe('“***…”, and “***…”');
  });

  test('leaves the beginning of a secret where nothing was cut short, and what ends otherwise', () => {
    const { cut } = secretsOf('production-key-1');
    for (const text of ['production is on', 'loading…', 'see production.…', 'p… pr…']) {
      expect(cut(text)).toBe(text);
    }
  });

  test('leaves none of the secrets, whatever they and the text are', () => {
    // Few letters, so that secrets are found, and hold and overlap one another.
    const word = fc.string({
      unit: fc.constantFrom('a', 'b', '"', '\\', '%', 'ü'),
      minLength: 1,
      maxLength: 5,
    });
    const text = fc.array(fc.oneof(word, fc.constantFrom(' ', '%22', '%5C', '\\"')), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), text, (values, parts) => {
        const cut = secretsOf(...values).cut(parts.join(''));
        for (const value of values) {
          expect(cut).not.toContain(value);
          expect(cut).not.toContain(JSON.stringify(value).slice(1, -1));
          expect(cut).not.toContain(encodeURIComponent(value));
        }
      }),
    );
  });
});

describe('cutting the tokens of signed URLs', () => {
  const header = 'eyJhbGciOiJSUzI1NiIsImtpZCI6IjEwY2ExNTdlYTAwMDAwMDAwMDAwMDAwMDAwMDAwMDA0In0';
  const claims = 'eyJzdWIiOiIzYjg1N2I4NDQxZDdjOWU3MzQ1MzVkNmI4MmY2OWEzNCIsImV4cCI6MTc2ODQ4MjAwMH0';
  const token = `${header}.${claims}.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c-`;

  test.each([
    ['in a URL', `https://a.example/${token}/downloads/default.mp4?filename=a`],
    ['in another URL', `https://a.example/x?token=${token}&b=c`],
    ['in quotes', `it is "${token}"`],
    ['in JSON', JSON.stringify({ token })],
    ['in brackets', `(${token})`],
    ['twice', `${token} ${token}, and ${token}`],
    ['over two lines', `a\n${token}\nb`],
    ['without its signature', `${header}.${claims}.`],
    ['without all but its header', header],
  ])('leaves no more than its beginning %s', (_, text) => {
    const cut = cutTokens(text);
    expect(cut).toContain('eyJhb…');
    expect(piecesIn(cut, token)).toEqual([]);
    for (const part of text.split(new RegExp(`${header}[\\w.-]*`))) expect(cut).toContain(part);
  });

  test('finds what is left of one wherever it was cut short', () => {
    const url = `https://a.example/${token}/downloads/default.mp4`;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: url.length }), (length) => {
        const left = piecesIn(cutTokens(oneLine(`GET ${url}`, length)), token);
        // So short a beginning tells nothing but that it is a token.
        expect(left.filter((piece) => !'eyJhbGciOiJ'.includes(piece))).toEqual([]);
      }),
    );
  });

  test.each(['x'.repeat(65), 'A1-_'.repeat(30), `${'a'.repeat(40)}.${'b'.repeat(40)}`])(
    'takes what is longer than an id for one, where the id would be in the URL: %s',
    (other) => {
      const cut = cutTokens(`https://a.example/${other}/downloads/audio.m4a and ${other}`);
      expect(cut).toBe(`https://a.example/${other.slice(0, 5)}…/downloads/audio.m4a and ${other}`);
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
  ])('leaves ids, hashes and names as they are: %s', (text) => {
    expect(cutTokens(text)).toBe(text);
  });

  test('takes no long time over a long text', () => {
    const startMs = performance.now();
    for (const text of ['eyJ'.repeat(100_000), `/${'a.'.repeat(200_000)}`, '/a'.repeat(200_000)])
      cutTokens(text);
    expect(performance.now() - startMs).toBeLessThan(1000);
  });
});
