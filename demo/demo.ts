import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { styleText } from 'node:util';
import * as v from 'valibot';
import { runAction } from '../local-runner/run-action.ts';
import { startLocalStream } from '../local-stream/server.ts';
import { logLine } from './log-line.ts';
import { page, pageFile, workspace } from './page.ts';
import { videos } from './videos.ts';

/**
 * Shows the action at work on videos that were just uploaded, one of which fails, without an account and without the
 * internet. It writes the files, and a page with the log and the job summary, to a folder that git ignores.
 */

const recordsSchema = v.array(
  v.object({ videoId: v.string(), file: v.optional(v.string()), error: v.optional(v.unknown()) }),
);

const styles = { error: 'red', warning: 'yellow', notice: 'blue', group: 'bold', plain: undefined } as const;

const print = (line = '') => process.stdout.write(`${line}\n`);
const heading = (text: string) => print(`\n${styleText('bold', text)}\n`);
const dim = (text: string) => styleText('dim', text);
const shortened = (text: string) => (text.length > 100 ? `${text.slice(0, 100)}…` : text);

rmSync(workspace, { recursive: true, force: true });
mkdirSync(workspace);

await using stream = await startLocalStream();
const ids = videos.map((video) => stream.addVideo(video).uid);
const inputs = {
  'api-token': stream.token,
  'account-id': stream.accountId,
  'video-id': ids.join('\n'),
  'save-to': 'videos/{name}.{ext}',
  'api-url': stream.apiUrl,
};
const uses = 'OWNER/stream-downloads@v1';
const workflow = [
  'with:',
  '  api-token: ${{ secrets.CLOUDFLARE_API_TOKEN }}',
  `  account-id: ${inputs['account-id']}`,
  '  video-id: |',
  ...ids.map((id) => `    ${id}`),
  `  save-to: ${inputs['save-to']}`,
  `  api-url: ${inputs['api-url']}`,
];

heading('The workflow');
print(`  - uses: ${uses}`);
for (const line of workflow) print(`    ${line}`);
print(
  dim(
    '\n  A local Stream answers in place of Cloudflare. One of the videos is broken, to show how that is reported.',
  ),
);

heading('The log of the step');
const startMs = performance.now();
const { exitCode, outputs, log, summary } = await runAction({ inputs, workspace, onLine: printLogLine });
const seconds = Math.round((performance.now() - startMs) / 1000);

heading('Its outputs');
for (const [name, value] of Object.entries(outputs)) {
  print(`  ${name.padEnd(18)}${styleText('cyan', shortened(value))}`);
}

const records = v.parse(recordsSchema, JSON.parse(outputs['downloads'] ?? '[]'));
heading('The files');
for (const { file } of records) {
  const saved = file && relative(process.cwd(), join(workspace, file));
  if (saved) print(`  ${saved}, ${statSync(saved).size} bytes`);
}

const failed = records.filter(({ error }) => error).map(({ videoId }) => videoId);
const isAsIntended = exitCode === 1 && records.length === ids.length && failed.join() === ids.at(-1);
if (!isAsIntended) {
  end(`Exactly the last of the videos was to fail, with exit code 1. The exit code is ${exitCode}.`);
} else if (summary === '') {
  end('The action wrote no job summary, so there is no page. Is dist built from src? (npm run build)');
} else {
  writeFileSync(pageFile, await page({ uses, workflow, log, summary, hasFailed: true, seconds }));
  heading('The page with its log and its job summary');
  print(`  ${pageFile}`);
  print();
}

/** Ends the demo, which did not behave as intended. */
function end(reason: string): void {
  heading(styleText('red', reason));
  process.exitCode = 1;
}

/** Prints a line of the log as GitHub's page shows it. */
function printLogLine(raw: string): void {
  const line = logLine(raw);
  if (!line || line.kind === 'endgroup') return;
  const style = styles[line.kind];
  const text = line.kind === 'group' ? `▾ ${line.text}` : line.text;
  for (const part of text.split('\n')) print(`  ${dim('│')} ${style ? styleText(style, part) : part}`);
}
