import { existsSync, linkSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeCertificate, startTlsFront } from '../__tests__/harness/tls-front.ts';
import { downloadUrl } from '../local-stream/hostile-faults.ts';
import { startLocalStream } from '../local-stream/server.ts';
import { type Command, inTurns, measure, type Usage } from './measure.ts';
import { hasNginx, startNginx, writeMedia } from './nginx.ts';

/**
 * How long saving takes: the action's whole process (`operation: list` with `save-to`), compared with `curl` alone and
 * `curl` followed by `sha256sum`, in turns, over TLS and without. The files come from nginx, on this machine.
 */

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    /** The size of the large file in MiB. */
    size: { type: 'string', default: '1024' },
    /** Where to save: a file system in memory keeps the disk out of the comparison. */
    folder: { type: 'string', default: existsSync('/dev/shm') ? '/dev/shm' : tmpdir() },
    /** The build to measure. */
    action: { type: 'string', default: join(import.meta.dirname, '..', 'dist', 'index.js') },
  },
});
if (process.platform !== 'linux' || !hasNginx()) {
  console.log('Skipped: this needs Linux and nginx, such as from `apt-get install nginx-light`.');
  process.exit();
}
const mebibyte = 1024 * 1024;
const runs = Number(values.runs);
const sizeBytes = Number(values.size) * mebibyte;
const several = { files: 10, sizeBytes: 100 * mebibyte, concurrency: 4 };
const small = { files: 500, sizeBytes: 200_000, concurrency: 8 };

