import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openTemporaryFolder } from '../harness/temporary-folder.ts';

const root = join(import.meta.dirname, '../..');

/** Runs a script in a clone without `npm ci`, with the Node that the machine has. */
function npmRun(clone: string, script: string) {
  const PATH = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'))
    .join(delimiter);
  return spawnSync('npm', ['run', '--silent', script], {
    cwd: clone,
    env: { ...process.env, PATH },
    encoding: 'utf8',
  });
}

test.each(['demo', 'local-stream', 'local-github'])('npm run %s without npm ci says so', (script) => {
  using clone = openTemporaryFolder();
  for (const name of ['package.json', 'scripts', 'demo', 'local-stream', 'local-github']) {
    cpSync(join(root, name), join(clone.path, name), {
      recursive: true,
      filter: (source) => !source.includes('workspace'),
    });
  }
  const { status, stdout, stderr } = npmRun(clone.path, script);
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toBe(
    'Please run npm ci first: it installs what this command needs, and the Node 24 that it runs on.\n',
  );
});

test('an interrupted npm ci counts as none', () => {
  using clone = openTemporaryFolder();
  cpSync(join(root, 'package.json'), join(clone.path, 'package.json'));
  cpSync(join(root, 'scripts'), join(clone.path, 'scripts'), { recursive: true });
  mkdirSync(join(clone.path, 'node_modules/mermaid'), { recursive: true });
  writeFileSync(join(clone.path, 'node_modules/mermaid/package.json'), '{}');
  expect(npmRun(clone.path, 'demo').stderr).toContain('run npm ci first');
});
