import { expect, test } from '@jest/globals';
import { badGateway, garbage, rateLimited } from '../local-stream/faults.ts';
import type { VideoOptions } from '../local-stream/library/video.ts';
import type { StepRecord } from './harness/check-step.ts';
import { Stage, type StagedStep } from './harness/stage.ts';

const videos = 100;

/** Stricter than Cloudflare's, so that the step has to pace its requests. */
const rateLimit = { requests: 300, windowMs: 60_000, blockMs: 300_000 };

/** The options of a video; undefined for one that the account does not have. */
function videoOptions(index: number): VideoOptions | undefined {
  const generateMs = { default: 1000 * (5 + (index % 90)), audio: 1000 * (3 + (index % 40)) };
  const phases = { queuedMs: 10_000, encodeMs: 1000 * (index % 240) };
  const mix: readonly (VideoOptions | undefined)[] = [
    { generateMs },
    { generateMs, phases },
    { generateMs, downloads: { default: 'ready', audio: 'inprogress' } },
    { generateMs, downloads: { default: 'inprogress', audio: 'error' } },
    { generateMs, generateFails: ['audio'] },
    { phases, errorReasonCode: 'ERR_MALFORMED_VIDEO' },
    { generateMs, refuseCreate: 1 },
    undefined,
  ];
  return mix[index % mix.length];
}

/** Creates with `wait`, lists and deletes the same videos, one step after the other. */
async function runAll(stage: Stage): Promise<Readonly<Record<string, StagedStep>>> {
  const ids = Array.from({ length: videos }, (_, index) => {
    const options = videoOptions(index);
    return options ? stage.stream.addVideo(options).uid : index.toString(16).padStart(32, '0');
  });
  const given = {
    'video-id': ids.join('\n'),
    type: 'default audio',
    wait: 'true',
    timeout: '3h',
    concurrency: '8',
  };
  return {
    create: await stage.run(given),
    list: await stage.run({ ...given, operation: 'list' }),
    delete: await stage.run({ ...given, operation: 'delete' }),
  };
}

/** A record without the parts that differ between two local Streams or two requests. */
function comparable({ deliveryUrl }: Stage['stream'], record: StepRecord): unknown {
  const { error, url, ...rest } = record;
  return {
    ...rest,
    url: url?.replace(deliveryUrl, 'https://delivery.example') ?? null,
    error: error && {
      code: error.code,
      httpStatus: error.httpStatus,
      message: error.message.replace(/Ray ID \S+-LCL/, 'Ray ID'),
    },
  };
}

test('a hundred videos have the same results with faults in a fifth of all requests as without', async () => {
  await using reference = await Stage.open({ rateLimit });
  await using faulty = await Stage.open({ rateLimit });
  faulty.stream.faults.addRandom({
    seed: 20_260_115,
    rate: 0.2,
    faults: [
      badGateway(),
      garbage('html'),
      garbage('bytes'),
      rateLimited(1),
      { kind: 'reset' },
      { kind: 'answer-lost' },
      { kind: 'cut' },
    ],
  });
  const refused: { readonly atMs: number; readonly retryAfter: string | null }[] = [];
  const sent: number[] = [];
  faulty.intercept(async ({ pass }) => {
    sent.push(faulty.clock.now());
    const response = await pass();
    const retryAfter = response.headers.get('retry-after');
    if (response.status === 429) refused.push({ atMs: faulty.clock.now(), retryAfter });
    return response;
  });

  const [expected, steps] = [await runAll(reference), await runAll(faulty)];
  for (const [operation, { errors, exitCode, records }] of Object.entries(steps)) {
    const expectedStep = expected[operation];
    expect(records).toHaveLength(2 * videos);
    expect(exitCode).toBe(1);
    expect(errors.map(({ title }) => title)).toEqual(expectedStep?.errors.map(({ title }) => title));
    for (const [index, record] of records.entries()) {
      const { type, videoId } = record;
      const path = `/stream/${videoId}/downloads/${type}`;
      const deletions = faulty.stream.requests.filter(
        (request) => request.method === 'DELETE' && request.path.endsWith(path),
      );
      const expectedRecord = expectedStep?.records[index];
      // If the response to a deletion was lost, the next attempt finds nothing to delete.
      const lost = expectedRecord?.status === 'deleted' && record.status === 'none' && deletions.length > 1;
      expect(comparable(faulty.stream, record)).toEqual(
        expectedRecord &&
          comparable(reference.stream, lost ? { ...expectedRecord, status: 'none' } : expectedRecord),
      );
    }
  }

  // Many requests failed, but
  const requestCount = faulty.stream.requests.length;
  const failed = faulty.stream.requests.filter(({ status }) => status === undefined || status === 502);
  expect(failed.length).toBeGreaterThan(0.06 * requestCount);
  expect(refused.length).toBeGreaterThan(20);
  // no 429 came from the rate limit itself, and no request was sent during a `Retry-After`.
  expect(new Set(refused.map(({ retryAfter }) => retryAfter))).toEqual(new Set(['1']));
  for (const { atMs } of refused) {
    expect(sent.filter((sentMs) => sentMs > atMs && sentMs < atMs + 1000)).toEqual([]);
  }
  expect(reference.stream.requests.filter(({ status }) => status === 429)).toEqual([]);
  expect(reference.stream.requests.length).toBeLessThan(faulty.stream.requests.length);
}, 60_000);
