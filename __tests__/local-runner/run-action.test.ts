import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import * as v from 'valibot';
import { readMetadata } from '../../local-runner/metadata.ts';
import { type ActionResult, type ActionRun, actionFolder, runAction } from '../../local-runner/run-action.ts';

// The tests start processes concurrently, which takes time on a busy machine.
jest.setTimeout(30_000);

/** Runs a script in place of the action, in the process that the runner starts for it. */
function runInPlace(script: string, run: Partial<ActionRun> = {}): Promise<ActionResult> {
  const code = `${script}\nprocess.exit(process.exitCode);`;
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(code)}`;
  return runAction({ inputs: {}, ...run, env: { ...run.env, NODE_OPTIONS } });
}

/** Returns the outputs that the runner reads from an output file with this content. */
async function outputsOf(file: string): Promise<ActionResult['outputs']> {
  const { outputs } = await runInPlace(
    `import { appendFileSync } from 'node:fs';
     appendFileSync(process.env.GITHUB_OUTPUT, ${JSON.stringify(file)});`,
  );
  return outputs;
}

/** Returns the environment and the working directory of the action. */
async function environmentOf(run: Partial<ActionRun> = {}) {
  const { log } = await runInPlace(
    'console.log(JSON.stringify({ env: process.env, cwd: process.cwd() }));',
    run,
  );
  const schema = v.object({ cwd: v.string(), env: v.record(v.string(), v.string()) });
  return v.parse(v.pipe(v.string(), v.parseJson(), schema), log[0]);
}

describe('the outputs', () => {
  test.concurrent('are read by name, including empty ones', async () => {
    expect(
      await outputsOf(
        'one<<END\n1\nEND\nnothing<<END\n\nEND\ndownload-url<<END\nhttps://a.example/?b=c\nEND\n',
      ),
    ).toEqual({ one: '1', nothing: '', 'download-url': 'https://a.example/?b=c' });
  });

  test.concurrent('can have several lines, including blank ones and a trailing one', async () => {
    expect(await outputsOf('text<<END\nfirst\n\n  third \n\nEND\nmore<<END\nx\nEND\n')).toEqual({
      text: 'first\n\n  third \n',
      more: 'x',
    });
  });

  test.concurrent('can contain what looks like the beginning of another', async () => {
    expect(await outputsOf('text<<END\na<<b\nnext<<EOF\nvalue\nEOF\nEND\nmore<<EOF\nx\nEOF\n')).toEqual({
      text: 'a<<b\nnext<<EOF\nvalue\nEOF',
      more: 'x',
    });
  });

  test.concurrent('end at a line that equals the delimiter, not at one that ends with it', async () => {
    expect(await outputsOf('text<<END\nthis is not the END\nthis is\nEND\n')).toEqual({
      text: 'this is not the END\nthis is',
    });
  });

  test.concurrent('end at a line that equals the delimiter, not at one that begins with it', async () => {
    expect(await outputsOf('text<<END\nENDING\nEND\n')).toEqual({ text: 'ENDING' });
  });

  test.concurrent('can have a delimiter with special characters of regular expressions', async () => {
    expect(await outputsOf('text<<a.b(c)\naxb(c)\na.b(c)\n')).toEqual({ text: 'axb(c)' });
  });

  test.concurrent('have the last value when set twice', async () => {
    expect(await outputsOf('a<<END\n1\nEND\na<<END\n2\nEND\n')).toEqual({ a: '2' });
  });

  test.concurrent('are empty when none was set', async () => {
    expect(await outputsOf('')).toEqual({});
  });
});

describe('the environment of the action', () => {
  test.concurrent('contains the inputs, with the defaults of action.yml', async () => {
    const { env } = await environmentOf({
      inputs: { 'video-id': 'abc', concurrency: '2', 'my own': 'x' },
      gitHubToken: 'ofTheJob',
    });
    const { inputs } = readMetadata(join(actionFolder, 'action.yml'));
    for (const [name, { default: value = '' }] of Object.entries(inputs)) {
      const given =
        { 'video-id': 'abc', concurrency: '2' }[name] ?? value.replace('${{ github.token }}', 'ofTheJob');
      expect([name, env[`INPUT_${name.toUpperCase()}`]]).toEqual([name, given]);
    }
    expect(env).toMatchObject({ INPUT_OPERATION: 'create', 'INPUT_SIGNED-URL-TTL': '1h', INPUT_MY_OWN: 'x' });
  });

  test.concurrent('has a temporary workspace, and files for outputs', async () => {
    const { cwd, env } = await environmentOf();
    expect(cwd).not.toBe(process.cwd());
    expect(env['GITHUB_WORKSPACE']).toBe(cwd);
    for (const name of ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_STEP_SUMMARY']) {
      expect(env[name]).toContain(cwd);
    }
    // The temporary folder is removed.
    expect(existsSync(cwd)).toBe(false);
  });

  test.concurrent('inherits nothing but PATH from this process', async () => {
    const { env } = await environmentOf({ env: { MY_OWN: 'y' } });
    expect(env).toMatchObject({ CI: 'true', GITHUB_ACTIONS: 'true', MY_OWN: 'y', PATH: process.env['PATH'] });
    expect(env).not.toHaveProperty('HOME');
    expect(env).not.toHaveProperty('JEST_WORKER_ID');
  });

  test.concurrent('prefers the variables of the step to those of the runner', async () => {
    const { env } = await environmentOf({ env: { RUNNER_OS: 'Windows' } });
    expect(env['RUNNER_OS']).toBe('Windows');
  });
});

describe('the result', () => {
  test.concurrent('has the exit code and every line of the log, including an unterminated last line', async () => {
    const lines: string[] = [];
    const result = await runInPlace(
      "process.exitCode = 7; console.log('one'); console.error('two'); process.stdout.write('three');",
      { onLine: (line) => lines.push(line) },
    );
    expect(result.exitCode).toBe(7);
    expect(result.log.toSorted()).toEqual(['one', 'three', 'two']);
    expect(lines).toEqual(result.log);
  });

  test.concurrent('has the job summary, empty if the step writes none', async () => {
    const script =
      "import { appendFileSync } from 'node:fs'; appendFileSync(process.env.GITHUB_STEP_SUMMARY, '# Ü\\n');";
    expect((await runInPlace(script)).summary).toBe('# Ü\n');
    expect((await runInPlace('')).summary).toBe('');
  });

  test.concurrent('has no exit code when a signal ended the process', async () => {
    const { exitCode } = await runInPlace(
      "console.log('running'); await new Promise((r) => setTimeout(r, 60_000));",
      {
        onStart: (child) => child.stdout?.once('data', () => child.kill('SIGKILL')),
      },
    );
    expect(exitCode).toBeNull();
  });
});
