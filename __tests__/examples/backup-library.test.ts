import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import { type LocalBucket, openLocalBucket } from '../harness/local-bucket.ts';
import { examplesWith, readExample } from '../harness/workflow/examples.ts';
import type { Workflow } from '../harness/workflow/parse.ts';
import { runWorkflow, type WorkflowRun } from '../harness/workflow/run-workflow.ts';

/** Of ten such videos, six are in one of three shards, which has at most 8 GB; with two shards, one would have seven. */
const film = { durationSeconds: 1300, sizeBytes: 2e9, generateMs: 0 } as const;

/** Which of the ten are in which shard, by their number from 1. */
const shards = { '1-of-3': [1, 7], '2-of-3': [2, 3, 5, 6, 8, 10], '3-of-3': [4, 9] };

const [failing, refused, secret] = [5, 4, 2];

const record = v.object({
  version: v.literal(1),
  downloads: v.array(
    v.object({
      videoId: v.string(),
      status: v.literal('ready'),
      url: v.nullable(v.string()),
      file: v.string(),
      sha256: v.string(),
    }),
  ),
});

let workflow: Workflow;
let stream: LocalStream;
let bucket: LocalBucket;
const ids: string[] = [];

/** The file of a video in the bucket, by the number of the video. */
const file = (number: number) => `videos/${ids[number - 1]}.mp4`;

beforeAll(async () => {
  workflow = await readExample('backup-library.yml');
  stream = await startLocalStream();
  bucket = openLocalBucket();
  for (let number = 1; number <= 10; number++) {
    const { uid } = stream.addVideo({
      ...film,
      name: `Film ${number}`,
      generateFails: number === failing,
      requireSignedURLs: number === secret,
    });
    ids.push(uid);
  }
});

afterAll(async () => {
  bucket[Symbol.dispose]();
  await stream.close();
});

/** Runs the workflow. Returns it, with the numbers of the videos whose downloads were requested and whose files were fetched. */
async function run(runId: number, attempt = 1, earlier?: WorkflowRun) {
  stream.requests.length = 0;
  const example = examplesWith(stream);
  const ended = await runWorkflow(
    workflow,
    {
      ...example,
      github: { event_name: 'schedule', run_id: String(runId), run_attempt: String(attempt) },
      secrets: { ...example.secrets, S3_ACCESS_KEY_ID: 'key', S3_SECRET_ACCESS_KEY: 'secret' },
      vars: { ...example.vars, S3_BUCKET: bucket.name, S3_REGION: 'auto', S3_ENDPOINT: '' },
      machine: bucket.machine,
    },
    earlier,
  );
  const numbersOf = (route: string) => {
    const paths = stream.requests
      .filter((request) => request.route === route)
      // The path of a private video has a token instead of the ID, and the token names the video.
      .map(
        ({ path }) =>
          path +
          path
            .split(/[/.]/)
            .map((part) => Buffer.from(part, 'base64url').toString())
            .join(),
      );
    return ids.flatMap((id, index) => paths.filter((path) => path.includes(id)).map(() => index + 1));
  };
  return {
    ended,
    created: numbersOf('downloads.create'),
    fetched: numbersOf('delivery.get'),
    routes: stream.requests.map(({ route }) => route),
    shards: ended.jobs
      .filter(({ id }) => id === 'save')
      .map(({ matrix, result }) => [matrix['name'], result]),
  };
}

/** The files that the records in the bucket name, once each is found to be there. */
function recorded(): string[] {
  const texts = bucket.keys('state/').map((key) => bucket.read(key));
  const files = texts.flatMap((text) =>
    v.parse(v.pipe(v.string(), v.parseJson(), record), text).downloads.map((download) => download.file),
  );
  expect(bucket.keys('videos/')).toEqual(expect.arrayContaining(files));
  return files.toSorted();
}

const filesOf = (numbers: readonly number[]) => numbers.map(file).toSorted();

