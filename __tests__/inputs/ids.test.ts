import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as v from 'valibot';
import { accountId, liveInputId, unusualIds, videoIds } from '../../src/inputs/ids.ts';

const one = 'ea95132c15732412d22c1476fa83f27a';
const other = '5d5bc37ffcf54c9b82e996823bffbb81';
const account = '0123456789abcdef0123456789abcdef';

const alone = 'write IDs alone, separated by newlines, commas or spaces';

/** The problems with a text; empty if it is valid. */
function problems(schema: v.GenericSchema<string, unknown>, text: string): string[] {
  return v.safeParse(schema, text).issues?.map(({ message }) => message) ?? [];
}

const ofVideos = (text: string) => problems(videoIds, text);
const ofAccount = (text: string) => problems(accountId, text);

/** The IDs that a problem suggests. */
function suggested(text: string, schema: v.GenericSchema<string, unknown> = videoIds): string[] {
  return problems(schema, text).flatMap(
    (problem) => /; did you mean (.*)\?$/.exec(problem)?.[1]?.split(', ') ?? [],
  );
}

describe('the IDs of videos', () => {
  test('are a list of one for one ID', () => {
    expect(v.parse(videoIds, one)).toEqual([one]);
  });

  test.each([
    ['a comma', `${one},${other}`],
    ['a comma and a space', `${one}, ${other}`],
    ['a space', `${one} ${other}`],
    ['a tab', `${one}\t${other}`],
    ['a line break', `${one}\n${other}\n`],
    ['a Windows line break', `${one}\r\n${other}`],
    ['blank lines and superfluous commas', `\n\n ${one} ,\n\n,, ${other},\n \n`],
    ['duplicates', `${one} ${one} ${other} ${one}\n${other}`],
  ])('are two, separated by %s', (_, text) => {
    expect(v.parse(videoIds, text)).toEqual([one, other]);
  });

  test('keep their order, without duplicates, whatever separates them', () => {
    const id = fc
      .stringMatching(/^[A-Za-z0-9_-]{1,64}$/)
      // These are a word and list bullets.
      .filter((text) => text.toLowerCase() !== 'all' && !/^-+([0-9a-f]{32})?$/i.test(text));
    const gap = fc.stringMatching(/^[ \t\r\n,]{1,5}$/);
    const list = fc.array(fc.tuple(id, gap), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(list, gap, (items, before) => {
        const text = before + items.map(([item, after]) => item + after).join('');
        expect(v.parse(videoIds, text)).toEqual([...new Set(items.map(([item]) => item))]);
      }),
    );
  });

  test.each(['', ' ', ',', '\n,\n'])('are missing in %j, and the problem has a fix', (text) => {
    expect(ofVideos(text)).toEqual([expect.stringMatching(/missing or empty: set it to the `uid`/)]);
  });

  test.each(['.', '..', 'a/b', 'a?b', 'a\\b', 'a%2fb', 'ä', 'z'.repeat(65), `${one};`])(
    'are not "%s"',
    (id) => {
      expect(ofVideos(id)).toEqual([
        expect.stringContaining(
          `${JSON.stringify(id)} is not an ID, which has 1 to 64 letters, digits, "-" or "_"`,
        ),
      ]);
    },
  );

  test('may have 64 characters, and dashes', () => {
    const ids = ['a'.repeat(64), '-a-b-', '_', '2026-01-15'];
    expect(v.parse(videoIds, ids.join(' '))).toEqual(ids);
  });

  test('that are malformed are reported together', () => {
    expect(ofVideos(`a/b, ${one}, .., a/b`)).toEqual([
      '"a/b", ".." are not IDs, which have 1 to 64 letters, digits, "-" or "_"',
    ]);
    expect(ofVideos('1/ 2/ 3/ 4/ 5/ 6/ 7/')).toEqual([
      '"1/", "2/", "3/", "4/", "5/" and 2 more are not IDs, which have 1 to 64 letters, digits, "-" or "_"',
    ]);
  });

  test.each(['all', 'ALL', 'All,', 'all all', '\nall\n'])('are those of all videos for %j', (text) => {
    expect(v.parse(videoIds, text)).toBe('all');
  });

  test.each([`${one}, all`, `ALL\n${one}`, 'all, a/b', 'all # every video'])(
    'are not those of all videos if there is anything else: %j',
    (text) => {
      expect(ofVideos(text)).toContainEqual(
        expect.stringMatching(/^`all` stands for every video of the account: write it alone/),
      );
    },
  );

  test('with problems of several kinds have a message for each', () => {
    expect(ofVideos(`all, a/b, "${one}", '${other}' - c # d\n* e\u200bf`)).toEqual([
      expect.stringMatching(/^`all` stands for every video/),
      expect.stringMatching(/^"-", "\*" are list bullets: /),
      expect.stringMatching(/^"\\"ea.* have quotes: .*; did you mean ea.*, 5d.*\?$/),
      expect.stringMatching(/^"# d" is a comment/),
      expect.stringMatching(/^"ef" contains an invisible character/),
      expect.stringMatching(/^"a\/b" is not an ID/),
    ]);
  });
});

