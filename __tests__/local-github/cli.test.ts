import { once } from 'node:events';
import { expect, jest, test } from '@jest/globals';
import { runAction } from '../../local-runner/run-action.ts';
import { startLocalStream } from '../../local-stream/server.ts';
import { commandLine } from '../local-http/command-line-process.ts';

// Each test starts a process, which takes time on a busy machine.
jest.setTimeout(30_000);

const { startServer, run } = commandLine(new URL('../../local-github/cli.ts', import.meta.url));

test.each(['v1.0.0', 'v1.1.0'])('the action attaches a file to its release %s', async (tag) => {
  await using stream = await startLocalStream();
  const { uid } = stream.addVideo({ name: 'Launch film', downloads: { default: 'ready' } });
  const { value, output } = await startServer();
  expect(output).toContain(`  ${tag}  `);
  const { exitCode, outputs } = await runAction({
    env: { GITHUB_API_URL: value('GITHUB_API_URL'), GITHUB_REPOSITORY: value('GITHUB_REPOSITORY') },
    inputs: {
      'api-url': stream.apiUrl,
      'api-token': stream.token,
      'account-id': stream.accountId,
      'video-id': uid,
      'release-tag': tag,
      'github-token': value('github-token'),
    },
  });
  expect(exitCode).toBe(0);
  expect(outputs['asset-url']).toMatch(/\/Launch-film\.mp4$/);
});

test('stops on SIGTERM', async () => {
  const { child } = await startServer();
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('prints its usage', async () => {
  const { code, out } = await run('--help');
  expect(code).toBe(0);
  expect(out).toContain('npm run local-github -- [options]');
});

test.each([
  [['--port', 'http'], '--port: "http" is not an integer from 0 to 65535'],
  [['--prot', '1'], "Unknown option '--prot'"],
])('refuses %j', async (args, message) => {
  const { code, out, err } = await run(...args);
  expect(code).toBe(1);
  expect(out).toBe('');
  expect(err).toContain(`local-github: ${message}`);
  expect(err).not.toContain('    at ');
});

test('suggests another port when the port is in use, and leaves none open', async () => {
  const { value } = await startServer();
  const { code, err } = await run('--port', new URL(value('API')).port);
  expect(code).toBe(1);
  expect(err).toContain('Choose another port with --port');
});
