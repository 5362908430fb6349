import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, jest, test } from '@jest/globals';
import * as v from 'valibot';
import { exampleVideos } from '../../local-stream/example-videos.ts';
import { commandLine } from '../local-http/command-line-process.ts';

// Each test starts a process, which takes time on a busy machine.
jest.setTimeout(30_000);

const { startServer, run } = commandLine(new URL('../../local-stream/cli.ts', import.meta.url));

const answer = v.object({
  result: v.object({
    meta: v.object({ name: v.string() }),
    requireSignedURLs: v.boolean(),
    status: v.object({ state: v.string() }),
  }),
});

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
      expect(await response.json()).toMatchObject({
        result: { uid: value('video-id'), readyToStream: true },
      });
      expect([value('API'), value('account'), value('token')]).toEqual([
        value('api-url'),
        value('account-id'),
        value('api-token'),
      ]);
      child.kill(signal);
      expect(await once(child, 'exit')).toEqual([0, null]);
    },
  );

  test('has videos with the same IDs at every start, and shows what each is for', async () => {
    const [first, second] = await Promise.all([startServer(), startServer()]);
    const table = first.output.split('\n').filter((line) => /^ +[0-9a-f]{32} /.test(line));
    expect(table).toHaveLength(exampleVideos.length);
    expect(second.output).toContain(table.join('\n'));

    const headers = { authorization: `Bearer ${first.value('token')}` };
    const library = `${first.value('API')}/accounts/${first.value('account')}/stream`;
    const videos = await Promise.all(
      table.map(async (line) => {
        const uid = line.trim().split(' ')[0];
        const response = await fetch(`${library}/${uid}`, { headers });
        return { ...v.parse(answer, await response.json()).result, line };
      }),
    );
    for (const { line, meta } of videos) expect(line).toContain(meta.name);
    const states = new Set(videos.map(({ status }) => status.state));
    expect(states).toEqual(new Set(['ready', 'inprogress', 'error']));
    expect(videos.filter(({ requireSignedURLs }) => requireSignedURLs)).toHaveLength(1);
  });

  test('accepts durations and a fault rate', async () => {
    const { value } = await startServer('--encode-ms', '0', '--generate-ms', '0', '--fault-rate', '0');
    const downloads = `${value('API')}/accounts/${value('account')}/stream/${value('video-id')}/downloads`;
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
    expect(await (await fetch(`${library}/${value('video-id')}`, { headers })).json()).toMatchObject({
      result: { status: { state: expect.stringContaining('ready\n::set-output') } },
    });
    expect((await fetch(`${library}/${value('video-id')}/downloads`, { headers })).status).toBe(200);
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
