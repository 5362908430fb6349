import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readMetadata } from '../local-runner/metadata.ts';
import { inputNames, secretInputNames } from '../src/inputs/input-names.ts';
import { defaults } from '../src/inputs/schemas.ts';
import { outputs } from '../src/report/outputs.ts';

const root = join(import.meta.dirname, '..');
const action = readMetadata(join(root, 'action.yml'));
const outputNames = Object.keys(outputs([], '', false));

/**
 * The colors and icons of GitHub that suit this action. The Marketplace rejects any other.
 *
 * @see https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax#branding
 */
const colors = ['white', 'black', 'yellow', 'blue', 'green', 'orange', 'red', 'purple', 'gray-dark'];
const icons = [
  'cloud',
  'download',
  'download-cloud',
  'film',
  'headphones',
  'music',
  'play',
  'play-circle',
  'video',
];

describe('action.yml', () => {
  test('has exactly the inputs that the code reads', () => {
    expect(Object.keys(action.inputs).toSorted()).toEqual(inputNames.toSorted());
  });

  test('has the defaults of the code', () => {
    const declared = Object.entries(action.inputs).flatMap(([name, input]) =>
      // The runner evaluates expressions.
      input.default === undefined || input.default.startsWith('${{') ? [] : [[name, input.default]],
    );
    expect(Object.fromEntries(declared)).toEqual(defaults);
  });

  test('has exactly the outputs that the code sets', () => {
    expect(Object.keys(action.outputs).toSorted()).toEqual(outputNames.toSorted());
  });

  test('describes every input and output in full sentences', () => {
    for (const [name, { description }] of Object.entries({ ...action.inputs, ...action.outputs })) {
      expect([name, description]).toEqual([name, expect.stringMatching(/^[A-Z].*\.$/s)]);
    }
  });

  test('runs an existing file on Node 24', () => {
    expect(action.runs.using).toBe('node24');
    expect(existsSync(join(root, action.runs.main))).toBe(true);
  });

  test('meets the requirements of the Marketplace', () => {
    expect(action.name).not.toBe('');
    expect(action.description.length).toBeLessThan(125);
    expect(colors).toContain(action.branding.color);
    expect(icons).toContain(action.branding.icon);
  });
});

describe('the code', () => {
  test('has every input with a token or a key among the secrets', () => {
    const names: readonly string[] = inputNames;
    expect(secretInputNames.filter((name) => !names.includes(name))).toEqual([]);
    expect(names.filter((name) => /token|key/.test(name)).toSorted()).toEqual(secretInputNames.toSorted());
  });
});

describe('README.md', () => {
  /** The names in backticks in the first cell of the rows under a heading. */
  function namesUnder(heading: string): string[] {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const [, section = ''] = readme.split(new RegExp(`^#+ ${heading}$`, 'm'));
    const [rows = ''] = section.split(/^#/m);
    const cells = [...rows.matchAll(/^\|([^|]*)\|/gm)].map(([, cell = '']) => cell);
    return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
  }

  test('has exactly one row per input', () => {
    expect(namesUnder('Inputs').toSorted()).toEqual(inputNames.toSorted());
  });

  test('has exactly one row per output', () => {
    expect(namesUnder('Outputs').toSorted()).toEqual(outputNames.toSorted());
  });

  test('has the defaults of the code', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    for (const [name, value] of Object.entries(defaults)) {
      expect(readme).toContain(`| \`${name}\` | \`${value}\` |`);
    }
  });
});
