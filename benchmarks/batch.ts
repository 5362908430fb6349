import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mostVideos, split, writeResults } from './large-library.ts';
import type { LibraryServer } from './library-server.ts';
import { inTurns, measure, type Usage } from './measure.ts';
import { pacedRun } from './paced-run.ts';

/**
 * What many videos cost: the action's whole process with `operation: list` and `video-id: all`, which sends one request
 * per page of 1,000 videos and one per video, compared with a bare loop that sends the same requests with `fetch`, as
 * many at once, and parses their JSON, in turns. After that, how long videos take at a rate limit, in virtual time; what
 * `resume-from` costs; and how large libraries are split into shards.
 */

const { values } = parseArgs({
  options: {
    videos: { type: 'string', default: '1,10,100,1000,10000' },
    /** Runs with the most videos; with fewer, there are more. */
    runs: { type: 'string', default: '5' },
    /** The build to measure. */
    action: { type: 'string', default: join(import.meta.dirname, '..', 'dist', 'index.js') },
  },
});
if (process.platform !== 'linux') {
  console.log('Skipped: this needs Linux, whose /proc has the memory of a process.');
  process.exit();
}
const concurrency = 4;
const pageSize = 1000;
const goals = { extraMiB: 40, extraMsPerVideo: 1, pacedRatio: 1.15 };

