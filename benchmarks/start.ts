import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startLocalStream } from '../local-stream/server.ts';
import { median } from './median.ts';

/**
 * How long the action takes to start and to end: the time of the whole process for `operation: list`, compared with a
 * bare script that sends the same requests with `fetch` under the same Node, in turns. With `signed-url: auto`, a second
 * request looks up the video.
 */

const { values } = parseArgs({ options: { runs: { type: 'string', default: '40' } } });
const runs = Number(values.runs);

await using stream = await startLocalStream({
  rateLimit: { requests: Number.POSITIVE_INFINITY, windowMs: 300_000, blockMs: 0 },
});
const { uid } = stream.addVideo({ downloads: { default: 'ready' } });
const videoUrl = `${stream.apiUrl}/accounts/${stream.accountId}/stream/${uid}`;
const folder = mkdtempSync(join(tmpdir(), 'bench-start-'));
const bareScript = join(folder, 'bare.mjs');
writeFileSync(
  bareScript,
  `for (const address of process.env.ADDRESSES.split(' ')) {
  const response = await fetch(address, { headers: { Authorization: 'Bearer ' + process.env.TOKEN } });
  console.log(JSON.stringify((await response.json()).result));
}
`,
);
const outputFile = join(folder, 'output');
writeFileSync(outputFile, '');

interface Contender {
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
}

function bare(...addresses: readonly string[]): Contender {
  return { script: bareScript, env: { ADDRESSES: addresses.join(' '), TOKEN: stream.token } };
}

function action(signedUrl: string): Contender {
  return {
    script: join(import.meta.dirname, '..', 'dist', 'index.js'),
    env: {
      INPUT_OPERATION: 'list',
      'INPUT_VIDEO-ID': uid,
      'INPUT_ACCOUNT-ID': stream.accountId,
      'INPUT_API-TOKEN': stream.token,
      'INPUT_API-URL': stream.apiUrl,
      'INPUT_SIGNED-URL': signedUrl,
      GITHUB_OUTPUT: outputFile,
    },
  };
}

const cases = {
  'one request': { bare: bare(`${videoUrl}/downloads`), action: action('never') },
  'two requests': { bare: bare(`${videoUrl}/downloads`, videoUrl), action: action('auto') },
};

function timeMs({ env, script }: Contender): Promise<number> {
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

const times = new Map<Contender, number[]>();
for (let run = -2; run < runs; run++) {
  for (const contender of Object.values(cases).flatMap((one) => Object.values(one))) {
    const ms = await timeMs(contender);
    // The first runs warm up the machine.
    if (run >= 0) times.set(contender, [...(times.get(contender) ?? []), ms]);
  }
}
rmSync(folder, { recursive: true });

console.log(`Whole process, median of ${runs} runs in turns, Node ${process.version}`);
for (const [name, contenders] of Object.entries(cases)) {
  const medianMs = (contender: Contender) => median(times.get(contender) ?? []);
  const [bareMs, actionMs] = [medianMs(contenders.bare), medianMs(contenders.action)];
  console.log(name);
  console.log(`  bare script  ${bareMs.toFixed(1)} ms`);
  console.log(`  this action  ${actionMs.toFixed(1)} ms`);
  console.log(`  ratio        ${(actionMs / bareMs).toFixed(2)} (goal: at most 1.2)`);
}
