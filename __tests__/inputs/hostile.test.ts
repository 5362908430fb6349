import { describe, expect, test } from '@jest/globals';
import { Failure } from '../../src/core/failure.ts';
import { nearMiss } from '../../src/core/near-miss.ts';
import { filenameProblems } from '../../src/deliver/filename.ts';
import { readDestination } from '../../src/files/destination.ts';
import { proxySecrets, readProxies } from '../../src/http/proxy-variables.ts';
import { secretsIn } from '../../src/inputs/credentials.ts';
import { inputNames } from '../../src/inputs/input-names.ts';
import { readPlan } from '../../src/inputs/plan.ts';
import { readRelease } from '../../src/inputs/release-input.ts';
import { readResumeFrom } from '../../src/inputs/resume-from.ts';
import { recordingRunner } from '../harness/recording-runner.ts';

const readers = { filenameProblems, readDestination, readRelease, readResumeFrom };

type Texts = Readonly<Record<string, string>>;

const needed: Texts = {
  'video-id': 'ea95132c15732412d22c1476fa83f27a',
  'account-id': '0123456789abcdef0123456789abcdef',
  'api-token': 'aTokenOfTheAccount',
  'github-token': 'aTokenOfGitHub',
};

/** The longest variable that Linux passes to a program, almost. */
const longest = 131_000;

const manyNames = 5000;

/** In ms. */
const limitMs = 200;

/** The CPU time of some work, in ms. What takes long is repeated, since it may have been compiled meanwhile. */
function cpuMs(work: () => void): number {
  let leastMs = Infinity;
  for (let attempt = 0; attempt < 3 && leastMs >= limitMs; attempt++) {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    leastMs = Math.min(leastMs, (user + system) / 1000);
  }
  return leastMs;
}

/** Every problem with the inputs; empty if they are valid. */
function problemsWith(inputs: Texts, env: Texts = {}): string[] {
  const { runner } = recordingRunner({ ...needed, ...inputs }, { GITHUB_REPOSITORY: 'o/r', ...env });
  for (const secret of [...secretsIn(runner.env), ...proxySecrets(runner.env)]) runner.mask(secret);
  try {
    readPlan(runner, 0, readers);
    return [];
  } catch (error) {
    if (error instanceof Failure && error.kind === 'bad-input') return error.what.split('\n');
    throw error;
  }
}

/** Texts that would take a careless pattern much time: the same piece many times, with another end. */
const pieces = [
  '/',
  '/a',
  'a/../',
  '1',
  '1h',
  '0',
  'a',
  'a ',
  'a,',
  'é,',
  ' \n\t,',
  '-',
  '- ',
  '* a\n',
  '"',
  '"a", ',
  '# a\n',
  '[',
  '[] ',
  '{',
  '{a',
  '{name}',
  '%a',
  '$a',
  '.',
  '@',
  '\u200b',
  'a\u00a0',
  'e'.repeat(33),
  '/stream/',
  'cloudflare.com/',
  'all ',
];
const hostile = pieces.flatMap((piece) => {
  const text = piece.repeat(Math.floor(longest / piece.length));
  return [text, `${text}!`, `https://a.example${text}!`];
});

describe('any long value is read in linear time', () => {
  test.each(inputNames)('of the input %s', (name) => {
    for (const text of hostile) {
      expect([text.slice(0, 40), cpuMs(() => problemsWith({ [name]: text })) < limitMs]).toEqual([
        text.slice(0, 40),
        true,
      ]);
    }
  });

  test.each([
    'CLOUDFLARE_ACCOUNT_ID',
    'CLOUDFLARE_API_TOKEN',
    'CLOUDFLARE_API_KEY',
    'CLOUDFLARE_EMAIL',
    'GITHUB_API_URL',
    'GITHUB_EVENT_PATH',
    'GITHUB_REPOSITORY',
    'GITHUB_WORKSPACE',
    'RUNNER_TEMP',
  ])('of the variable %s', (name) => {
    const inputs = { 'account-id': '', 'api-token': '', 'release-tag': 'auto', 'save-to': 'a' };
    for (const text of hostile) {
      expect([text.slice(0, 40), cpuMs(() => problemsWith(inputs, { [name]: text })) < limitMs]).toEqual([
        text.slice(0, 40),
        true,
      ]);
    }
  });

  test.each(['http_proxy', 'https_proxy', 'no_proxy'])('of the variable %s', (name) => {
    const read = (text: string) => {
      proxySecrets({ [name]: text });
      try {
        readProxies({ [name]: text });
      } catch (error) {
        expect(error).toMatchObject({ kind: 'proxy-malformed' });
      }
    };
    for (const text of hostile) {
      expect([text.slice(0, 40), cpuMs(() => read(text)) < limitMs]).toEqual([text.slice(0, 40), true]);
    }
  });

  test('of a word that is compared with others', () => {
    const words = hostile.flatMap((text) => [text, `api-token${text}`, `${text}api-token`]);
    const total = cpuMs(() => {
      for (const word of words) nearMiss(word, inputNames);
    });
    expect(words.length).toBeGreaterThan(200);
    expect(total / words.length).toBeLessThan(limitMs / 20);
  });
});

