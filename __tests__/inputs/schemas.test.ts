import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as v from 'valibot';
import { defaults, inputSchemas } from '../../src/inputs/schemas.ts';
import { anyCharacter, anyText } from '../harness/arbitraries.ts';

type Name = keyof typeof inputSchemas;

const one = 'ea95132c15732412d22c1476fa83f27a';
const other = '0123456789abcdef0123456789abcdef';

/** What an input's text is taken for. */
function value(name: Name, text: string): unknown {
  const schema: v.GenericSchema = inputSchemas[name];
  return v.parse(schema, text);
}

/** What is told of an input's text; nothing where it is taken. */
function problems(name: Name, text: string): string[] {
  const schema: v.GenericSchema = inputSchemas[name];
  return v.safeParse(schema, text).issues?.map(({ message }) => message) ?? [];
}

describe('operation', () => {
  test.each(['list', 'create', 'delete'])('%s is one', (operation) => {
    expect(value('operation', operation)).toBe(operation);
  });

  test.each([
    ['creat', 'create'],
    ['crate', 'create'],
    ['Create', 'create'],
    ['lists', 'list'],
    ['DELETE', 'delete'],
    ['delte', 'delete'],
  ])('"%s" is none, and %s was meant', (typed, meant) => {
    expect(problems('operation', typed)).toEqual([
      `"${typed}" is none of list, create, delete; did you mean ${meant}?`,
    ]);
  });

  // The last is the name of something that every JavaScript object has.
  test.each(['upload', 'frobnicate', 'create list', 'constructor'])(
    '"%s" is none, and nobody knows what was meant',
    (typed) => {
      expect(problems('operation', typed)).toEqual([`"${typed}" is none of list, create, delete`]);
    },
  );
});

describe('video-id', () => {
  test('one id is a list of one', () => {
    expect(value('video-id', one)).toEqual([one]);
  });

  test.each([
    ['a comma', `${one},${other}`],
    ['a comma and a space', `${one}, ${other}`],
    ['a space', `${one} ${other}`],
    ['a line break', `${one}\n${other}\n`],
    ['a line break of Windows', `${one}\r\n${other}`],
    ['blank lines and commas too many', `\n\n ${one} ,\n\n,, ${other},\n \n`],
    ['repeats', `${one} ${one} ${other} ${one}\n${other}`],
  ])('two ids with %s between them are two', (_, text) => {
    expect(value('video-id', text)).toEqual([one, other]);
  });

  test('a list of ids comes out whole, in order and each once, however they are parted', () => {
    const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/).filter((text) => text.toLowerCase() !== 'all');
    const gap = fc.stringMatching(/^[ \t\r\n,]{1,5}$/);
    const list = fc.array(fc.tuple(id, gap), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(list, gap, (items, before) => {
        const text = before + items.map(([item, after]) => item + after).join('');
        expect(value('video-id', text)).toEqual([...new Set(items.map(([item]) => item))]);
      }),
    );
  });

  test.each(['', ' ', ',', '\n,\n'])('%j has none, and is told what to set', (text) => {
    expect(problems('video-id', text)).toEqual([
      expect.stringMatching(/missing or empty: set it to the `uid`/),
    ]);
  });

  test.each(['.', '..', 'a/b', 'a?b', 'a\\b', 'a#b', 'a%2fb', 'ä', 'z'.repeat(65)])('"%s" is no id', (id) => {
    expect(problems('video-id', id)).toEqual([
      `${JSON.stringify(id)} is no id: an id has 1 to 64 letters, digits, "-" or "_"`,
    ]);
  });

  test('an id of 64 characters is one', () => {
    expect(value('video-id', 'a'.repeat(64))).toEqual(['a'.repeat(64)]);
  });

  test.each([
    `https://customer-f33zs165nr7gyfy4.cloudflarestream.com/${one}/watch`,
    `https://dash.cloudflare.com/?to=/:account/stream/videos/${one}`,
    `"${one}"`,
  ])('the id inside %s was meant', (pasted) => {
    expect(problems('video-id', pasted)).toEqual([
      expect.stringMatching(new RegExp(`is no id: .*; did you mean ${one}\\?$`)),
    ]);
  });

  test('each wrong one of several is told', () => {
    expect(problems('video-id', `a/b, ${one}, ..`)).toEqual([
      expect.stringMatching(/^"a\/b" is no id/),
      expect.stringMatching(/^"\.\." is no id/),
    ]);
  });

  test.each(['all', 'ALL', `${one}, all`])('"%s" is not supported yet', (text) => {
    expect(problems('video-id', text)).toEqual([
      expect.stringMatching(/`all` is not supported in this version/),
    ]);
  });

  test('a wrong id beside `all` is told as well', () => {
    expect(problems('video-id', 'all, a/b')).toEqual([
      expect.stringMatching(/`all` is not supported/),
      expect.stringMatching(/^"a\/b" is no id/),
    ]);
  });
});

describe('account-id', () => {
  test('an id is taken', () => {
    expect(value('account-id', other)).toBe(other);
  });

  test('nothing is told where to find it', () => {
    expect(problems('account-id', '')).toContainEqual(
      expect.stringMatching(/dashboard.*CLOUDFLARE_ACCOUNT_ID/),
    );
  });

  test('nothing is told once', () => {
    expect(problems('account-id', '')).toHaveLength(1);
  });

  test.each(['..', 'a/b', 'My Account', 'a'.repeat(65)])('"%s" is no id', (id) => {
    expect(problems('account-id', id)).toEqual([expect.stringMatching(/ is no id: /)]);
  });
});

