import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, jest, test } from '@jest/globals';
import { waitUntil } from '../harness/wait-until.ts';

// npm takes a second to start, and more on a busy machine.
jest.setTimeout(60_000);

const root = join(import.meta.dirname, '../..');
const started: ChildProcess[] = [];

afterEach(() => {
  // Each npm leads a process group, so that a server which outlives it does not outlive the test.
  for (const { pid = 0 } of started.splice(0)) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // The whole group has ended.
    }
  }
});

/** Starts a server with npm. Returns npm's process, and the ports of the server. */
async function npmRun(script: string) {
  const npm = spawn('npm', ['run', script, '--', '--port', '0'], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(npm);
  let output = '';
  for await (const chunk of npm.stdout) {
    output += chunk;
    if (output.includes('Ctrl+C')) break;
  }
  const ports = Array.from(output.matchAll(/http:\/\/127\.0\.0\.1:(\d+)/g), ([, port]) => Number(port));
  return { npm, ports: [...new Set(ports)] };
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return once(socket, 'connect').then(
    () => {
      socket.destroy();
      return true;
    },
    () => false,
  );
}

test.each([
  ['local-stream', 'SIGKILL'],
  ['local-stream', 'SIGTERM'],
  ['local-stream', 'SIGINT'],
  ['local-github', 'SIGKILL'],
  ['local-github', 'SIGTERM'],
] as const)('npm run %s frees its ports when npm gets %s', async (script, signal) => {
  const { npm, ports } = await npmRun(script);
  expect(ports).toHaveLength(2);
  expect(await Promise.all(ports.map(isOpen))).toEqual([true, true]);

  const killedAt = performance.now();
  npm.kill(signal);
  await waitUntil(async () => !(await Promise.all(ports.map(isOpen))).includes(true));
  expect(performance.now() - killedAt).toBeLessThan(2000);
});

test('a server ends when its terminal is closed', async () => {
  const { npm, ports } = await npmRun('local-stream');
  process.kill(-(npm.pid ?? 0), 'SIGHUP');
  await waitUntil(async () => !(await Promise.all(ports.map(isOpen))).includes(true));
});