describe('too long a value is a problem with its length', () => {
  const long = (length: number) => 'a'.repeat(length);

  test.each([
    ['operation', 256],
    ['type', 256],
    ['wait', 256],
    ['timeout', 256],
    ['poll-interval', 256],
    ['signed-url', 256],
    ['signed-url-ttl', 256],
    ['concurrency', 256],
    ['created-after', 256],
    ['created-before', 256],
    ['creator', 256],
    ['search', 256],
    ['limit', 256],
    ['shard', 256],
    ['dry-run', 256],
    ['live-input', 1024],
    ['resume-from', 16_384],
    ['account-id', 1024],
    ['filename', 1024],
    ['release-tag', 1024],
    ['save-to', 4096],
    ['api-url', 8192],
    ['video-id', 131_072],
  ])('and alone: %s', (name, most) => {
    const shown = (length: number) => length.toLocaleString('en');
    const ofAll = { 'video-id': 'all', [name]: long(most + 1) };
    expect(problemsWith(ofAll)).toEqual([
      `\`${name}\`: it has ${shown(most + 1)} characters: shorten it to at most ${shown(most)}.`,
    ]);
    expect(problemsWith({ [name]: long(most) }).join()).not.toContain('shorten it to at most');
  });

  test.each<[string, Texts, Texts]>([
    ['`api-token`', { 'api-token': long(8193) }, {}],
    ['`api-key`', { 'api-token': '', 'api-email': 'a@example.org', 'api-key': long(8193) }, {}],
    ['`github-token`', { 'github-token': long(8193), 'release-tag': 'v1' }, {}],
    ['CLOUDFLARE_API_TOKEN', { 'api-token': '' }, { CLOUDFLARE_API_TOKEN: long(8193) }],
    ['GITHUB_API_URL', { 'release-tag': 'v1' }, { GITHUB_API_URL: long(8193) }],
    ['`account-id`', { 'account-id': '' }, { CLOUDFLARE_ACCOUNT_ID: long(8193) }],
    ['GITHUB_WORKSPACE', {}, { GITHUB_WORKSPACE: `/${long(8192)}` }],
    ['RUNNER_TEMP', {}, { RUNNER_TEMP: `/${long(8192)}` }],
  ])('also of a credential or a variable: %s', (name, inputs, env) => {
    const [problem = '', ...more] = problemsWith(inputs, env);
    expect(more).toEqual([]);
    expect(problem).toContain(name);
    expect(problem).toContain('has 8,193 characters');
  });

  test.each(['http_proxy', 'HTTPS_PROXY'])('also of the address of a proxy: %s', (name) => {
    expect(() => readProxies({ [name]: `http://${long(8193)}` })).toThrow(
      `The environment variable ${name} has 8,200 characters`,
    );
  });
});

describe('very many inputs that do not exist', () => {
  const named = (name: (index: number) => string): Texts =>
    Object.fromEntries(Array.from({ length: manyNames }, (_, index) => [`INPUT_${name(index)}`, 'x']));

  test.each([
    ['unrelated', named((index) => `NOTE-${index}`), 0],
    ['as long as those that exist', named((index) => index.toString(36).toUpperCase().padStart(8, 'Q')), 0],
    ['mistyped', named((index) => `API-TOKE${String.fromCodePoint(0x4e00 + index)}`), 21],
  ])('are read in linear time: %s', (_, env, reported) => {
    expect(cpuMs(() => problemsWith({}, env))).toBeLessThan(limitMs);
    expect(problemsWith({}, env)).toHaveLength(reported);
  });

  test('are counted if they are mistyped', () => {
    const env = named((index) => `API-TOKE${String.fromCodePoint(0x4e00 + index)}`);
    expect(problemsWith({}, env).at(-1)).toBe(
      'there are 4,980 more mistyped inputs: remove them, or correct their names.',
    );
  });

  test('with long names are reported by their length', () => {
    const name = `API${'-'.repeat(longest)}TOKEN`;
    expect(problemsWith({}, { [`INPUT_${name}`]: 'x' })).toEqual([
      'an input of 131,008 characters: there is no such input; did you mean `api-token`?',
    ]);
  });

  test('with control characters in their names are reported on one line', () => {
    expect(problemsWith({}, { 'INPUT_API\n::TOKEN': 'x' })).toEqual([
      '`api ::token`: there is no such input; did you mean `api-token`?',
    ]);
  });
});
