import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Certificate } from '../__tests__/harness/tls-front.ts';
import { cpuSecondsOf } from './measure.ts';

/** Whether nginx is installed. */
export function hasNginx(): boolean {
  return spawnSync('nginx', ['-v']).status === 0;
}

/** A server of files that costs little itself, so that it hides no cost of those who receive them. */
export interface Nginx extends AsyncDisposable {
  /** The addresses of the folder with the files, without a slash at the end. */
  readonly http: string;
  readonly https: string;
  /** The folder with the files. */
  readonly files: string;
  /** How much CPU time it has used so far, user and system, in seconds. */
  cpuSeconds(): number;
}

/** Starts nginx on this machine, with all its files in a folder. */
export async function startNginx(folder: string, { cert, key }: Certificate): Promise<Nginx> {
  const files = join(folder, 'files');
  mkdirSync(files, { recursive: true });
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key);
  const [http, https] = [await freePort(), await freePort()];
  const config = join(folder, 'nginx.conf');
  const bodies = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    config,
    `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr crit;
events {}
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  ${bodies.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${http};
    listen 127.0.0.1:${https} ssl;
    ssl_certificate ${folder}/cert.pem;
    ssl_certificate_key ${folder}/key.pem;
    root ${files};
  }
}
`,
  );
  const child = spawn('nginx', ['-p', folder, '-c', config, '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  // Also where the benchmark fails, or nobody reads its output any more.
  process.on('exit', () => child.kill());
  const addresses = { http: `http://127.0.0.1:${http}`, https: `https://127.0.0.1:${https}` };
  for (let attempt = 0; attempt < 50 && child.exitCode === null; attempt++) {
    if (
      await fetch(addresses.http).then(
        () => true,
        () => false,
      )
    )
      break;
    await sleep(100);
  }
  if (child.exitCode !== null) throw new Error(`nginx ended with exit code ${child.exitCode}`);
  return {
    ...addresses,
    files,
    cpuSeconds: () => cpuSecondsOf(readFileSync(`/proc/${child.pid}/stat`, 'utf8')).own,
    [Symbol.asyncDispose]: async () => {
      const closed = once(child, 'close');
      child.kill();
      await closed;
    },
  };
}

/** Writes an MP4 of one large box, of random bytes, or of zeros that occupy no space. */
export function writeMedia(path: string, sizeBytes: number, content: 'random' | 'zeros'): void {
  const file = openSync(path, 'w');
  const head = Buffer.alloc(40);
  head.writeUInt32BE(24);
  head.write('ftypisom', 4, 'latin1');
  // A size of 1 announces a size of 64 bits after the type.
  head.writeUInt32BE(1, 24);
  head.write('mdat', 28, 'latin1');
  head.writeBigUInt64BE(BigInt(sizeBytes - 24), 32);
  if (content === 'random') {
    const block = randomBytes(1024 * 1024);
    for (let at = 0; at < sizeBytes; at += block.byteLength) writeSync(file, block, 0, undefined, at);
  }
  ftruncateSync(file, sizeBytes);
  writeSync(file, head, 0, undefined, 0);
  closeSync(file);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
