import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type ActionMetadata, readMetadata } from '../../local-runner/metadata.ts';
import { actionFolder } from '../../local-runner/run-action.ts';

const whole = `
name: An action
description: What it does
branding: { icon: download-cloud, color: orange }
inputs:
  plain:
    description: Without a default
  quoted:
    description: With a default that is text
    default: '4'
    required: true
outputs:
  result:
    description: What comes of it
runs: { using: node24, main: dist/index.js }
`;

function read(text: string): ActionMetadata {
  const folder = mkdtempSync(join(tmpdir(), 'metadata-test-'));
  try {
    const file = join(folder, 'action.yml');
    writeFileSync(file, text);
    return readMetadata(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('reading action.yml', () => {
  test('returns its declarations', () => {
    expect(read(whole)).toEqual({
      name: 'An action',
      description: 'What it does',
      branding: { icon: 'download-cloud', color: 'orange' },
      inputs: {
        plain: { description: 'Without a default' },
        quoted: { description: 'With a default that is text', default: '4', required: true },
      },
      outputs: { result: { description: 'What comes of it' } },
      runs: { using: 'node24', main: 'dist/index.js' },
    });
  });

  test('refuses a default that is not a string', () => {
    expect(() => read(whole.replace("'4'", '4'))).toThrow('Expected string');
  });

  test.each(['name', 'description', 'branding', 'inputs', 'outputs', 'runs'])(
    'refuses a file without `%s`',
    (field) => {
      expect(() => read(whole.replace(`\n${field}:`, `\nx-${field}:`))).toThrow(field);
    },
  );

  test('refuses a file that does not exist', () => {
    expect(() => readMetadata('/there/is/no/action.yml')).toThrow('ENOENT');
  });

  test('reads the action.yml of this action, which runs on Node 24', () => {
    expect(readMetadata(join(actionFolder, 'action.yml')).runs).toEqual({
      using: 'node24',
      main: 'dist/index.js',
    });
  });
});
