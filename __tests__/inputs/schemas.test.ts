import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as v from 'valibot';
import { defaults, inputSchemas } from '../../src/inputs/schemas.ts';
import { anyCharacter, anyText } from '../harness/arbitraries.ts';

type Name = keyof typeof inputSchemas;

/** The parsed value of an input. */
function value(name: Name, text: string): unknown {
  const schema: v.GenericSchema = inputSchemas[name];
  return v.parse(schema, text);
}

/** The problems with an input; empty if it is valid. */
function problems(name: Name, text: string): string[] {
  const schema: v.GenericSchema = inputSchemas[name];
  return v.safeParse(schema, text).issues?.map(({ message }) => message) ?? [];
}

describe('operation', () => {
  test.each(['list', 'create', 'delete'])('%s is valid', (operation) => {
    expect(value('operation', operation)).toBe(operation);
  });

  test.each([
    ['creat', 'create'],
    ['crate', 'create'],
    ['Create', 'create'],
    ['remove', 'delete'],
    ['Remove', 'delete'],
    ['lists', 'list'],
    ['DELETE', 'delete'],
    ['delte', 'delete'],
  ])('"%s" is refused, with the suggestion %s', (typed, meant) => {
    expect(problems('operation', typed)).toEqual([
      `"${typed}" is not one of list, create, delete; did you mean \`${meant}\`?`,
    ]);
  });

  test.each(['download', 'get', 'save', 'fetch', 'DOWNLOAD', 'Get'])(
    '"%s" is refused, with the way to get the file',
    (typed) => {
      expect(problems('operation', typed)).toEqual([
        `"${typed}" is not one of list, create, delete; did you mean \`create\` with \`save-to\`?`,
      ]);
    },
  );

  // Every JavaScript object has a property with the last name.
  test.each(['upload', 'frobnicate', 'create list', 'constructor'])(
    '"%s" is refused, without a suggestion',
    (typed) => {
      expect(problems('operation', typed)).toEqual([`"${typed}" is not one of list, create, delete`]);
    },
  );
});

describe('type', () => {
  test.each([
    ['', undefined],
    [' , ', undefined],
    ['default', ['default']],
    ['audio', ['audio']],
    ['audio, default', ['audio', 'default']],
    ['default\naudio\ndefault', ['default', 'audio']],
    ['mp4', ['default']],
    ['MP4', ['default']],
    ['Mp4', ['default']],
    ['video', ['default']],
    ['Video', ['default']],
    ['m4a', ['audio']],
    ['M4A', ['audio']],
    ['Default', ['default']],
    ['AUDIO', ['audio']],
    ['m4a, mp4', ['audio', 'default']],
    ['mp4 video default MP4', ['default']],
    ['audio,M4A,video,Audio,mp4', ['audio', 'default']],
  ])('%j is parsed as %j', (text, types) => {
    expect(value('type', text)).toEqual(types);
  });

  test.each([
    ['audios', 'audio'],
    ['defualt', 'default'],
  ])('"%s" is refused, with the suggestion %s', (typed, meant) => {
    expect(problems('type', typed)).toEqual([
      `"${typed}" is not one of default, audio; did you mean \`${meant}\`?`,
    ]);
  });

  test.each(['webm', 'hls', 'constructor'])('"%s" is refused, without a suggestion', (typed) => {
    expect(problems('type', typed)).toEqual([`"${typed}" is not one of default, audio`]);
  });
});

describe('wait', () => {
  test.each([
    ['true', true],
    ['True', true],
    ['TRUE', true],
    ['false', false],
    ['', false],
  ])('%j is %s', (text, flag) => {
    expect(value('wait', text)).toBe(flag);
  });

  test.each(['yes', '1', 'on', 'truee'])('"%s" is neither true nor false', (text) => {
    expect(problems('wait', text)).toEqual([`"${text}" is neither true nor false: write one of them`]);
  });
});