/** A part of a story, which an error names. */
async function step(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new Error(`The backup ${name}: ${Error.isError(error) ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

// One test, since each night and each re-run begins with what the ones before it have left in the bucket.
test('the backup of a library', async () => {
  let last: WorkflowRun;

  await step(
    'saves every video of three shards, but for one that fails and one that cannot be copied',
    async () => {
      bucket.refuse(`${ids[refused - 1]}`);
      const { created, ended, fetched, shards: results } = await run(101);
      last = ended;
      expect(results).toEqual([
        ['1-of-3', 'success'],
        ['2-of-3', 'failure'],
        ['3-of-3', 'failure'],
      ]);
      expect(created).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect(fetched).toEqual([1, 2, 3, 4, 6, 7, 8, 9, 10]);
      expect(bucket.keys('videos/')).toEqual(filesOf([1, 2, 3, 6, 7, 8, 9, 10]));
    },
  );

  await step('records a file only if all files of its shard are in the bucket', async () => {
    expect(bucket.keys('state/')).toEqual(['state/101-1-1-of-3.json', 'state/101-1-2-of-3.json']);
    expect(recorded()).toEqual(filesOf([...shards['1-of-3'], 2, 3, 6, 8, 10]));
  });

  await step('records no signed URL', async () => {
    const texts = bucket.keys('state/').map((key) => bucket.read(key));
    const { downloads } = v.parse(v.pipe(v.string(), v.parseJson(), record), texts[1]);
    expect(downloads.filter(({ url }) => url === null).map(({ videoId }) => videoId)).toEqual([
      ids[secret - 1],
    ]);
    expect(texts.join('\n')).not.toMatch(/eyJ|expiresAt/);
  });

  await step('runs the failed shards again, which do only what is missing', async () => {
    bucket.refuse(undefined);
    const { ended, fetched, shards: results } = await run(101, 2, last);
    expect(results.map(([, result]) => result)).toEqual(['success', 'failure', 'success']);
    expect(fetched).toEqual(shards['3-of-3']);
    expect(recorded()).toEqual(filesOf([1, 2, 3, 4, 6, 7, 8, 9, 10]));
    // What failed is the video; there is nothing to copy.
    const failed = ended.jobs.filter(({ result }) => result === 'failure').flatMap(({ steps }) => steps);
    expect(failed.map(({ outcome }) => outcome)).toEqual(['success', 'failure', 'success']);
    last = ended;
  });

  await step('saves the video that failed once it can be saved', async () => {
    stream.removeVideo(`${ids[failing - 1]}`);
    stream.addVideo({ ...film, uid: `${ids[failing - 1]}` });
    const { created, ended, fetched } = await run(101, 3, last);
    expect([ended.result, created, fetched]).toEqual(['success', [failing], [failing]]);
    expect(bucket.keys('state/')).toContain('state/101-3-2-of-3.json');
    expect(recorded()).toEqual(filesOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
  });

  await step('fetches exactly the new videos in the next night, with another number of shards', async () => {
    for (const name of ['Film 11', 'Film 12']) ids.push(stream.addVideo({ ...film, name }).uid);
    const { created, ended, fetched, shards: results } = await run(102);
    expect(results).toEqual([['1-of-1', 'success']]);
    expect([created, fetched]).toEqual([
      [11, 12],
      [11, 12],
    ]);
    const save = ended.jobs.at(-1)?.steps.find(({ id }) => id === 'save');
    expect([save?.outputs['count'], save?.outputs['failed']]).toEqual(['12', '0']);
    expect(recorded()).toEqual(filesOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
  });

  await step('starts no job when there is nothing new', async () => {
    const { ended, routes, shards: results } = await run(103);
    expect([ended.result, results]).toEqual(['success', [[undefined, 'skipped']]]);
    expect(new Set(routes)).toEqual(new Set(['videos.list']));
    expect(bucket.keys('state/').filter((key) => key.includes('103'))).toEqual([]);
  });

  await step('ends without copying anything if the list cannot be read', async () => {
    stream.faults.add({ route: 'videos.list', fault: { kind: 'status', status: 403 } });
    const { ended, shards: results } = await run(104);
    expect([ended.result, results]).toEqual(['failure', [[undefined, 'skipped']]]);
  });
});
