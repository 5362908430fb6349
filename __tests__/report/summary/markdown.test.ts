import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { titleText } from '../../../src/core/text.ts';
import { markdown } from '../../../src/report/summary/markdown.ts';
import { foreignTexts } from './foreign-texts.ts';
import { nodesIn, nodesOf, parse, tagsIn, visibleText } from './tree.ts';

const md = markdown((text) => text);

/** What GitHub looks for in the text of the rendered page, besides what GFM describes. */
const references = /@\w|#\d|gh-\d|:\w+:|\$.|\b[\da-f]{7,40}\b/i;

describe('a text from outside', () => {
  test('is shown as it is, on one line, and is nothing else', () => {
    fc.assert(
      fc.property(foreignTexts, (text) => {
        for (const [form, tags] of [
          [md.text(text, 1000), ['<span>', '</span>', '<wbr>']],
          [md.code(text, 1000), ['<span>', '</span>', '<wbr>', '<code>', '</code>']],
        ] as const) {
          const tree = parse(form);
          expect(visibleText(tree)).toBe(titleText(text));
          const allowed = new Set(['root', 'paragraph', 'text', 'html']);
          expect(nodesIn(tree).filter(({ type }) => !allowed.has(type))).toEqual([]);
          expect(
            nodesOf(tree, 'html').filter(({ value = '' }) => !tags.some((tag) => tag === value)),
          ).toEqual([]);
          expect(tagsIn(form).filter((tag) => !['<p>', '</p>', ...tags].includes(tag))).toEqual([]);
        }
      }),
    );
  });

  test('has nothing that GitHub would link or replace in one text node', () => {
    fc.assert(
      fc.property(foreignTexts, (text) => {
        const values = nodesOf(parse(md.text(text, 1000)), 'text').map(({ value = '' }) => value);
        expect(values.filter((value) => references.test(value))).toEqual([]);
      }),
    );
  });

  test.each(['# a', '- a', '1. a', '> a', '    a', '```', '---', '<b>', '[a]: b'])(
    'does not begin a block with %j',
    (text) => {
      expect(parse(md.text(text)).children?.map(({ type }) => type)).toEqual(['paragraph']);
    },
  );

  test('is redacted before it is truncated', () => {
    const { text } = markdown((secret) => secret.replaceAll('top-secret', '***'));
    expect(visibleText(parse(text('a top-secret', 8)))).toBe('a ***');
  });

  test('is redacted after invisible characters are removed, which could hide a secret', () => {
    const { text } = markdown((secret) => secret.replaceAll('secret', '***'));
    expect(visibleText(parse(text('se\u202ecret')))).toBe('***');
  });

  test('is truncated', () => {
    expect(visibleText(parse(md.text('a'.repeat(100), 10)))).toBe(`${'a'.repeat(9)}…`);
  });

  test('allows a break in a very long word, and in every part of a code', () => {
    expect(md.text('z'.repeat(30))).toContain('<wbr>');
    expect(md.text('Donaudampfschifffahrt')).not.toContain('<wbr>');
    expect(md.code('/a')).toBe('<code><span>&#47;</span><wbr>a</code>');
    expect(md.code('a'.repeat(17))).toBe(`<code>${'a'.repeat(16)}<wbr>a</code>`);
  });
});

describe('a message of the action', () => {
  test('has code where backticks mark it', () => {
    expect(md.prose('Set `wait` now')).toBe('Set <code>wait</code> now');
  });

  test('keeps a single backtick', () => {
    expect(visibleText(parse(md.prose('a ` b')))).toBe('a ` b');
  });

  test('is escaped in either part', () => {
    const tree = parse(md.prose('<b> `<i>` @a'));
    expect(visibleText(tree)).toBe('<b> <i> @a');
    expect(nodesOf(tree, 'html').map(({ value }) => value)).not.toContain('<b>');
  });
});

describe('a link', () => {
  test('goes to the address, with its label', () => {
    const [link] = nodesOf(parse(md.link('a | b', 'https://example.com/a?b=c&d=e#f')), 'link');
    expect(link?.url).toBe('https://example.com/a?b=c&d=e#f');
    expect(link && visibleText(link)).toBe('a | b');
  });

  test('may lead to an IPv6 address', () => {
    const [link] = nodesOf(parse(md.link('x', 'http://[::1]:8787/a.mp4')), 'link');
    expect(link?.url).toBe('http://[::1]:8787/a.mp4');
  });

  test('cannot be left, whatever is in the address', () => {
    fc.assert(
      fc.property(foreignTexts, (text) => {
        const address = `https://example.com/${text}`;
        const row = `| a | b |\n| - | - |\n| ${md.link('x', address)} | y |`;
        const [link, ...others] = nodesOf(parse(row), 'link');
        expect(others).toEqual([]);
        expect(decoded(link?.url ?? '')).toBe(decoded(new URL(address).href));
        expect(nodesOf(parse(row), 'tableCell').slice(2).map(visibleText)).toEqual(['x', 'y']);
        expect(nodesOf(parse(row), 'html')).toEqual([]);
      }),
    );
  });

  test.each(['javascript:alert(1)', 'data:text/html,x', 'ftp://example.com/', 'not a URL', '//example.com'])(
    'is none to %s',
    (address) => {
      const tree = parse(md.link('x', address));
      expect(nodesOf(tree, 'link')).toEqual([]);
      expect(visibleText(tree)).toBe(address);
    },
  );

  test('is none to what must be redacted, which is then redacted', () => {
    const { link } = markdown((text) => text.replace('eyJtoken', 'eyJ…'));
    const tree = parse(link('x', 'https://example.com/eyJtoken/a.mp4'));
    expect(nodesOf(tree, 'link')).toEqual([]);
    expect(visibleText(tree)).toBe('https://example.com/eyJ…/a.mp4');
  });
});

describe('a picture', () => {
  test('has its width, and no other attribute that an address could add', () => {
    fc.assert(
      fc.property(foreignTexts, (text) => {
        const tags = tagsIn(md.image(`https://example.com/${text}" onerror="x`, 120));
        expect(tags.filter((tag) => tag.startsWith('<img'))).toEqual([
          expect.stringMatching(/^<img src="https:\/\/example\.com\/[^"]*" width="120" alt="">$/),
        ]);
      }),
    );
  });

  test('is none from what is no web address, or must be redacted', () => {
    expect(md.image('javascript:alert(1)', 120)).toBe('');
    expect(markdown(() => '***').image('https://example.com/a.jpg', 120)).toBe('');
  });
});

/** Each percent-encoded byte as a character. */
function decoded(href: string): string {
  return href.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