describe('timeout', () => {
  test.each([
    ['', undefined],
    ['90', 90_000],
    ['90s', 90_000],
    ['1h30m', 90 * 60_000],
    ['1s', 1000],
    ['5d', 5 * 86_400_000],
    ['120h', 5 * 86_400_000],
    ['432000', 5 * 86_400_000],
  ])('%j is %d ms', (text, ms) => {
    expect(value('timeout', text)).toBe(ms);
  });

  test.each(['0', '0s', '600h', '5d1s', '432001'])('"%s" is out of range', (text) => {
    expect(problems('timeout', text)).toEqual([
      `"${text}" is out of range: it must be between 1 s and 120 h`,
    ]);
  });

  test.each(['forever', '-1', '1.5h', '10 m', '500ms'])('"%s" is not a duration', (text) => {
    expect(problems('timeout', text)).toEqual([expect.stringMatching(/ is not a duration: write it as /)]);
  });
});

describe('poll-interval', () => {
  test.each([
    ['', undefined],
    ['1', 1000],
    ['1s', 1000],
    ['15s', 15_000],
    ['10m', 600_000],
    ['600', 600_000],
  ])('%j is %s ms', (text, ms) => {
    expect(value('poll-interval', text)).toBe(ms);
  });

  test.each(['0', '601', '11m', '1h'])('"%s" is out of range', (text) => {
    expect(problems('poll-interval', text)).toEqual([
      `"${text}" is out of range: it must be between 1 s and 10 min`,
    ]);
  });

  test('"often" is not a duration', () => {
    expect(problems('poll-interval', 'often')).toEqual([expect.stringMatching(/ is not a duration: /)]);
  });
});

describe('concurrency', () => {
  test('every whole number from 1 to 32 is valid', () => {
    const numbers = Array.from({ length: 32 }, (_, index) => index + 1);
    expect(numbers.map((number) => value('concurrency', String(number)))).toEqual(numbers);
    expect(value('concurrency', '')).toBe(4);
    expect(value('concurrency', '08')).toBe(8);
  });

  test.each(['0', '00', '33', '100', '-1', '1.5', '4.0', '1e1', 'abc', '0x4', '4 8'])(
    '"%s" is not valid',
    (text) => {
      expect(problems('concurrency', text)).toEqual([
        `"${text}" is not a whole number from 1 to 32: write one, such as 4`,
      ]);
    },
  );
});

describe('limit', () => {
  test.each([
    ['', undefined],
    ['1', 1],
    ['0100', 100],
    ['1000000', 1_000_000],
  ])('%j is %s', (text, number) => {
    expect(value('limit', text)).toBe(number);
  });

  test.each(['0', '1000001', '-1', '1.5', '1e3', '1,000', 'all', '٣', '9'.repeat(200)])(
    '"%s" is not valid',
    (text) => {
      expect(problems('limit', text)).toEqual([
        expect.stringMatching(/ is not a whole number from 1 to 1,000,000: write one, such as 100$/),
      ]);
    },
  );
});

describe('shard', () => {
  test.each([
    ['', undefined],
    ['1/1', { index: 1, count: 1 }],
    ['2/8', { index: 2, count: 8 }],
    ['2 / 8', { index: 2, count: 8 }],
    ['02/08', { index: 2, count: 8 }],
    ['256/256', { index: 256, count: 256 }],
  ])('%j is %j', (text, parts) => {
    expect(value('shard', text)).toEqual(parts);
  });

  test('is valid for every part of every number of parts, and for no other', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), (index, count) => {
        const isValid = index >= 1 && index <= count && count <= 256;
        expect(problems('shard', `${index}/${count}`)).toHaveLength(isValid ? 0 : 1);
      }),
    );
  });

  test.each([
    ['0/4', 'the first shard is 1/4'],
    ['5/4', 'the last shard is 4/4'],
    ['1/0', 'write a number of shards from 1 to 256'],
    ['0/0', 'write a number of shards from 1 to 256'],
    ['1/257', 'write a number of shards from 1 to 256'],
  ])('"%s" is out of range: %s', (text, fix) => {
    expect(problems('shard', text)).toEqual([expect.stringContaining(`"${text}" is out of range: ${fix}`)]);
  });

  test.each(['2', '2/', '/8', '2-of-8', '-1/4', '1/4/2', '1.5/4', '٢/٨'])('"%s" is no shard', (text) => {
    expect(problems('shard', text)).toEqual([
      expect.stringMatching(/ is not a shard: write .* such as 2\/8$/),
    ]);
  });
});