const folder = mkdtempSync(join(tmpdir(), 'bench-batch-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const bareScript = join(folder, 'bare.mjs');
writeFileSync(
  bareScript,
  `const { CONCURRENCY, LIBRARY, PAGE, TOKEN } = process.env;
async function get(address) {
  const response = await fetch(address, { headers: { Authorization: 'Bearer ' + TOKEN } });
  return (await response.json()).result;
}
let before = '';
for (;;) {
  const page = await get(LIBRARY + '?limit=' + PAGE + before);
  if (page.length === 0) break;
  let next = 0;
  const work = async () => {
    while (next < page.length) {
      const { default: download } = await get(LIBRARY + '/' + page[next++].uid + '/downloads');
      if (download.status !== 'ready') process.exit(1);
    }
  };
  await Promise.all(Array.from({ length: Number(CONCURRENCY) }, work));
  before = '&before=' + page.at(-1).created;
}
`,
);

async function startServer(videos: number): Promise<{ child: ChildProcess; server: LibraryServer }> {
  const child = fork(join(import.meta.dirname, 'library-server.ts'), [String(videos)]);
  const [server] = await once(child, 'message');
  return { child, server };
}

async function requestsSince(child: ChildProcess): Promise<number> {
  child.send('requests');
  const [count] = await once(child, 'message');
  return count;
}

function run(script: string, env: Readonly<Record<string, string>>): Promise<Usage> {
  return measure([{ command: process.execPath, args: [script], env }], folder, () => 0);
}

function bare({ accountId, apiUrl, token }: LibraryServer): Promise<Usage> {
  return run(bareScript, {
    LIBRARY: `${apiUrl}/accounts/${accountId}/stream`,
    TOKEN: token,
    CONCURRENCY: String(concurrency),
    PAGE: String(pageSize),
  });
}

/** Starts the action as a runner does. */
function action(
  { accountId, apiUrl, token }: LibraryServer,
  inputs: Readonly<Record<string, string>> = {},
): Promise<Usage> {
  const outputFile = join(folder, 'output');
  writeFileSync(outputFile, '');
  return run(values.action, {
    INPUT_OPERATION: 'list',
    'INPUT_VIDEO-ID': 'all',
    INPUT_TYPE: 'default',
    'INPUT_SIGNED-URL': 'never',
    INPUT_CONCURRENCY: String(concurrency),
    'INPUT_ACCOUNT-ID': accountId,
    'INPUT_API-TOKEN': token,
    'INPUT_API-URL': apiUrl,
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_OUTPUT: outputFile,
    GITHUB_WORKSPACE: folder,
    RUNNER_TEMP: folder,
    ...inputs,
  });
}

const row = (...cells: readonly string[]) => console.log(`| ${cells.join(' | ')} |`);

async function compare(videos: number, runs: number): Promise<void> {
  const { child, server } = await startServer(videos);
  const requests = { bare: 0, action: 0 };
  const counted = async (name: keyof typeof requests, usage: Promise<Usage>) => {
    const used = await usage;
    requests[name] = await requestsSince(child);
    return used;
  };
  const usages = await inTurns(runs, {
    bare: () => counted('bare', bare(server)),
    action: () => counted('action', action(server)),
  });
  child.disconnect();
  for (const name of ['bare', 'action'] as const) {
    const { cpuSeconds, peakMiB, wallSeconds } = usages[name];
    const cells = [wallSeconds.toFixed(2), cpuSeconds.toFixed(2), peakMiB.toFixed(0)];
    row(
      String(videos),
      name === 'bare' ? 'bare loop' : 'this action',
      String(requests[name]),
      ...cells,
      String(runs),
    );
  }
  const { action: own, bare: loop } = usages;
  const extraMs = (1000 * (own.cpuSeconds - loop.cpuSeconds)) / videos;
  const extraMiB = own.peakMiB - loop.peakMiB;
  goalLines.push(
    `${videos} videos: ${extraMiB.toFixed(0)} MiB more than the bare loop (goal at 10000: at most ${goals.extraMiB}), ` +
      `${extraMs.toFixed(2)} ms of CPU time more per video (goal: at most ${goals.extraMsPerVideo}; the start of the process is part of it)`,
  );
}

const goalLines: string[] = [];
const sizes = values.videos.split(',').map(Number);
console.log(`Medians of runs in turns, ${concurrency} requests at once, Node ${process.version}\n`);
row('videos', 'program', 'requests', 'time in s', 'CPU in s', 'peak memory in MiB', 'runs');
console.log(`|${'---|'.repeat(7)}`);
const most = Math.max(...sizes);
for (const videos of sizes) {
  const runs = Number(values.runs);
  await compare(videos, videos === most ? runs : 2 * runs - 1);
}
console.log('');
for (const line of goalLines) console.log(line);

console.log(
  '\nAt a rate limit, with the pace for api.cloudflare.com, in virtual time, 100 ms per request; a created download is ready after 30 s',
);
row('limit', 'operation', 'videos', 'requests', 'per video', 'time in s', 'least time in s', 'ratio', '429s');
console.log(`|${'---|'.repeat(9)}`);
const real = { requests: 1200, windowMs: 300_000 };
const scaled = { requests: 120, windowMs: 30_000 };
for (const { operation, rateLimit, videos } of [
  { rateLimit: scaled, operation: 'list', videos: 1000 },
  { rateLimit: scaled, operation: 'create', videos: 1000 },
  { rateLimit: real, operation: 'create', videos: 26 },
  { rateLimit: real, operation: 'create', videos: 300 },
  { rateLimit: real, operation: 'create', videos: 1000 },
  { rateLimit: real, operation: 'create', videos: 5000 },
  { rateLimit: real, operation: 'create', videos: 20_000 },
] as const) {
  const { leastMs, refused, requests, tookMs } = await pacedRun(operation, videos, rateLimit);
  row(
    `${rateLimit.requests} in ${rateLimit.windowMs / 1000} s`,
    operation === 'create' ? 'create, wait' : operation,
    String(videos),
    String(requests),
    (requests / videos).toFixed(2),
    (tookMs / 1000).toFixed(1),
    (leastMs / 1000).toFixed(1),
    leastMs < rateLimit.windowMs
      ? ''
      : `${(tookMs / leastMs).toFixed(3)} (goal: at most ${goals.pacedRatio})`,
    `${refused} (goal: 0)`,
  );
}

console.log('\nCarried over from results files, with a listing of one video');
row('records', 'results files', 'time in s', 'CPU in s', 'peak memory in MiB');
console.log(`|${'---|'.repeat(5)}`);
const { child, server } = await startServer(1);
for (const records of [100_000, 1_000_000]) {
  const sizeBytes = writeResults(join(folder, 'state'), records);
  const inputs = { 'INPUT_DRY-RUN': 'true', 'INPUT_RESUME-FROM': 'state/*.json' };
  const { cpuSeconds, peakMiB, wallSeconds } = await action(server, inputs);
  row(
    String(records),
    `${(sizeBytes / 1e6).toFixed(0)} MB`,
    wallSeconds.toFixed(1),
    cpuSeconds.toFixed(1),
    peakMiB.toFixed(0),
  );
}
child.disconnect();

console.log('\nShards');
const { matrix } = split(5000, 200e6);
console.log(`  5,000 videos of 200 MB: ${matrix.include.length} shards`);
for (const [what, bytes] of [
  ['200 MB', 200e6],
  ['50 MB', 50e6],
  ['10 MB', 10e6],
] as const) {
  console.log(`  videos of ${what}: at most about ${mostVideos(bytes)} in 256 shards`);
}
