import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startLocalStream } from '../local-stream/server.ts';
import { median } from './median.ts';

/**
 * How long the action takes to start: the time of the whole process for `operation: list`, compared with a bare script
 * that sends the same single request with `fetch` under the same Node, in turns.
 */

const { values } = parseArgs({ options: { runs: { type: 'string', default: '40' } } });
const runs = Number(values.runs);

await using stream = await startLocalStream({
  rateLimit: { requests: Number.POSITIVE_INFINITY, windowMs: 300_000, blockMs: 0 },
});
const { uid } = stream.addVideo({ downloads: { default: 'ready' } });
const folder = mkdtempSync(join(tmpdir(), 'bench-start-'));
const bareScript = join(folder, 'bare.mjs');
writeFileSync(
  bareScript,
  `const response = await fetch(process.env.ADDRESS, { headers: { Authorization: 'Bearer ' + process.env.TOKEN } });
console.log(JSON.stringify((await response.json()).result));
`,
);
const outputFile = join(folder, 'output');
writeFileSync(outputFile, '');

const contenders = {
  'bare script': {
    script: bareScript,
    env: {
      ADDRESS: `${stream.apiUrl}/accounts/${stream.accountId}/stream/${uid}/downloads`,
      TOKEN: stream.token,
    },
  },
  'this action': {
    script: join(import.meta.dirname, '..', 'dist', 'index.js'),
    env: {
      INPUT_OPERATION: 'list',
      'INPUT_VIDEO-ID': uid,
      'INPUT_ACCOUNT-ID': stream.accountId,
      'INPUT_API-TOKEN': stream.token,
      'INPUT_API-URL': stream.apiUrl,
      // Otherwise, a second request would look up the video.
      'INPUT_SIGNED-URL': 'never',
      GITHUB_OUTPUT: outputFile,
    },
  },
};

function timeMs({ env, script }: { script: string; env: Record<string, string> }): Promise<number> {
  return new Promise((resolve, reject) => {
    const startMs = performance.now();
    const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(performance.now() - startMs);
      else reject(new Error(`${script} ended with exit code ${code}`));
    });
  });
}

const times = new Map<string, number[]>();
for (let run = -2; run < runs; run++) {
  for (const [name, contender] of Object.entries(contenders)) {
    const ms = await timeMs(contender);
    // The first runs warm up the machine.
    if (run >= 0) times.set(name, [...(times.get(name) ?? []), ms]);
  }
}
rmSync(folder, { recursive: true });

const medians = new Map([...times].map(([name, ms]) => [name, median(ms)]));
console.log(`Whole process, median of ${runs} runs in turns, Node ${process.version}`);
for (const [name, ms] of medians) console.log(`  ${name}  ${ms.toFixed(1)} ms`);
const ratio = (medians.get('this action') ?? Number.NaN) / (medians.get('bare script') ?? Number.NaN);
console.log(`  ratio        ${ratio.toFixed(2)} (goal: at most 1.2)`);
