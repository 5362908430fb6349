import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openTemporaryFolder, type TemporaryFolder } from '../harness/temporary-folder.ts';

const root = join(import.meta.dirname, '../..');

/** The beginning of a clone: as much of it as a command needs to find that it cannot run. */
function openClone(): TemporaryFolder {
  const clone = openTemporaryFolder();
  for (const name of ['package.json', 'scripts']) {
    cpSync(join(root, name), join(clone.path, name), { recursive: true });
  }
  return clone;
}

/** Runs a script with the Node that the machine has, which may be one that cannot load TypeScript. */
function npmRun(clone: TemporaryFolder, script: string) {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const PATH = folders.filter((folder) => !folder.includes('node_modules')).join(delimiter);
  const env = { ...process.env, PATH };
  return spawnSync('npm', ['run', '--silent', script], { cwd: clone.path, env, encoding: 'utf8' });
}

test.each(['demo', 'check:page', 'local-stream', 'local-github'])(
  'npm run %s without npm ci says so',
  (script) => {
    using clone = openClone();
    const { status, stdout, stderr } = npmRun(clone, script);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toBe(
      'Please run npm ci first: it installs what this command needs, and the Node 24 that it runs on.\n',
    );
  },
);

test('an npm ci that was interrupted counts as none', () => {
  using clone = openClone();
  mkdirSync(join(clone.path, 'node_modules/mermaid'), { recursive: true });
  writeFileSync(join(clone.path, 'node_modules/mermaid/package.json'), '{}');
  expect(npmRun(clone, 'demo').stderr).toContain('run npm ci first');
});
