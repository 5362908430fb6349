import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { readMetadata } from '../../local-runner/metadata.ts';
import { withTables } from '../../scripts/readme-tables.ts';
import { inputNames } from '../../src/inputs/input-names.ts';
import { readPlan } from '../../src/inputs/plan.ts';
import { loadReaders } from '../../src/inputs/readers.ts';
import { recordingRunner } from '../harness/recording-runner.ts';

const action = readMetadata('action.yml');
const readme = readFileSync('README.md', 'utf8');

test('the tables are up to date; if not, run `npm run docs`', () => {
  expect(readme).toBe(withTables(readme, action));
});

test('a README without markers is refused', () => {
  expect(() => withTables('# Stream Downloads\n', action)).toThrow('markers');
});

test('a table has one row per input, on one line', () => {
  const inputs = { ...action.inputs, extra: { description: 'One | or the other.' } };
  const row = '| `extra` | | One \\| or the other. |';
  expect(withTables(readme, { ...action, inputs }).split('\n')).toContain(row);
});

describe('the step with all inputs', () => {
  const [, block = ''] = /^<!-- all inputs: .*?^```yaml\n(.*?)^```$/ms.exec(readme) ?? [];
  const withComments = block.replace(/^( +)# ([a-z-]+: )/gm, '$1$2');
  const inputsOf = (yaml: string) =>
    Object.fromEntries(
      Object.entries(Object(parse(yaml)[0].with)).map(([name, value]) => [name, String(value)]),
    );

  /** Reads the inputs as the action does, with values in place of the expressions. */
  async function plan(inputs: Readonly<Record<string, string>>) {
    const id = '0123456789abcdef0123456789abcdef';
    const known = inputNames.flatMap((name) => (name in inputs ? [[name, inputs[name]]] : []));
    const values = { 'account-id': id, 'live-input': id, 'release-tag': 'v1', 'api-token': 'T0ken' };
    const secrets = { 'api-key': 'Key0', 'github-token': 'T0ken' };
    const { runner } = recordingRunner(
      { ...Object.fromEntries(known), ...values, ...secrets },
      { GITHUB_REPOSITORY: 'octo-org/videos' },
    );
    return readPlan(runner, Date.now(), await loadReaders(runner));
  }

  test('has every input once, in the order of action.yml', () => {
    expect(Object.keys(inputsOf(withComments))).toEqual(Object.keys(action.inputs));
  });

  test('sets what a step needs, and the defaults', () => {
    const defaults = Object.entries(action.inputs).flatMap(([name, { default: value }]) =>
      value === undefined ? [] : [[name, value]],
    );
    expect(inputsOf(block)).toMatchObject(Object.fromEntries(defaults));
    expect(Object.keys(inputsOf(block))).toEqual(
      expect.arrayContaining(['api-token', 'account-id', 'video-id']),
    );
  });

  test('has valid values', async () => {
    const { operation, wait } = await plan({ ...inputsOf(withComments), 'video-id': 'all' });
    expect({ operation, wait }).toEqual({ operation: 'create', wait: true });
  });

  test('fits into the width of a page', () => {
    expect(block.split('\n').filter((line) => line.length > 120)).toEqual([]);
  });
});
