import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { styleText } from 'node:util';
import { runAction } from '../local-runner/run-action.ts';
import { startLocalStream } from '../local-stream/server.ts';
import { renderLine } from './render-line.ts';

/**
 * Shows the action at work on a video that was just uploaded, without an account and without the internet. The MP4 is
 * saved into a folder that git ignores, `demo/workspace/`.
 */

const workspace = join(import.meta.dirname, 'workspace');
rmSync(workspace, { recursive: true, force: true });
mkdirSync(workspace);

const print = (line = '') => process.stdout.write(`${line}\n`);
const heading = (text: string) => print(`\n${styleText('bold', text)}\n`);
const dim = (text: string) => styleText('dim', text);

await using stream = await startLocalStream();
const { uid } = stream.addVideo({
  name: 'Test pattern',
  phases: { queuedMs: 1000, encodeMs: 2500 },
  generateMs: 3500,
});
const inputs = {
  operation: 'create',
  'video-id': uid,
  'account-id': stream.accountId,
  'api-token': stream.token,
  'api-url': stream.apiUrl,
  'save-to': 'videos/',
};

heading('The workflow');
print('  - uses: OWNER/stream-downloads@v1');
print('    with:');
for (const [name, value] of Object.entries(inputs)) {
  print(`      ${name}: ${name === 'api-token' ? '${{ secrets.CLOUDFLARE_API_TOKEN }}' : value}`);
}
print();
print(dim('  A local Stream answers in place of Cloudflare; the video was uploaded a moment ago.'));

heading('The log of the step');
const { exitCode, outputs } = await runAction({
  inputs,
  workspace,
  onLine(line) {
    const rendered = renderLine(line);
    if (rendered !== undefined) print(`  ${dim('│')} ${rendered}`);
  },
});

heading('Its outputs');
for (const [name, value] of Object.entries(outputs)) print(`  ${name.padEnd(18)}${styleText('cyan', value)}`);

const { file } = outputs;
if (exitCode !== 0 || !file) {
  heading(styleText('red', `The step failed with exit code ${exitCode}.`));
  process.exitCode = 1;
} else {
  const saved = join(workspace, file);
  heading('The file');
  print(`  ${relative(process.cwd(), saved)}, ${statSync(saved).size} bytes: play it with any player`);
  print();
}