const dashboard = 'https://dash.cloudflare.com';

describe('an address', () => {
  const api = 'https://api.cloudflare.com/client/v4';

  test.each([
    `${dashboard}/${account}/stream/videos/${one}`,
    `dash.cloudflare.com/${account}/stream/videos/${one}`,
    `${dashboard}/${account}/stream/videos/${one}/settings?tab=captions`,
    `${dashboard}/${account}/stream/${one}`,
    `${dashboard}/?to=/${account}/stream/videos/${one}`,
    `${dashboard}/?to=/:account/stream/videos/${one}`,
    `${dashboard}/?to=%2F${account}%2Fstream%2Fvideos%2F${one}`,
    `/${account}/stream/videos/${one}`,
    `${api}/accounts/${account}/stream/${one}`,
    `${api}/accounts/${account}/stream/${one}/downloads`,
    `https://gateway.example/v4/accounts/${account}/stream/${one}`,
    `https://customer-f33zs165nr7gyfy4.cloudflarestream.com/${one}/watch`,
    `https://customer-f33zs165nr7gyfy4.cloudflarestream.com/${one}/downloads/default.mp4?filename=${other}`,
    `https://watch.cloudflarestream.com/${one}`,
    `https://videodelivery.net/${one}/manifest/video.m3u8`,
    `src="https://iframe.videodelivery.net/${one}"`,
  ])('has the ID of a video, which is suggested: %s', (text) => {
    expect(suggested(text)).toEqual([one]);
  });

  test.each([
    `${dashboard}/${account}`,
    `${dashboard}/${account}/stream`,
    `${dashboard}/${account}/stream/videos`,
    `${dashboard}/${account}/stream/inputs/${one}`,
    `${dashboard}/${account.toUpperCase()}/images`,
    `${dashboard}/?to=/${account}/stream/videos`,
    `${dashboard}/?to=%2F${account}%2Fstream`,
    `${api}/accounts/${account}/stream`,
    `${api}/accounts/${account}/stream/live_inputs/${one}`,
    `https://gateway.example/accounts/${account}`,
    `https://gateway.example/accounts/${account}/stream/live_inputs/${one}`,
    `/${account}/stream/videos`,
    `"${dashboard}/${account}/stream"`,
  ])('has the ID of the account or of a live input, which is not suggested: %s', (text) => {
    expect(ofVideos(text)).toHaveLength(1);
    expect(suggested(text)).toEqual([]);
  });

  test.each([
    `${dashboard}/${account}/stream/videos/${one}`,
    `${dashboard}/${account}`,
    `${dashboard}/?to=/${account}`,
    `${dashboard}/?to=/${account}/stream`,
    `/${account}/stream`,
    `${api}/accounts/${account}/stream/${one}`,
  ])('has the ID of the account, which is suggested for the account: %s', (text) => {
    expect(suggested(text, accountId)).toEqual([account]);
  });

  test.each([
    `https://customer-f33zs165nr7gyfy4.cloudflarestream.com/${one}/watch`,
    `${dashboard}/?to=/:account/stream/videos/${one}`,
  ])('has the ID of a video, which is not suggested for the account: %s', (text) => {
    expect(ofAccount(text)).toHaveLength(1);
    expect(suggested(text, accountId)).toEqual([]);
  });

  test('of each of several videos is reported in one message', () => {
    const links = [one, other].map((id) => `${dashboard}/${account}/stream/videos/${id}`);
    expect(ofVideos(links.join('\n'))).toHaveLength(1);
    expect(suggested(links.join('\n'))).toEqual([one, other]);
  });
});

test.each([`${one};${other}`, `${one}|${other}`, `<${one}>;(${other})`])(
  'all IDs in %s are suggested',
  (text) => {
    expect(suggested(text)).toEqual([one, other]);
  },
);