describe('type', () => {
  test.each([
    ['', undefined],
    [' , ', undefined],
    ['default', ['default']],
    ['audio', ['audio']],
    ['audio, default', ['audio', 'default']],
    ['default\naudio\ndefault', ['default', 'audio']],
  ])('%j is %j', (text, types) => {
    expect(value('type', text)).toEqual(types);
  });

  test.each([
    ['mp4', 'default'],
    ['MP4', 'default'],
    ['video', 'default'],
    ['m4a', 'audio'],
    ['audios', 'audio'],
    ['defualt', 'default'],
    ['Audio', 'audio'],
  ])('"%s" is none, and %s was meant', (typed, meant) => {
    expect(problems('type', typed)).toEqual([`"${typed}" is none of default, audio; did you mean ${meant}?`]);
  });

  test.each(['webm', 'hls', 'constructor'])('"%s" is none, and nobody knows what was meant', (typed) => {
    expect(problems('type', typed)).toEqual([`"${typed}" is none of default, audio`]);
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
    ['', 30 * 60_000],
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

  test.each(['0', '0s', '600h', '5d1s', '432001'])('"%s" is out of bounds', (text) => {
    expect(problems('timeout', text)).toEqual([
      `"${text}" is out of bounds: it must be between 1 s and 120 h`,
    ]);
  });

  test.each(['forever', '-1', '1.5h', '10 m', '500ms'])('"%s" is no duration', (text) => {
    expect(problems('timeout', text)).toEqual([expect.stringMatching(/ is no duration: write it as /)]);
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

  test.each(['0', '601', '11m', '1h'])('"%s" is out of bounds', (text) => {
    expect(problems('poll-interval', text)).toEqual([
      `"${text}" is out of bounds: it must be between 1 s and 10 min`,
    ]);
  });

  test('"often" is no duration', () => {
    expect(problems('poll-interval', 'often')).toEqual([expect.stringMatching(/ is no duration: /)]);
  });
});

describe('concurrency', () => {
  test('every whole number from 1 to 32 is taken', () => {
    const numbers = Array.from({ length: 32 }, (_, index) => index + 1);
    expect(numbers.map((number) => value('concurrency', String(number)))).toEqual(numbers);
    expect(value('concurrency', '')).toBe(4);
    expect(value('concurrency', '08')).toBe(8);
  });

  test.each(['0', '00', '33', '100', '-1', '1.5', '4.0', '1e1', 'abc', '0x4', '4 8'])(
    '"%s" is not',
    (text) => {
      expect(problems('concurrency', text)).toEqual([
        `"${text}" is not a whole number from 1 to 32: write one, such as 4`,
      ]);
    },
  );
});

describe('api-url', () => {
  test.each([
    ['', 'https://api.cloudflare.com/client/v4'],
    ['https://gateway.example/client/v4', 'https://gateway.example/client/v4'],
    ['http://127.0.0.1:8787/client/v4/', 'http://127.0.0.1:8787/client/v4'],
    ['http://[::1]:8787/client/v4', 'http://[::1]:8787/client/v4'],
    ['https://gateway.example/client/v4//', 'https://gateway.example/client/v4'],
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
  ])('"%s" is no http(s) address, and an example is given', (text) => {
    expect(problems('api-url', text)).toEqual([
      `${JSON.stringify(text)} is no http(s) address: write it as https://api.cloudflare.com/client/v4`,
    ]);
  });

  test.each([
    'https://user@gateway.example/client/v4',
    'https://user:secret-word@gateway.example/client/v4',
    'https://:secret-word@gateway.example/client/v4',
    'https://gateway.example/client/v4?key=secret-word',
    'https://gateway.example/client/v4#secret-word',
    // What follows the address would end up in an empty query or fragment as well.
    'https://gateway.example/client/v4?',
    'https://gateway.example/client/v4#',
  ])('%s is more than an address', (text) => {
    expect(problems('api-url', text)).toEqual([expect.stringMatching(/^it must be an address alone/)]);
  });

  test.each(['ftp://user:secret-word@gateway.example/', 'user:secret-word@gateway.example/client/v4'])(
    'a password is not told, whatever else is wrong with %s',
    (text) => {
      expect(problems('api-url', text)).not.toEqual([]);
      expect(problems('api-url', text).join()).not.toContain('secret-word');
    },
  );
});

describe('every input', () => {
  const names = Object.keys(defaults).filter((name): name is keyof typeof defaults => name in defaults);

  test.each(names)('%s is taken for its default where it is empty', (name) => {
    expect(value(name, '')).toEqual(value(name, defaults[name]));
  });

  test.each(Object.keys(inputSchemas).filter((name): name is Name => name in inputSchemas))(
    '%s is told in short, printable lines, whatever it is',
    (name) => {
      const text = fc.oneof(
        anyText(),
        fc.tuple(anyCharacter, fc.integer({ min: 100, max: 5000 })).map(([one, times]) => one.repeat(times)),
      );
      fc.assert(
        fc.property(text, (anything) => {
          for (const message of problems(name, anything)) {
            expect(message).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
            expect(message.length).toBeLessThan(1000);
          }
        }),
      );
    },
  );
});
