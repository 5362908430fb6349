import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readCredentials, secretsIn } from '../../src/inputs/credentials.ts';
import type { Credentials } from '../../src/stream/client.ts';
import { anyText } from '../harness/arbitraries.ts';
import { leakedParts } from '../harness/leaked-parts.ts';
import { recordingRunner } from '../harness/recording-runner.ts';

const inputToken = 'TokenOfTheInput0123456789';
const variableToken = 'TokenOfTheEnvironment6789';
const inputPair = { 'api-email': 'input@example.org', 'api-key': '1nputKey0123456789' };
const variablePair = { CLOUDFLARE_EMAIL: 'env@example.org', CLOUDFLARE_API_KEY: 'env1ronmentKey0123' };

function read(
  inputs: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): { credentials: Credentials | undefined; problems: string[] } {
  const problems: string[] = [];
  const { runner } = recordingRunner(inputs, env);
  const credentials = readCredentials(runner, (problem) => problems.push(problem));
  return { credentials, problems };
}

describe('the source of the credentials', () => {
  const everything = { ...variablePair, CLOUDFLARE_API_TOKEN: variableToken };

  test('the token input comes first', () => {
    expect(read({ 'api-token': inputToken, ...inputPair }, everything)).toEqual({
      credentials: { token: inputToken },
      problems: [],
    });
  });

  test('the pair of inputs comes second', () => {
    expect(read(inputPair, everything)).toEqual({
      credentials: { email: inputPair['api-email'], key: inputPair['api-key'] },
      problems: [],
    });
  });

  test('the token of the environment comes third', () => {
    expect(read({}, everything)).toEqual({ credentials: { token: variableToken }, problems: [] });
  });

  test('the pair of the environment comes last', () => {
    expect(read({}, variablePair)).toEqual({
      credentials: { email: variablePair.CLOUDFLARE_EMAIL, key: variablePair.CLOUDFLARE_API_KEY },
      problems: [],
    });
  });

  test('white space around a value is ignored', () => {
    expect(read({ 'api-token': ` ${inputToken}\n` }).credentials).toEqual({ token: inputToken });
    expect(
      read({ 'api-token': ' \n' }, { CLOUDFLARE_API_TOKEN: `\t${variableToken}\n` }).credentials,
    ).toEqual({
      token: variableToken,
    });
  });
});

describe('half of a pair', () => {
  test.each([
    ['`api-key`', '`api-email`', { 'api-email': inputPair['api-email'] }, {}],
    ['`api-email`', '`api-key`', { 'api-key': inputPair['api-key'] }, {}],
    ['CLOUDFLARE_API_KEY', 'CLOUDFLARE_EMAIL', {}, { CLOUDFLARE_EMAIL: variablePair.CLOUDFLARE_EMAIL }],
    ['CLOUDFLARE_EMAIL', 'CLOUDFLARE_API_KEY', {}, { CLOUDFLARE_API_KEY: variablePair.CLOUDFLARE_API_KEY }],
  ])('lacks %s beside %s', (missing, there, inputs, env) => {
    const { credentials, problems } = read(inputs, env);
    expect(credentials).toBeUndefined();
    expect(problems).toEqual([expect.stringMatching(`${there} is set but .*${missing} is not: set both`)]);
  });

  test('of the inputs is a problem also if the environment has a token', () => {
    const { credentials, problems } = read(
      { 'api-key': inputPair['api-key'] },
      { CLOUDFLARE_API_TOKEN: variableToken },
    );
    expect(credentials).toBeUndefined();
    expect(problems).toHaveLength(1);
  });

  test.each([
    ['of the inputs beside their token', { 'api-token': inputToken, 'api-email': 'a@example.org' }, {}],
    ['of the environment beside a token', { 'api-token': inputToken }, { CLOUDFLARE_API_KEY: 'unused-key' }],
    ['of the environment beside a pair', inputPair, { CLOUDFLARE_EMAIL: 'a@example.org' }],
    [
      'of the environment beside its token',
      {},
      { CLOUDFLARE_API_TOKEN: variableToken, CLOUDFLARE_EMAIL: 'a@example.org' },
    ],
  ])('%s is ignored', (_, inputs, env) => {
    const { credentials, problems } = read(inputs, env);
    expect(problems).toEqual([]);
    expect(credentials).toBeDefined();
  });

  test('that cannot be sent is ignored if it is not used', () => {
    expect(read({ 'api-token': inputToken, 'api-key': 'broken\nkey' }).problems).toEqual([]);
  });
});

