import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const read = (name: string) => readFileSync(join(dist, name), 'utf8');
const sizeBytes = (name: string) => statSync(join(dist, name)).size;
const names = readdirSync(dist);

describe('dist', () => {
  test('has only the files that the build creates', () => {
    expect(names.toSorted()).toEqual([
      'index.js',
      'licenses.txt',
      'octokit.js',
      'package.json',
      'transliterate.js',
      'undici.js',
    ]);
  });

  test('stays within its budget', () => {
    expect(sizeBytes('index.js')).toBeLessThanOrEqual(1_600_000);
    expect(names.reduce((sum, name) => sum + sizeBytes(name), 0)).toBeLessThanOrEqual(2_000_000);
  });

  test('is plain ASCII, and not minified', () => {
    for (const name of names.filter((one) => one.endsWith('.js'))) {
      const code = read(name);
      expect(code).toMatch(/^[\t\n\r\x20-\x7e]*$/);
      expect(code.length / code.split('\n').length).toBeLessThan(60);
    }
  });

  test('has dynamic imports for the chunks that few runs need', () => {
    const loads = [...read('index.js').matchAll(/^.*['"]\.\/.*\.js['"].*$/gm)].map(([line]) => line.trim());
    const files = loads.map((line) => /= await import\(.*'\.\/(.+)\.js'\);$/.exec(line)?.[1]);
    expect([...new Set(files)].toSorted()).toEqual(['octokit', 'transliterate', 'undici']);
  });

  test('names the licence of everything in it', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const licences = read('licenses.txt');
    for (const name of Object.keys(dependencies)) {
      expect(licences).toMatch(new RegExp(`^${name}\n[A-Z0-9]`, 'm'));
    }
  });
});
