import { describe, expect, test } from '@jest/globals';
import { readStrategy } from './matrix.ts';
import { readWorkflow } from './parse.ts';
import type { RunAction } from './run-job.ts';
import { runWorkflow, type WorkflowOptions, type WorkflowRun } from './run-workflow.ts';

const head = `
on: workflow_dispatch
env: { FROM_WORKFLOW: '\${{ vars.WHERE }}', LAYER: workflow }
jobs:
`;

async function run(jobs: string, options: Partial<WorkflowOptions> = {}, earlier?: WorkflowRun) {
  const workflow = await readWorkflow('test.yml', head + jobs);
  return runWorkflow(workflow, { actions: {}, ...options }, earlier);
}

/** The lines that the steps of a run printed. */
const linesOf = ({ jobs }: WorkflowRun) => jobs.flatMap(({ steps }) => steps.flatMap(({ log }) => log));

describe('a workflow', () => {
  test('runs jobs after those that they need, with their outputs', async () => {
    const ended = await run(`
  second:
    needs: first
    runs-on: ubuntu-latest
    steps:
      - run: echo "$TEXT"
        env: { TEXT: '\${{ needs.first.outputs.answer }} of \${{ needs.first.result }}' }
  first:
    runs-on: ubuntu-latest
    outputs: { answer: '\${{ steps.ask.outputs.answer }}' }
    steps:
      - { id: ask, run: echo "answer=42" >> "$GITHUB_OUTPUT" }
`);
    expect([ended.result, linesOf(ended)]).toEqual(['success', ['42 of success']]);
  });

  test('gives a step the variables of the workflow, the job, earlier steps and its own', async () => {
    const ended = await run(
      `
  one:
    runs-on: ubuntu-latest
    env: { LAYER: job }
    steps:
      - run: echo "$FROM_WORKFLOW $LAYER"; echo 'LATER=set' >> "$GITHUB_ENV"; touch "$RUNNER_TEMP/here"
      - run: echo "$LAYER $LATER $GITHUB_RUN_ID"; ls "$RUNNER_TEMP"
        env: { LAYER: '\${{ env.LAYER }} and step' }
`,
      { vars: { WHERE: 'here' }, github: { run_id: '7' } },
    );
    expect(linesOf(ended)).toEqual(['here job', 'job and step set 7', 'here']);
  });

  test('has the inputs of its event, and variables that replace its own', async () => {
    const ended = await run(
      `
  one: { runs-on: x, steps: [{ run: 'echo "$GIVEN $LAYER"', env: { GIVEN: '\${{ inputs.a-b }}' } }] }
`,
      { inputs: { 'a-b': 'given' }, env: { LAYER: 'replaced' } },
    );
    expect(linesOf(ended)).toEqual(['given replaced']);
    expect(ended.jobs[0]?.steps[0]?.env).toMatchObject({ GIVEN: 'given', LAYER: 'replaced' });
  });

  test('skips what follows a failure, unless its condition says otherwise', async () => {
    const ended = await run(`
  one:
    runs-on: ubuntu-latest
    steps:
      - { id: fails, run: 'false; echo not reached' }
      - run: echo not reached
      - { if: always() && steps.fails.outcome == 'failure', run: echo always }
      - { if: failure(), run: echo failure }
  two: { needs: one, runs-on: ubuntu-latest, steps: [{ run: echo not reached }] }
  three: { needs: [one, two], if: always(), runs-on: ubuntu-latest, steps: [{ run: echo "$R", env: { R: '\${{ needs.two.result }}' } }] }
`);
    expect(linesOf(ended)).toEqual(['always', 'failure', 'skipped']);
    expect(ended.jobs.map(({ result }) => result)).toEqual(['failure', 'skipped', 'success']);
    expect(ended.result).toBe('failure');
  });

  test('runs actions with their evaluated inputs', async () => {
    const action: RunAction = async (inputs) => ({
      exitCode: 0,
      outputs: { seen: `${inputs['a-b']}` },
      log: [],
    });
    const ended = await run(
      `
  one:
    runs-on: ubuntu-latest
    steps:
      - { id: x, uses: owner/name@v1, with: { a-b: '\${{ 1 == 1 }}', c: true } }
      - { run: 'echo "$SEEN"', env: { SEEN: '\${{ steps.x.outputs.seen }}' } }
`,
      { actions: { 'owner/name': action } },
    );
    expect(ended.jobs[0]?.steps[0]?.inputs).toEqual({ 'a-b': 'true', c: 'true' });
    expect(linesOf(ended)).toEqual(['true']);
  });

  test('runs only the failed jobs of a matrix again', async () => {
    const jobs = `
  many:
    runs-on: ubuntu-latest
    strategy: { fail-fast: false, matrix: { letter: [a, b] } }
    steps:
      - { run: 'echo "$L $ATTEMPT"; [ "$L$ATTEMPT" != b1 ]', env: { L: '\${{ matrix.letter }}', ATTEMPT: '\${{ github.run_attempt }}' } }
  after: { needs: many, runs-on: ubuntu-latest, steps: [{ run: echo after }] }
`;
    const first = await run(jobs, { github: { run_attempt: '1' } });
    expect([first.result, linesOf(first)]).toEqual(['failure', ['a 1', 'b 1']]);
    const second = await run(jobs, { github: { run_attempt: '2' } }, first);
    expect([second.result, linesOf(second)]).toEqual(['success', ['a 1', 'b 2', 'after']]);
  });

  test.each([
    ['secrets in the condition of a job', "one: { if: secrets.A == '', runs-on: x, steps: [{ run: a }] }"],
    ['an unknown field', 'one: { runs-on: x, steps: [{ run: a, wiht: b }] }'],
    ['a job that does not exist', 'one: { needs: two, runs-on: x, steps: [{ run: a }] }'],
    ['something that is not supported', 'one:\n    runs-on: x\n    container: y\n    steps: [{ run: a }]'],
  ])('is refused with %s', async (_, job) => {
    await expect(readWorkflow('test.yml', `${head}  ${job}\n`)).rejects.toThrow();
  });
});

describe('a matrix', () => {
  const combinationsOf = (matrix: unknown) => readStrategy({ 'fail-fast': false, matrix }).combinations;

  test('has every combination, extended by what is included', () => {
    expect(combinationsOf({ os: ['a', 'b'], n: [1, 2], include: [{ os: 'a', x: 1 }, { n: 3 }] })).toEqual([
      { os: 'a', n: 1, x: 1 },
      { os: 'a', n: 2, x: 1 },
      { os: 'b', n: 1 },
      { os: 'b', n: 2 },
      { n: 3 },
    ]);
  });

  test('may have nothing but what is included', () => {
    expect(combinationsOf({ include: [{ n: 1 }, { n: 2 }] })).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test('must not be empty', () => {
    expect(() => combinationsOf({ include: [] })).toThrow('empty');
  });
});
