import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Failure } from '../../src/core/failure.ts';
import type { DownloadRecord, VideoRecords } from '../../src/core/record.ts';
import { report as reportStep, requireOutputs, StepResults } from '../../src/report/report.ts';
import { recordingRunner } from '../harness/recording-runner.ts';
import { openTemporaryFolder } from '../harness/temporary-folder.ts';
import { VirtualClock } from '../harness/virtual-clock.ts';

const ready: DownloadRecord = {
  videoId: 'v1',
  type: 'default',
  status: 'ready',
  percentComplete: 100,
  url: 'u',
};
const failure = new Failure('server-error', 'It failed with s3cret', { cause: new Error('the cause') });

function start(env?: Readonly<Record<string, string>>) {
  const recording = recordingRunner({}, env);
  const { runner, commands } = recording;
  const output = (name: string) =>
    commands.find((one) => one.command === 'output' && one.name === name)?.text;
  return {
    ...recording,
    output,
    report: (records: DownloadRecord[], ...failures: Failure[]) => {
      const results = new StepResults(new VirtualClock());
      results.failures.push(...failures);
      results.videos.push({ all: records } as unknown as VideoRecords);
      return reportStep(results, runner);
    },
  };
}

test('a step without failures succeeds', async () => {
  const { output, report, texts } = start();
  expect(await report([ready])).toBe(0);
  expect([output('status'), output('failed'), texts('error')]).toEqual(['ready', '0', []]);
});

describe('a step with a failure', () => {
  test('fails, with an annotation, and its outputs written', async () => {
    const { output, report, commands } = start();
    expect(await report([ready, { ...ready, failure }])).toBe(1);
    expect([output('count'), output('failed')]).toEqual(['2', '1']);
    expect(commands.filter(({ command }) => command === 'error')).toHaveLength(1);
    expect(await report([], failure)).toBe(1);
  });

  test('has its message redacted in the outputs, and its facts not', async () => {
    const { output, report, runner } = start();
    runner.mask('s3cret');
    await report([{ ...ready, file: 's3cret.mp4', failure }]);
    expect(output('downloads')).toContain('It failed with ***');
    expect(output('file')).toBe('s3cret.mp4');
  });

  test('has its stack traces in the debug log, once', async () => {
    const { report, texts } = start();
    await report(
      [
        { ...ready, failure },
        { ...ready, failure },
      ],
      failure,
    );
    expect(texts('debug')).toEqual([expect.stringMatching(/It failed[\s\S]*\ncaused by Error: the cause/)]);
  });
});

test('outputs are written if the results file cannot be, which fails the step', async () => {
  const { output, report, texts } = start({ RUNNER_TEMP: '/there/is/no/such/folder' });
  expect(await report([ready])).toBe(1);
  expect([output('status'), output('results-file')]).toEqual(['ready', '']);
  expect(texts('error')).toEqual([
    expect.stringMatching(/^The results file could not be written: ENOENT: .*\/there\/is\/no\/such\/folder/),
  ]);
  expect(texts('debug')).toEqual([expect.stringContaining('\ncaused by Error: ENOENT: ')]);
});

test('no outputs can be written without a file for them, which is known and reported once', async () => {
  const { report, runner, texts } = start({ GITHUB_OUTPUT: '' });
  let known: unknown;
  try {
    requireOutputs(runner);
  } catch (error) {
    known = error;
  }
  expect(known).toMatchObject({ kind: 'no-outputs' });
  expect(await report([], Failure.from(known))).toBe(1);
  expect(texts('error')).toEqual([expect.stringContaining('GITHUB_OUTPUT is empty')]);
  expect(texts('output')).toEqual([]);
});

describe('an output that cannot have all records', () => {
  const many = Array(4000).fill(ready);

  test('has a warning with how many it has, and the file with all of them', async () => {
    const { output, report, texts } = start();
    expect(await report(many)).toBe(0);
    const { length } = JSON.parse(output('downloads') ?? '');
    expect(texts('warning')).toEqual([
      expect.stringMatching(
        new RegExp(`has the first ${length.toLocaleString('en')} of 4,000 records, .*\\\`results-file\\\``),
      ),
    ]);
    expect(texts('warning')[0]).toContain(output('results-file'));
  });

  test('has a warning without a file that could not be written', async () => {
    const { report, texts } = start({ RUNNER_TEMP: '/there/is/no/such/folder' });
    await report(many);
    expect(texts('warning')).toEqual([expect.not.stringContaining('results-file')]);
  });
});

/** The path of a named pipe. */
function pipe(): string {
  const path = join(openTemporaryFolder().path, 'pipe');
  execFileSync('mkfifo', [path]);
  return path;
}

describe('the job summary', () => {
  const summaryFile = () => join(openTemporaryFolder().path, 'summary.md');

  test('has what is known of a step, beside what other commands of the step wrote', async () => {
    const path = summaryFile();
    writeFileSync(path, 'Before\n');
    const { report } = start({ GITHUB_STEP_SUMMARY: path });
    await report([{ ...ready, failure }]);
    expect(readFileSync(path, 'utf8')).toMatch(/^Before\n## ❌ Stream Downloads\n/);
  });

  test.each(['false', 'FALSE'])('is not written if that is not wanted: %s', async (text) => {
    const path = summaryFile();
    const { runner } = recordingRunner({ summary: text }, { GITHUB_STEP_SUMMARY: path });
    const results = new StepResults(new VirtualClock());
    results.failures.push(failure);
    await reportStep(results, runner);
    expect(existsSync(path)).toBe(false);
  });

  test.each([
    ['a runner has none', ''],
    ['it cannot be written', '/there/is/no/such/folder/summary.md'],
    ['it is a pipe that nobody reads', pipe()],
  ])('does not fail the step, nor say anything, if %s', async (_, path) => {
    const { commands, report } = start({ GITHUB_STEP_SUMMARY: path });
    expect(await report([ready])).toBe(0);
    const shown = commands.filter(({ command }) => command !== 'output' && command !== 'debug');
    expect(shown).toEqual([]);
  });
});

test.each(['bad-input', 'proxy-malformed'] as const)(
  'a step that failed before any record existed has the status `failed`: %s',
  async (kind) => {
    const { output, report } = start();
    expect(await report([], new Failure(kind, 'It is wrong'))).toBe(1);
    expect(['status', 'count', 'failed', 'downloads', 'video-id', 'type'].map(output)).toEqual([
      'failed',
      '0',
      '0',
      '[]',
      '',
      '',
    ]);
  },
);

test('a step without any video has no status', async () => {
  const { output, report } = start();
  expect(await report([])).toBe(0);
  expect(output('status')).toBe('');
});
