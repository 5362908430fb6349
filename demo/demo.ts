import { styleText } from 'node:util';
import { runAction } from '../local-runner/run-action.ts';
import { startLocalStream } from '../local-stream/server.ts';
import { renderLine } from './render-line.ts';

/** Shows the action at work on a video that was just uploaded, without an account and without the internet. */

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
  wait: 'true',
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
  onLine(line) {
    const rendered = renderLine(line);
    if (rendered !== undefined) print(`  ${dim('│')} ${rendered}`);
  },
});

heading('Its outputs');
for (const [name, value] of Object.entries(outputs)) print(`  ${name.padEnd(18)}${styleText('cyan', value)}`);

const url = outputs['download-url'];
if (exitCode !== 0 || !url) {
  heading(styleText('red', `The step failed with exit code ${exitCode}.`));
  process.exitCode = 1;
} else {
  const response = await fetch(url);
  const { byteLength } = await response.arrayBuffer();
  heading('What is behind download-url');
  print(`  HTTP ${response.status}, ${response.headers.get('content-type')}, ${byteLength} bytes`);
  print();
}