describe('a list bullet', () => {
  test.each([
    ['-', `- ${one}\n- ${other}`],
    ['*', `* ${one}\n* ${other}`],
    ['+', `+ ${one}\n+ ${other}`],
    ['•', `•\t${one}\n•\t${other}`],
    ['–', `– ${one}\n– ${other}`],
    ['-', `- ${one} - ${other}`],
    ['-', `-${one}\n-${other}`],
    ['*', `*${one}\n*${other}`],
    ['•', `•${one} •${other}`],
  ])('%s is named, once, with the IDs: %j', (mark, text) => {
    expect(ofVideos(text)).toEqual([`"${mark}" is a list bullet: ${alone}; did you mean ${one}, ${other}?`]);
  });

  test.each([`1. ${one}\n2. ${other}`, `1.${one}\n2.${other}`, `1) ${one}\n2) ${other}`])(
    'can be a number: %j',
    (text) => {
      expect(ofVideos(text)).toEqual([expect.stringMatching(/^"1[.)]", "2[.)]" are list bullets: /)]);
      expect(suggested(text)).toEqual([one, other]);
    },
  );

  test('is not what an ID begins with', () => {
    expect(v.parse(videoIds, `-talk -${one}x 2026-${one}`)).toHaveLength(3);
    expect(ofVideos('2026.01')).toEqual([expect.stringMatching(/^"2026\.01" is not an ID/)]);
  });

  test('before the ID of an account is named', () => {
    expect(ofAccount(`- ${account}`)).toEqual([
      `"-" is a list bullet: write the ID alone; did you mean ${account}?`,
    ]);
  });
});

describe('quotes', () => {
  test.each([
    `"${one}"`,
    `'${one}'`,
    `\`${one}\``,
    `“${one}”`,
    `‘${one}’`,
    `«${one}»`,
    `"${one}`,
    `{"uid":"${one}"}`,
  ])('are named, with the ID in them: %s', (text) => {
    expect(ofVideos(text)).toEqual([`${JSON.stringify(text)} has quotes: ${alone}; did you mean ${one}?`]);
  });

  test.each([`"${one}", "${other}"`, `"${one},${other}"`, `'${one}'\n'${other}'`])(
    'around several IDs are named once: %s',
    (text) => {
      expect(ofVideos(text)).toEqual([expect.stringMatching(/^".*", ".*" have quotes: /)]);
      expect(suggested(text)).toEqual([one, other]);
    },
  );

  test.each(['"my-talk"', '""', '"'])('around anything else are named without a suggestion: %s', (text) => {
    expect(ofVideos(text)).toEqual([`${JSON.stringify(text)} has quotes: ${alone}`]);
  });

  test('around the ID of an account are named', () => {
    expect(ofAccount(`"${account}"`)).toEqual([
      `${JSON.stringify(`"${account}"`)} has quotes: write the ID alone; did you mean ${account}?`,
    ]);
    expect(suggested('"My Account"', accountId)).toEqual([]);
  });
});

describe('a list in brackets', () => {
  test.each([
    `["${one}","${other}"]`,
    `[ "${one}", "${other}" ]`,
    `[\n  "${one}",\n  "${other}"\n]\n`,
    `['${one}', '${other}']`,
    `[${one}, ${other}]`,
    `[{"uid":"${one}"},{"uid":"${other}"}]`,
  ])('is named, with the IDs in it: %j', (text) => {
    expect(ofVideos(text)).toEqual([
      `it is a list in brackets: ${alone}, or turn a JSON list into text with \${{ join(fromJSON(...)) }}; did you mean ${one}, ${other}?`,
    ]);
  });

  test('may be empty', () => {
    expect(ofVideos('[]')).toEqual([expect.stringMatching(/^it is a list in brackets: .* \}\}$/)]);
  });
});

describe('a comment', () => {
  test.each([
    ['# the talk', `${one} # the talk`],
    ['# the talk', `# the talk\n${one}`],
    ['#the talk', `${one},#the talk`],
    ['// the talk', `${one} // the talk`],
    [`#${other}`, `${one}\n#${other}`],
  ])('%s is named, and its words are no IDs: %j', (comment, text) => {
    expect(ofVideos(text)).toEqual([
      expect.stringContaining(`"${comment}" is a comment, which this input cannot have: ${alone}`),
    ]);
    expect(suggested(text)).toEqual(text.startsWith(one) && !text.includes('\n') ? [one] : []);
  });

  test('is named once for several lines, with the IDs before it', () => {
    expect(ofVideos(`${one} # the first\n${other} # the second`)).toEqual([
      `"# the first", "# the second" are comments, which this input cannot have: ${alone}; did you mean ${one}, ${other}?`,
    ]);
  });

  test('after a word has no suggestion', () => {
    expect(suggested('talk # the talk')).toEqual([]);
  });

  test('is not the fragment of an address', () => {
    expect(ofVideos(`https://videodelivery.net/${one}#t=1`)).toEqual([
      expect.stringMatching(new RegExp(` is not an ID, .*; did you mean ${one}\\?$`)),
    ]);
  });

  test('after the ID of an account is named', () => {
    expect(ofAccount(`${account} # production`)).toEqual([
      `"# production" is a comment, which this input cannot have: write the ID alone; did you mean ${account}?`,
    ]);
  });
});