describe('no credentials', () => {
  test('are a problem with a line to copy and the most common reason', () => {
    const { credentials, problems } = read({});
    expect(credentials).toBeUndefined();
    expect(problems).toEqual([
      expect.stringMatching(/`api-token: \$\{\{ secrets\.CLOUDFLARE_API_TOKEN \}\}`.*forks/),
    ]);
  });
});

describe('a value that cannot be sent', () => {
  const whole = 'AbCdEfGhIjKlMnOpQrStUvWxYz';
  const half = whole.length / 2;
  const broken = (inside: string) => whole.slice(0, half) + inside + whole.slice(half);

  test.each([
    ['a line break', '\n', 'white space'],
    ['a space', ' ', 'white space'],
    ['a non-breaking space', '\u00a0', 'white space'],
    ['an umlaut', 'ü', 'not printable ASCII'],
    ['an emoji', '🔑', 'not printable ASCII'],
    ['a zero-width space', '\u200b', 'not printable ASCII'],
    ['a control character', '\u0000', 'not printable ASCII'],
  ])('is reported by position and kind, never by its value: %s', (_, inside, kind) => {
    const value = broken(inside);
    const places: [string, ReturnType<typeof read>][] = [
      ['`api-token`', read({ 'api-token': value })],
      ['`api-key`', read({ ...inputPair, 'api-key': value })],
      ['`api-email`', read({ ...inputPair, 'api-email': value })],
      ['CLOUDFLARE_API_TOKEN', read({}, { CLOUDFLARE_API_TOKEN: value })],
      ['CLOUDFLARE_API_KEY', read({}, { ...variablePair, CLOUDFLARE_API_KEY: value })],
    ];
    for (const [name, { credentials, problems }] of places) {
      expect(credentials).toBeUndefined();
      expect(problems).toEqual([expect.stringContaining(name)]);
      expect(problems[0]).toContain(kind);
      expect(problems[0]).toContain(`character ${half + 1} of ${value.length}`);
      expect(leakedParts(problems.join(), whole)).toEqual([]);
    }
  });

  test('is reported for both parts of a pair', () => {
    expect(read({ 'api-email': 'a b@example.org', 'api-key': 'c d' }).problems).toEqual([
      expect.stringContaining('`api-email`'),
      expect.stringContaining('`api-key`'),
    ]);
  });

  test('is any but printable ASCII without spaces', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ minLength: 1 }), anyText({ minLength: 1 })), (value) => {
        const { credentials, problems } = read(
          { 'api-token': value },
          { CLOUDFLARE_API_TOKEN: variableToken },
        );
        const token = value.trim();
        const sendable = /^[\x21-\x7e]+$/.test(token);
        expect(credentials).toEqual(
          token === '' ? { token: variableToken } : sendable ? { token } : undefined,
        );
        expect(problems).toHaveLength(token === '' || sendable ? 0 : 1);
      }),
    );
  });
});

describe('the secrets', () => {
  test.each([
    'INPUT_API-TOKEN',
    'INPUT_API-KEY',
    'INPUT_GITHUB-TOKEN',
    'CLOUDFLARE_API_TOKEN',
    'CLOUDFLARE_API_KEY',
    // Misspelled inputs fail the step, but contain a secret all the same.
    'INPUT_API_TOKEN',
    'INPUT_APITOKEN',
    'INPUT_API_KEY',
    'INPUT_API-TOKN',
    'INPUT_GITHUB_TOKEN',
    'INPUT_GIT-HUB-TOKEN',
  ])('include the value of %s', (name) => {
    expect(secretsIn({ [name]: ' S3cretOfSomebody\n' })).toEqual([' S3cretOfSomebody\n']);
  });

  test('include those that will not be used', () => {
    const env = { ...variablePair, CLOUDFLARE_API_TOKEN: variableToken, 'INPUT_API-TOKEN': inputToken };
    expect(secretsIn(env).toSorted()).toEqual(
      [inputToken, variableToken, variablePair.CLOUDFLARE_API_KEY].toSorted(),
    );
  });

  test('include nothing else', () => {
    const env = {
      'INPUT_API-TOKEN': '',
      'INPUT_API-EMAIL': 'a@example.org',
      'INPUT_VIDEO-ID': 'v',
      'INPUT_ACCOUNT-ID': 'a',
      INPUT_TYPE: 'audio',
      CLOUDFLARE_ACCOUNT_ID: 'a',
      CLOUDFLARE_EMAIL: 'b@example.org',
      PATH: '/bin',
    };
    expect(secretsIn(env)).toEqual([]);
  });
});
