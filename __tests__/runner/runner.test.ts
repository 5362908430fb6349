import { readFileSync, statSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { recordingRunner } from '../harness/recording-runner.ts';

describe('inputs and environment', () => {
  test('are read without the white space around inputs', () => {
    const { runner } = recordingRunner({ 'video-id': ' v\n' }, { CLOUDFLARE_EMAIL: 'a@example.org' });
    expect(runner.input('video-id')).toBe('v');
    expect(runner.input('timeout')).toBe('');
    expect(runner.env['CLOUDFLARE_EMAIL']).toBe('a@example.org');
  });
});

describe('a secret', () => {
  test('is passed to the runner, which masks it in what other steps print', () => {
    const { runner, commands } = recordingRunner();
    runner.mask('s3cret');
    expect(commands).toEqual([{ command: 'mask', text: 's3cret' }]);
  });

  test('is never white space alone', () => {
    const { runner, commands } = recordingRunner();
    runner.mask('');
    runner.mask(' \n');
    expect(commands).toEqual([]);
  });

  test('is redacted in every text, wherever it goes', () => {
    const { runner, commands } = recordingRunner();
    runner.mask('s3cret');
    const text = 'it is s3cret, in a URL s3cret%20';
    runner.info(text);
    runner.debug(text);
    runner.warning(text, 'A warning');
    runner.error(text, 'An error');
    runner.startGroup(text);
    expect(runner.redact(text)).toBe('it is ***, in a URL ***%20');
    const texts = commands.filter(({ command }) => command !== 'mask').map((one) => one.text);
    expect(texts).toHaveLength(5);
    for (const one of texts) {
      expect(one).toContain('it is ***, in a URL ***%20');
      expect(one).not.toContain('s3cret');
    }
  });

  test('that is added later does not replace an earlier one', () => {
    const { runner } = recordingRunner();
    runner.mask('first');
    runner.mask('second');
    expect(runner.redact('first second')).toBe('*** ***');
  });
});

describe('the token of a signed URL', () => {
  const token = `eyJhbGciOiJSUzI1NiJ9.${'aB3-'.repeat(30)}.${'xY7_'.repeat(30)}`;
  const url = `https://a.example/${token}/downloads/default.mp4`;

  test('is shortened in every text that people read', () => {
    const { runner, commands } = recordingRunner();
    runner.info(url);
    runner.debug(url);
    runner.warning(url, 'A warning');
    runner.error(url, 'An error');
    runner.startGroup(url);
    expect(commands.map(({ text }) => text)).toEqual(
      Array(5).fill('https://a.example/eyJhb…/downloads/default.mp4'),
    );
    expect(runner.redact(url)).toBe('https://a.example/eyJhb…/downloads/default.mp4');
  });

  test.each(['opaque-9', 'aToken_of-another~form.9', 'x'.repeat(200)])(
    'is shortened once it is known, whatever its form: %s',
    (other) => {
      const { runner, texts } = recordingRunner();
      runner.shortenToken(other);
      runner.info(`a ${other}/default.mp4?token=${other}`);
      const short = `${other.slice(0, 5)}…`;
      expect(texts('info')).toEqual([`a ${short}/default.mp4?token=${short}`]);
    },
  );

  test('is no part of other words if it is only a few characters', () => {
    const { runner, texts } = recordingRunner();
    runner.shortenToken('e');
    runner.info('the file');
    expect(texts('info')).toEqual(['the file']);
  });

  test('is complete in outputs and in the results file', () => {
    const { runner, texts } = recordingRunner();
    runner.output('download-url', url);
    runner.output('downloads', [{ url }]);
    expect(texts('output')).toEqual([url, JSON.stringify([{ url }])]);
    const results = JSON.parse(readFileSync(runner.resultsFile([{ url }]), 'utf8'));
    expect(results).toEqual({ version: 1, downloads: [{ url }] });
  });
});

describe('the results file', () => {
  test('is JSON, readable by its owner only, unaltered, and a new file each time', () => {
    const { runner } = recordingRunner();
    runner.mask('s3cret');
    // Several times as long as what is written at once.
    const records = Array.from({ length: 5000 }, (_, index) => ({ url: null, message: `s3cret ${index}` }));
    const paths = [runner.resultsFile(records), runner.resultsFile([])];
    expect(new Set(paths).size).toBe(2);
    const [path = '', empty = ''] = paths;
    expect(path.startsWith(`${runner.env['RUNNER_TEMP']}/`)).toBe(true);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ version: 1, downloads: records });
    expect(JSON.parse(readFileSync(empty, 'utf8'))).toEqual({ version: 1, downloads: [] });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('has an absolute path, even if RUNNER_TEMP does not', () => {
    const { runner } = recordingRunner();
    const relativeTemp = relative('.', runner.env['RUNNER_TEMP'] ?? '');
    const path = recordingRunner({}, { RUNNER_TEMP: relativeTemp }).runner.resultsFile([]);
    expect(dirname(path)).toBe(runner.env['RUNNER_TEMP']);
  });

  test('throws the system’s error if it cannot be written', () => {
    const { runner } = recordingRunner({}, { RUNNER_TEMP: '/there/is/no/such/folder' });
    expect(() => runner.resultsFile([])).toThrow('/there/is/no/such/folder');
  });
});

describe('a line of the log', () => {
  test.each([
    ['a command', '::set-output name=a::b', ': :set-output name=a::b'],
    ['a command after white space', ' \t::error::x', ' \t: :error::x'],
    ['a command in a later line', 'text\n::error::x', 'text\n: :error::x'],
    ['a command after a lone carriage return', 'text\r::error::x', 'text\r: :error::x'],
    ['a command after a next-line character', '\u0085 ::error::x', '\u0085 : :error::x'],
    ['a command of the older kind', '##[error]x', '## [error]x'],
    [
      'a command of the older kind in the middle',
      'text ##[add-mask]x ##[group]',
      'text ## [add-mask]x ## [group]',
    ],
  ])('never %s', (_, line, harmless) => {
    const { runner, texts } = recordingRunner();
    runner.info(line);
    expect(texts('info')).toEqual([harmless]);
  });

  test.each(['a::b', 'std::vector', 'text ::error::', '# heading', '[1] ## 2', ': :'])(
    'is unchanged if the runner sees no command: %s',
    (line) => {
      const { runner, texts } = recordingRunner();
      runner.info(line);
      expect(texts('info')).toEqual([line]);
    },
  );
});

test('any other text for people is never a command either', () => {
  const { runner, commands } = recordingRunner();
  const text = '::a::b ##[error]x';
  runner.debug(text);
  runner.warning(text, 'A warning');
  runner.error(text, 'An error');
  runner.startGroup(text);
  const harmless = ': :a::b ## [error]x';
  expect(commands.map((one) => one.text)).toEqual(Array(4).fill(harmless));
  expect(runner.redact(text)).toBe(harmless);
});

describe('an annotation', () => {
  test('has its title', () => {
    const { runner, commands } = recordingRunner();
    runner.warning('odd', 'A warning');
    runner.error('wrong', 'An error');
    expect(commands).toEqual([
      { command: 'warning', text: 'odd', name: 'A warning' },
      { command: 'error', text: 'wrong', name: 'An error' },
    ]);
  });
});

describe('a group', () => {
  test('starts with its title and ends', () => {
    const { runner, commands } = recordingRunner();
    runner.startGroup('a video');
    runner.info('a line');
    runner.endGroup();
    expect(commands.map(({ command, text }) => [command, text])).toEqual([
      ['group', 'a video'],
      ['info', 'a line'],
      ['endgroup', ''],
    ]);
  });
});

describe('an output', () => {
  function written(value: unknown, ...secrets: readonly string[]): string {
    const { runner, texts } = recordingRunner();
    for (const secret of secrets) runner.mask(secret);
    runner.output('name', value);
    const [text = ''] = texts('output');
    return text;
  }

  test('keeps its name', () => {
    const { runner, commands } = recordingRunner();
    runner.output('download-url', 'https://example.org');
    expect(commands).toEqual([{ command: 'output', text: 'https://example.org', name: 'download-url' }]);
  });

  test('is the text itself, or JSON of anything else', () => {
    expect(written('two\nlines "quoted"')).toBe('two\nlines "quoted"');
    expect(written('')).toBe('');
    expect(written(42)).toBe('42');
    expect(written([{ url: null, percentComplete: 4.5 }])).toBe('[{"url":null,"percentComplete":4.5}]');
    expect(written([])).toBe('[]');
  });

  test('is a fact, so nothing in it is redacted', () => {
    const value = [{ url: 'https://url', file: 'url/a.mp4', status: 'ready' }];
    expect(written(value, 'url', 'ready')).toBe(JSON.stringify(value));
    expect(written('https://a.example/downloads/default.mp4', 'downloads')).toBe(
      'https://a.example/downloads/default.mp4',
    );
  });

  test.each(['', undefined])('is an error if GITHUB_OUTPUT is %j, and never printed to the log', (path) => {
    const { runner, commands } = recordingRunner({}, { GITHUB_OUTPUT: path });
    expect(() => runner.requireOutputs()).toThrow('GITHUB_OUTPUT');
    expect(() => runner.output('download-url', 'https://a.example')).toThrow('GITHUB_OUTPUT');
    expect(commands).toEqual([]);
  });
});

test('a debug line is written with debug logging only', () => {
  const { runner, texts } = recordingRunner({}, { RUNNER_DEBUG: '0' });
  runner.debug('a stack');
  expect(texts('debug')).toEqual([]);
});
