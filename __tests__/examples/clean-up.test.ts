import { describe, expect, test } from '@jest/globals';
import { startLocalStream } from '../../local-stream/server.ts';
import { examplesWith, readExample } from '../harness/workflow/examples.ts';
import { jsonOf } from '../harness/workflow/expressions.ts';
import { runWorkflow } from '../harness/workflow/run-workflow.ts';

const dayMs = 86_400_000;

const repository = 'octo-org/videos';

const events = {
  schedule: { event_name: 'schedule', repository, ref: 'refs/heads/main', event: {} },
  pullRequest: {
    event_name: 'pull_request',
    repository,
    ref: 'refs/pull/7/merge',
    event: { pull_request: { head: { repo: { full_name: repository } } } },
  },
  fork: {
    event_name: 'pull_request',
    repository,
    ref: 'refs/pull/8/merge',
    event: { pull_request: { head: { repo: { full_name: 'somebody/videos' } } } },
  },
};

/** Runs the workflow for an account with an old and a new video, which have both downloads. */
async function cleanUp(github: (typeof events)[keyof typeof events]) {
  await using stream = await startLocalStream();
  const downloads = { default: 'ready', audio: 'ready' } as const;
  const old = stream.addVideo({ created: new Date(Date.now() - 31 * dayMs), downloads });
  stream.addVideo({ created: new Date(Date.now() - 29 * dayMs), downloads });
  const { jobs } = await runWorkflow(await readExample('clean-up.yml'), { ...examplesWith(stream), github });
  return {
    jobs,
    log: jobs.flatMap(({ steps }) => steps.flatMap((step) => step.log)).join('\n'),
    outputs: jobs[0]?.steps[0]?.outputs ?? {},
    old: old.uid,
    methods: new Set(stream.requests.map(({ method }) => method)),
    deleted: stream.requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path),
  };
}

describe('the clean-up of downloads', () => {
  test('deletes both downloads of old videos alone', async () => {
    const { deleted, jobs, old, outputs } = await cleanUp(events.schedule);
    expect(jobs.map(({ result }) => result)).toEqual(['success']);
    expect(outputs).toMatchObject({ status: 'deleted', count: '2', failed: '0' });
    expect(deleted).toHaveLength(2);
    for (const path of deleted) expect(path).toContain(old);
  });

  test('deletes nothing for a pull request, but reports what it would delete', async () => {
    const { jobs, log, methods, old, outputs } = await cleanUp(events.pullRequest);
    expect(jobs.map(({ result }) => result)).toEqual(['success']);
    expect(methods).toEqual(new Set(['GET']));
    expect(outputs['downloads']).toContain('"planned":["delete"]');
    expect(log).toContain(old);
  });

  test('does not run for pull requests from forks', async () => {
    const { jobs, methods } = await cleanUp(events.fork);
    expect(jobs.map(({ result }) => result)).toEqual(['skipped']);
    expect(methods.size).toBe(0);
  });

  test('waits for a backup, unless it deletes nothing', async () => {
    const concurrencyOf = async (name: string, github: object) =>
      jsonOf((await readExample(name)).concurrency, { contexts: { github }, status: 'success' });
    const backup = await concurrencyOf('backup-library.yml', events.schedule);
    expect(backup).toEqual({ group: 'stream-downloads', 'cancel-in-progress': false });
    expect(await concurrencyOf('clean-up.yml', events.schedule)).toEqual(backup);
    expect(await concurrencyOf('clean-up.yml', events.pullRequest)).not.toEqual(backup);
  });
});
