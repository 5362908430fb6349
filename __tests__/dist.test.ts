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
      'annotations.js',
      'batch.js',
      'create.js',
      'delete.js',
      'destination.js',
      'encode-errors.js',
      'filename.js',
      'free-space.js',
      'index.js',
      'latin.js',
      'library.js',
      'licenses.txt',
      'matrix.js',
      'p-limit.js',
      'package.json',
      'path-part.js',
      'polls.js',
      'preview-totals.js',
      'preview.js',
      'processing.js',
      'release-input.js',
      'release.js',
      'resume-from.js',
      'save-and-attach.js',
      'saving.js',
      'send-through.js',
      'summary.js',
      'transfers.js',
      'transliterate.js',
      'turns.js',
      'undici.js',
      'until-ready.js',
    ]);
  });

  test('stays within its budget', () => {
    expect(sizeBytes('index.js')).toBeLessThanOrEqual(250_000);
    expect(names.reduce((sum, name) => sum + sizeBytes(name), 0)).toBeLessThanOrEqual(1_360_000);
  });

  test('is plain ASCII, and not minified', () => {
    for (const name of names.filter((one) => one.endsWith('.js'))) {
      const code = read(name);
      expect(code).toMatch(/^[\t\n\r\x20-\x7e]*$/);
      expect(code.length / code.split('\n').length).toBeLessThan(60);
    }
  });

  test('has static imports of nothing but what is always needed', () => {
    expect(read('index.js')).not.toMatch(/^(?:import|export) .*from '\.\//m);
  });

  test('names the licence of everything in it', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const licences = read('licenses.txt');
    for (const name of Object.keys(dependencies)) {
      expect(licences).toMatch(new RegExp(`^${name}\n[A-Z0-9]`, 'm'));
    }
  });
});
