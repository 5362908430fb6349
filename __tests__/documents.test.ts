import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { anchorsOf, countWords, linksOf } from './harness/markdown.ts';

const root = join(import.meta.dirname, '..');
const documents = globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md', 'local-*/**/*.md'], { cwd: root });
const read = (document: string) => readFileSync(join(root, document), 'utf8');

/** Why a link leads nowhere; undefined if it leads to a file of this project, and to a heading if it names one. */
function problemWith(link: string, document: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? document : join(dirname(document), path);
  if (target.startsWith('..') || !existsSync(join(root, target))) return `${link}: there is no such file`;
  if (anchor === undefined) return undefined;
  return anchorsOf(read(target)).has(anchor) ? undefined : `${link}: there is no such heading`;
}

test('there are documents to check', () => {
  expect(documents).toEqual(expect.arrayContaining(['README.md', join('docs', 'design.md')]));
});

describe.each(documents)('%s', (document) => {
  test('has only links within the project that lead somewhere', () => {
    const links = linksOf(read(document)).filter((link) => !/^[a-z]+:/.test(link));
    expect(links.flatMap((link) => problemWith(link, document) ?? [])).toEqual([]);
  });

  test('links to other hosts over https', () => {
    const links = linksOf(read(document)).filter((link) => /^[a-z]+:/.test(link));
    expect(links.filter((link) => !URL.canParse(link) || !link.startsWith('https://'))).toEqual([]);
  });
});

test('README.md has at most 1,500 words beside code and generated tables', () => {
  expect(countWords(read('README.md'))).toBeLessThanOrEqual(1500);
});

describe('the words of a document', () => {
  test.each([
    ['one `two`, three', 3],
    ['[one two](https://example.com/not/counted) three', 3],
    ['one\n\n```yaml\nnot: counted\n```\n\ntwo', 2],
    ['one <!-- not counted --> two', 2],
    ['one\n<!-- inputs: generated from a file -->\n| not | counted |\n<!-- end -->\ntwo', 2],
    ['| one | two |\n|---|---|\n| 3 | – |', 3],
  ])('%j', (markdown, words) => {
    expect(countWords(markdown)).toBe(words);
  });
});

describe('the anchors of a document', () => {
  test.each([
    ['# One, two: `three`!', ['one-two-three']],
    ['## A & b\n## [Link](https://example.com)', ['a--b', 'link']],
    ['# Same\n# Same', ['same', 'same-1']],
    ['```\n# not a heading\n```', []],
  ])('%j', (markdown, anchors) => {
    expect([...anchorsOf(markdown)]).toEqual(anchors);
  });
});