describe.each(['creator', 'search'] as const)('%s', (name) => {
  test.each(['Jürgen', 'a "b" $(c)', '٣', '👩‍🚀', '*', 'x'.repeat(256)])('can be %s', (text) => {
    expect(value(name, text)).toBe(text);
  });

  test.each(['a\nb', 'a\0b', 'a\u001bb', 'a\u2028b', 'a\ud83d'])('cannot be %j', (text) => {
    expect(problems(name, text)).toEqual([
      expect.stringMatching(/ contains a control character \(character 2 of [23]\): write it on one line/),
    ]);
  });

  test('is undefined if it is empty', () => {
    expect(value(name, '')).toBeUndefined();
  });
});

describe('api-url', () => {
  test.each([
    ['', 'https://api.cloudflare.com/client/v4'],
    ['https://gateway.example/client/v4', 'https://gateway.example/client/v4'],
    ['http://127.0.0.1:8787/client/v4/', 'http://127.0.0.1:8787/client/v4'],
    ['http://[::1]:8787/client/v4', 'http://[::1]:8787/client/v4'],
    ['https://gateway.example/client/v4//', 'https://gateway.example/client/v4'],
    ['https://gateway.example//client//v4///', 'https://gateway.example//client//v4'],
    ['HTTPS://gateway.example/', 'HTTPS://gateway.example'],
  ])('%j is %s, without a slash at its end', (text, address) => {
    expect(value('api-url', text)).toBe(address);
  });

  test.each([
    'api.cloudflare.com/client/v4',
    'localhost:8787',
    '127.0.0.1:8787/client/v4',
    'ftp://api.cloudflare.com/client/v4',
    'file:///client/v4',
    'javascript:alert(1)',
    'https://',
    'https://a b/',
    'https://host:99999/',
    '/client/v4',
  ])('"%s" is not an http(s) address, and an example is shown', (text) => {
    expect(problems('api-url', text)).toEqual([
      `${JSON.stringify(text)} is not an http(s) address: write it as https://api.cloudflare.com/client/v4`,
    ]);
  });

  test.each([
    'https://user@gateway.example/client/v4',
    'https://user:secret-word@gateway.example/client/v4',
    'https://:secret-word@gateway.example/client/v4',
    'https://gateway.example/client/v4?key=secret-word',
    'https://gateway.example/client/v4#secret-word',
    // The path appended to it would be in the query or fragment.
    'https://gateway.example/client/v4?',
    'https://gateway.example/client/v4#',
  ])('%s contains more than an address', (text) => {
    expect(problems('api-url', text)).toEqual([expect.stringMatching(/^it must not contain/)]);
  });

  test.each(['ftp://user:secret-word@gateway.example/', 'user:secret-word@gateway.example/client/v4'])(
    'a password is not shown, whatever else is wrong with %s',
    (text) => {
      expect(problems('api-url', text)).not.toEqual([]);
      expect(problems('api-url', text).join()).not.toContain('secret-word');
    },
  );
});

describe('every input', () => {
  const names = Object.keys(defaults).filter((name): name is keyof typeof defaults => name in defaults);

  test.each(names)('%s has its default if it is empty', (name) => {
    expect(value(name, '')).toEqual(value(name, defaults[name]));
  });

  test.each(Object.keys(inputSchemas).filter((name): name is Name => name in inputSchemas))(
    'the problems with %s are short and printable, whatever it is',
    (name) => {
      const text = fc.oneof(
        anyText(),
        fc.tuple(anyCharacter, fc.integer({ min: 100, max: 5000 })).map(([one, times]) => one.repeat(times)),
      );
      fc.assert(
        fc.property(text, (anything) => {
          for (const message of problems(name, anything)) {
            expect(message).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
            // Many of them fit into an annotation.
            expect(message.length).toBeLessThan(1500);
          }
        }),
      );
    },
  );
});