const folder = mkdtempSync(join(values.folder, 'bench-save-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
using certificate = await makeCertificate();
await using nginx = await startNginx(join(folder, 'nginx'), certificate);
await using stream = await startLocalStream({
  rateLimit: { requests: Number.POSITIVE_INFINITY, windowMs: 300_000, blockMs: 0 },
});
await using front = await startTlsFront(certificate, Number(new URL(stream.apiUrl).port));

type Scheme = 'https' | 'http';
const apiUrls: Readonly<Record<Scheme, string>> = {
  http: stream.apiUrl,
  https: stream.apiUrl.replace(/^http:\/\/[^/]+/, `https://127.0.0.1:${front.port}`),
};
const target = join(folder, 'saved');
const outputFile = join(folder, 'output');

/** Adds a video with a file that nginx serves. @returns its ID */
function addVideo(scheme: Scheme, file: string): string {
  const { uid } = stream.addVideo({ downloads: { default: 'ready' } });
  const fault = downloadUrl(`${nginx[scheme]}/${file}`);
  stream.faults.add({ route: 'downloads.list', fault, video: uid, times: Number.POSITIVE_INFINITY });
  return uid;
}

function run(...commands: readonly Command[]): Promise<Usage> {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  writeFileSync(outputFile, '');
  return measure(commands, target, () => nginx.cpuSeconds());
}

function action(scheme: Scheme, uids: readonly string[], concurrency = 4): Promise<Usage> {
  return run({
    command: process.execPath,
    args: [values.action],
    env: {
      INPUT_OPERATION: 'list',
      'INPUT_VIDEO-ID': uids.join(' '),
      'INPUT_ACCOUNT-ID': stream.accountId,
      'INPUT_API-TOKEN': stream.token,
      'INPUT_API-URL': apiUrls[scheme],
      'INPUT_SAVE-TO': './{id}.{ext}',
      INPUT_CONCURRENCY: String(concurrency),
      GITHUB_OUTPUT: outputFile,
      GITHUB_WORKSPACE: target,
      RUNNER_TEMP: folder,
      NODE_EXTRA_CA_CERTS: certificate.file,
    },
  });
}

const curl = (...args: string[]): Command => ({
  command: 'curl',
  args: ['--silent', '--show-error', '--fail', '--cacert', certificate.file, ...args],
});

/** `curl` for several files at once, each of which is named as its URL. */
function curlParallel(urls: readonly string[], concurrency: number): Command {
  const config = join(folder, 'curl');
  writeFileSync(config, urls.map((url) => `url = "${url}"\nremote-name\n`).join(''));
  return curl('--parallel', '--parallel-max', String(concurrency), '--config', config);
}

function print(name: string, { cpuSeconds, peakMiB, serverSeconds, wallSeconds }: Usage): void {
  const [wall, cpu, server] = [wallSeconds, cpuSeconds, serverSeconds].map((value) => value.toFixed(2));
  console.log(
    `  ${name.padEnd(22)} ${wall} s, CPU ${cpu} s, ${peakMiB.toFixed(0)} MiB; the server’s CPU ${server} s`,
  );
}

function printRatio(what: string, ratio: number, goal: number | undefined): void {
  const comparison = goal === undefined ? '' : ` (goal: at most ${goal})`;
  console.log(`  ${what.padEnd(50)} ${ratio.toFixed(2)}${comparison}`);
}

console.log(`Medians of ${runs} runs in turns, into ${values.folder}, Node ${process.version}`);
writeMedia(join(nginx.files, 'large.mp4'), sizeBytes, 'random');
for (const scheme of ['https', 'http'] as const) {
  const isGoal = scheme === 'https';
  const url = `${nginx[scheme]}/large.mp4`;
  const uid = addVideo(scheme, 'large.mp4');
  const sum: Command = { command: 'sha256sum', args: ['saved.mp4'] };
  console.log(`\nOne file of ${values.size} MiB over ${scheme}`);
  const usages = await inTurns(runs, {
    curl: () => run(curl('--output', 'saved.mp4', url)),
    'curl, then sha256sum': () => run(curl('--output', 'saved.mp4', url), sum),
    'this action': () => action(scheme, [uid]),
  });
  for (const [name, usage] of Object.entries(usages)) print(name, usage);
  const { 'curl, then sha256sum': summed, 'this action': own, curl: alone } = usages;
  printRatio('time, compared with curl', own.wallSeconds / alone.wallSeconds, isGoal ? 1.7 : undefined);
  printRatio(
    'time, compared with curl, then sha256sum',
    own.wallSeconds / summed.wallSeconds,
    isGoal ? 0.55 : undefined,
  );
  printRatio(
    'CPU time, compared with curl, then sha256sum',
    own.cpuSeconds / summed.cpuSeconds,
    isGoal ? 0.75 : undefined,
  );
  printRatio(
    'the server’s CPU time, compared with curl’s',
    alone.serverSeconds / alone.cpuSeconds,
    isGoal ? 0.7 : 0.33,
  );
}

console.log('\nPeak memory (goal: at most 160 MiB, the same for any size)');
for (const factor of [1, 4]) {
  const needed = factor * sizeBytes;
  const { bavail, bsize } = statfsSync(values.folder);
  if (bavail * bsize < needed * 1.1) {
    console.log(`  ${(factor * sizeBytes) / mebibyte} MiB: skipped, since ${values.folder} is too small`);
    continue;
  }
  // Zeros, so that the original occupies no memory.
  writeMedia(join(nginx.files, 'zeros.mp4'), needed, 'zeros');
  const { peakMiB } = await action('https', [addVideo('https', 'zeros.mp4')]);
  console.log(`  ${needed / mebibyte} MiB: ${peakMiB.toFixed(0)} MiB`);
}

for (const { concurrency, files, sizeBytes: each } of [several, small]) {
  const original = join(nginx.files, `${each}.mp4`);
  writeMedia(original, each, 'random');
  const names = Array.from({ length: files }, (_, index) => `${each}-${index}.mp4`);
  for (const name of names) linkSync(original, join(nginx.files, name));
  const uids = names.map((name) => addVideo('https', name));
  const urls = names.map((name) => `${nginx.https}/${name}`);
  const command = curlParallel(urls, concurrency);
  console.log(
    `\n${files} files of ${each / 1e6} MB over https, ${concurrency} at once; the action also queries the API about each`,
  );
  const usages = await inTurns(runs, {
    'curl --parallel': () => run(command),
    'this action': () => action('https', uids, concurrency),
  });
  for (const [name, usage] of Object.entries(usages)) print(name, usage);
  const ratio = usages['this action'].wallSeconds / usages['curl --parallel'].wallSeconds;
  printRatio('time, compared with curl --parallel', ratio, files === several.files ? 1.5 : undefined);
}
