import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, jest, test } from '@jest/globals';

// Each test starts a process, which takes time on a busy machine.
jest.setTimeout(30_000);

const cli = fileURLToPath(new URL('../../local-stream/cli.ts', import.meta.url));
const started: ChildProcess[] = [];

function start(...args: string[]) {
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  return child;
}

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** Starts the local Stream. Returns the values that it prints, by the label of each line. */
async function startServer(...args: string[]) {
  const child = start('--port', '0', ...args);
  let output = '';
  for await (const chunk of child.stdout) {
    output += chunk;
    if (output.includes('Ctrl+C')) break;
  }
  const value = (label: string) => new RegExp(`^ +${label}:? +(\\S+)`, 'm').exec(output)?.[1] ?? '';
  return { child, output, value };
}

/** Runs the command until it exits. */
async function run(...args: string[]) {
  const child = start(...args);
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code, out, err };
}

describe('the command line', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'prints the settings for a workflow, and stops on %s',
    async (signal) => {
      const { child, value } = await startServer();
      const response = await fetch(
        `${value('api-url')}/accounts/${value('account-id')}/stream/${value('video-id')}`,
        {
          headers: { authorization: `Bearer ${value('api-token')}` },
        },
      );
      expect(await response.json()).toMatchObject({ result: { uid: value('video'), readyToStream: true } });
      expect([value('API'), value('account'), value('token')]).toEqual([
        value('api-url'),
        value('account-id'),
        value('api-token'),
      ]);
      child.kill(signal);
      expect(await once(child, 'exit')).toEqual([0, null]);
    },
  );

  test('accepts durations and a fault rate', async () => {
    const { value } = await startServer('--encode-ms', '0', '--generate-ms', '0', '--fault-rate', '0');
    const downloads = `${value('API')}/accounts/${value('account')}/stream/${value('video')}/downloads`;
    const headers = { authorization: `Bearer ${value('token')}` };
    const created = await fetch(downloads, { method: 'POST', headers });
    expect(await created.json()).toMatchObject({ result: { default: { status: 'ready' } } });

    const faulty = await startServer('--fault-rate', '1');
    const library = `${faulty.value('API')}/accounts/${faulty.value('account')}/stream`;
    const answer = fetch(library, { headers }).then(
      async (response) => response.ok && (await response.json()),
    );
    expect(await answer.catch(() => false)).toBe(false);
  });

  test('plans faults for all requests to a route', async () => {
    const { value } = await startServer('--fault', 'videos.list=blocked', '--fault', 'videos.get=injected');
    const library = `${value('API')}/accounts/${value('account')}/stream`;
    const headers = { authorization: `Bearer ${value('token')}` };
    expect((await fetch(library, { headers })).status).toBe(403);
    expect((await fetch(library, { headers })).status).toBe(403);
    expect(await (await fetch(`${library}/${value('video')}`, { headers })).json()).toMatchObject({
      result: { status: { state: expect.stringContaining('ready\n::set-output') } },
    });
    expect((await fetch(`${library}/${value('video')}/downloads`, { headers })).status).toBe(200);
  });

  test('prints its usage', async () => {
    const { code, out } = await run('--help');
    expect(code).toBe(0);
    expect(out).toContain('npm run local-stream -- [options]');
    expect(out).toContain('delivery.get');
    expect(out).toContain('gzip-bomb');
  });

  test.each([
    [['--port', 'http'], '--port: "http" is not an integer from 0 to 65535'],
    [['--port', '70000'], '--port: "70000" is not an integer from 0 to 65535'],
    [['--encode-ms', '1.5'], '--encode-ms: "1.5" is not an integer'],
    [['--fault-rate', '2'], '--fault-rate: "2" is not a number from 0 to 1'],
    [['--fault', 'stall'], '--fault: "stall" does not begin with a route and "="'],
    [['--fault', 'videos=stall'], '--fault: "videos=stall" does not begin with a route'],
    [['--fault', 'any=constructor'], '--fault: there is no fault with the name "constructor"'],
    [['--prot', '1'], "Unknown option '--prot'"],
  ])('refuses %j', async (args, message) => {
    const { code, out, err } = await run(...args);
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toContain(`local-stream: ${message}`);
    expect(err).not.toContain('    at ');
  });

  test('suggests another port when the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address ? String(address.port) : '';
    const { code, err } = await run('--port', port);
    other.close();
    expect(code).toBe(1);
    expect(err).toContain('Choose another port with --port');
  });
});
