import { type SpawnOptions, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { peakMemoryOptions } from '../local-runner/peak-memory.ts';
import { startLocalStream } from '../local-stream/server.ts';
import { median } from './median.ts';

/**
 * How long saving takes: the action's whole process (`operation: list` with `save-to`), compared with `curl` alone and
 * `curl` followed by `sha256sum`, in turns. First one large file, then many small ones; also the action's peak memory
 * for one file and for one four times as large.
 */

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '7' },
    /** The size of the large file in MiB. */
    size: { type: 'string', default: '1024' },
    /** Where to save: a file system in memory keeps the disk out of the comparison. */
    folder: { type: 'string', default: existsSync('/dev/shm') ? '/dev/shm' : tmpdir() },
  },
});
const runs = Number(values.runs);
const sizeBytes = Number(values.size) * 1024 * 1024;
const smallFiles = 500;
const smallBytes = 200_000;
const concurrency = 8;

await using stream = await startLocalStream({
  rateLimit: { requests: Number.POSITIVE_INFINITY, windowMs: 300_000, blockMs: 0 },
});
const folder = mkdtempSync(join(values.folder, 'bench-save-'));
const target = join(folder, 'saved');

const addVideo = (bytes: number) =>
  stream.addVideo({ downloads: { default: 'ready' }, media: { default: { sizeBytes: bytes } } }).uid;
const urlOf = (uid: string) => `${stream.deliveryUrl}/${uid}/downloads/default.mp4`;

/** The time of a process from start to end, in ms. */
function timeMs(command: string, args: readonly string[], options: SpawnOptions = {}): Promise<number> {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  return new Promise((resolve, reject) => {
    const startMs = performance.now();
    const child = spawn(command, args, { ...options, cwd: target, stdio: 'ignore' });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(performance.now() - startMs);
      else reject(new Error(`${command} ended with exit code ${code}`));
    });
  });
}

const memoryFile = join(folder, 'memory');
const outputFile = join(folder, 'output');

function action(uids: readonly string[]): Promise<number> {
  writeFileSync(outputFile, '');
  return timeMs(process.execPath, [join(import.meta.dirname, '..', 'dist', 'index.js')], {
    env: {
      INPUT_OPERATION: 'list',
      'INPUT_VIDEO-ID': uids.join(' '),
      'INPUT_ACCOUNT-ID': stream.accountId,
      'INPUT_API-TOKEN': stream.token,
      'INPUT_API-URL': stream.apiUrl,
      'INPUT_SAVE-TO': './{id}.{ext}',
      INPUT_CONCURRENCY: String(concurrency),
      GITHUB_OUTPUT: outputFile,
      RUNNER_TEMP: folder,
      MEMORY_FILE: memoryFile,
      NODE_OPTIONS: peakMemoryOptions('fs.writeFileSync(process.env.MEMORY_FILE, kilobytes)'),
    },
  });
}

/** The peak memory of the action's last run, in MiB. */
const peakMiB = () => Number(readFileSync(memoryFile, 'utf8')) / 1024;

async function inTurns(contenders: Readonly<Record<string, () => Promise<number>>>) {
  const times = new Map<string, number[]>();
  for (let run = -1; run < runs; run++) {
    for (const [name, contender] of Object.entries(contenders)) {
      const ms = await contender();
      // The first run warms up the machine.
      if (run >= 0) times.set(name, [...(times.get(name) ?? []), ms]);
    }
  }
  const medians = new Map([...times].map(([name, ms]) => [name, median(ms)]));
  for (const [name, ms] of medians) console.log(`  ${name.padEnd(24)} ${(ms / 1000).toFixed(2)} s`);
  return (name: string) => (medians.get('this action') ?? Number.NaN) / (medians.get(name) ?? Number.NaN);
}

console.log(`Medians of ${runs} runs in turns, into ${values.folder}, Node ${process.version}\n`);
const large = addVideo(sizeBytes);
console.log(`One file of ${values.size} MiB`);
const ratio = await inTurns({
  curl: () => timeMs('curl', ['--silent', '--show-error', '--output', 'saved.mp4', urlOf(large)]),
  'curl, then sha256sum': () =>
    timeMs('sh', [
      '-c',
      'curl --silent --show-error --output saved.mp4 "$0" && sha256sum saved.mp4',
      urlOf(large),
    ]),
  'this action': () => action([large]),
});
const peak = peakMiB();
console.log(`  compared with curl            ${ratio('curl').toFixed(2)} (goal: at most 1.25)`);
console.log(
  `  compared with curl, sha256sum ${ratio('curl, then sha256sum').toFixed(2)} (goal: at most 0.55)`,
);
await action([addVideo(4 * sizeBytes)]);
console.log(
  `  peak memory              ${peak.toFixed(0)} MiB, and ${peakMiB().toFixed(0)} MiB for 4 times the size (goal: at most 160, both alike)`,
);

const small = Array.from({ length: smallFiles }, () => addVideo(smallBytes));
const config = join(folder, 'curl');
writeFileSync(config, small.map((uid) => `url = "${urlOf(uid)}"\noutput = "${uid}.mp4"\n`).join(''));
console.log(
  `\n${smallFiles} files of ${smallBytes / 1000} kB, ${concurrency} at once; the action also queries the API about each`,
);
const smallRatio = await inTurns({
  'curl --parallel': () =>
    timeMs('curl', [
      '--silent',
      '--show-error',
      '--parallel',
      '--parallel-max',
      String(concurrency),
      '--config',
      config,
    ]),
  'this action': () => action(small),
});
console.log(`  compared with curl --parallel ${smallRatio('curl --parallel').toFixed(2)}`);
rmSync(folder, { recursive: true });