describe('an invisible character', () => {
  const half = one.length / 2;

  test.each([
    ['a zero-width space', '\u200b', 'U+200B'],
    ['a byte order mark', '\ufeff', 'U+FEFF'],
    ['a soft hyphen', '\u00ad', 'U+00AD'],
    ['a non-breaking space', '\u00a0', 'U+00A0'],
    ['a word joiner', '\u2060', 'U+2060'],
    ['a bidi mark', '\u200e', 'U+200E'],
    ['a narrow no-break space', '\u202f', 'U+202F'],
    ['a line separator', '\u2028', 'U+2028'],
    ['a variation selector', '\ufe0f', 'U+FE0F'],
    ['a Hangul filler', '\u3164', 'U+3164'],
    ['a tag character', '\u{e0041}', 'U+E0041'],
    ['a control character', '\u0001', 'U+0001'],
  ])('is named by its code point, with the ID: %s', (_, character, code) => {
    const places = [character + one, one + character, one.slice(0, half) + character + one.slice(half)];
    for (const text of places) {
      expect(ofVideos(text)).toEqual([
        expect.stringContaining(`contains an invisible character (${code}): ${alone}; did you mean ${one}?`),
      ]);
    }
    expect(suggested(one + character + other)).toEqual([one, other]);
    expect(suggested(`${account}${character}`, accountId)).toEqual([account]);
  });

  test('is named together with others', () => {
    expect(ofVideos(`\ufeff${one}, ${other}\u200b\u200b`)).toEqual([
      `"${one}", "${other}" contain invisible characters (U+FEFF, U+200B): ${alone}; did you mean ${one}, ${other}?`,
    ]);
  });

  test('after a bullet, or in an address or a word, has the IDs in it suggested', () => {
    expect(suggested(`-\u00a0${one}`)).toEqual([one]);
    expect(suggested(`https://videodelivery.net/\u200b${one}/watch`)).toEqual([one]);
    expect(suggested('my\u200btalk')).toEqual([]);
    expect(suggested(`${dashboard}/\u200b${account}`)).toEqual([]);
  });
});

describe('the ID of an account', () => {
  test.each([account, one, 'my-account', 'all', 'a'.repeat(64)])('can be %s', (id) => {
    expect(v.parse(accountId, id)).toBe(id);
  });

  test('that is empty is one problem, with the place to find it', () => {
    expect(ofAccount('')).toEqual([expect.stringMatching(/dashboard.*CLOUDFLARE_ACCOUNT_ID/)]);
  });

  test.each(['..', 'a/b', 'My Account', 'a, b', `${account},`, `${account} ${one}`, 'a'.repeat(65)])(
    'is not "%s"',
    (id) => {
      expect(ofAccount(id)).toEqual([
        expect.stringContaining(`${JSON.stringify(id)} is not an ID, which has`),
      ]);
    },
  );
});

describe('the ID of a live input', () => {
  test.each([one, 'my-stage', 'a'.repeat(64)])('can be %s', (id) => {
    expect(v.parse(liveInputId, id)).toBe(id);
  });

  test.each([
    `${dashboard}/${account}/stream/inputs/${one}`,
    `https://api.cloudflare.com/client/v4/accounts/${account}/stream/live_inputs/${one}`,
    `"${one}"`,
  ])('is suggested for %s', (text) => {
    expect(suggested(text, liveInputId)).toEqual([one]);
  });

  test.each(['..', 'a/b', `${one} ${other}`, 'a'.repeat(65)])('is not "%s"', (text) => {
    expect(problems(liveInputId, text)).toEqual([expect.stringContaining('is not an ID, which has')]);
  });
});

describe('unusual IDs', () => {
  test('are none of Cloudflare’s', () => {
    expect(unusualIds([one, account.toUpperCase()])).toBeUndefined();
  });

  test('are named in one sentence, the first ones of many', () => {
    expect(unusualIds([one, 'my-video'])).toBe(
      'my-video does not look like a Cloudflare ID, which has 32 hex characters',
    );
    expect(unusualIds(['a', one, 'b'])).toBe(
      'a, b do not look like Cloudflare IDs, which have 32 hex characters',
    );
    expect(unusualIds(Array.from({ length: 40 }, (_, index) => `v${index}`))).toBe(
      'v0, v1, v2, v3, v4 and 35 more do not look like Cloudflare IDs, which have 32 hex characters',
    );
  });
});
