import { expect, test } from '@jest/globals';
import { badGateway, garbage, rateLimited } from '../local-stream/faults.ts';
import type { VideoOptions } from '../local-stream/library/video.ts';
import { Stage, type StagedStep, type StepRecord } from './harness/step-on-stream.ts';

const videos = 200;

/** Stricter than Cloudflare's, so that the pace has something to do. */
const rateLimit = { requests: 300, windowMs: 60_000, blockMs: 300_000 };

/** What a video is; undefined for one that the account does not have. */
function nth(index: number): VideoOptions | undefined {
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
async function live(stage: Stage): Promise<Readonly<Record<string, StagedStep>>> {
  const ids = Array.from({ length: videos }, (_, index) => {
    const options = nth(index);
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

/** A record without what differs from one local Stream, and from one request, to the other. */
function essence({ deliveryUrl }: Stage['stream'], record: StepRecord): unknown {
  const { error, url, ...rest } = record;
  return {
    ...rest,
    url: url?.replace(deliveryUrl, 'https://delivery.example') ?? null,
    error: error && {
      code: error.code,
      httpStatus: error.httpStatus,
      message: error.message.replace(/Ray id \S+-LCL/, 'Ray id'),
    },
  };
}

test('two hundred videos end as they would without faults, though a fifth of all requests fails', async () => {
  await using calm = await Stage.open({ rateLimit });
  await using rough = await Stage.open({ rateLimit });
  rough.stream.faults.addRandom({
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
  rough.intercept(async ({ pass }) => {
    sent.push(rough.clock.now());
    const response = await pass();
    const retryAfter = response.headers.get('retry-after');
    if (response.status === 429) refused.push({ atMs: rough.clock.now(), retryAfter });
    return response;
  });

  const [expected, steps] = [await live(calm), await live(rough)];
  for (const [operation, { errors, exitCode, records }] of Object.entries(steps)) {
    const inCalm = expected[operation];
    expect(records).toHaveLength(2 * videos);
    expect(exitCode).toBe(1);
    expect(errors.map(({ title }) => title)).toEqual(inCalm?.errors.map(({ title }) => title));
    for (const [index, record] of records.entries()) {
      const { type, videoId } = record;
      const path = `/stream/${videoId}/downloads/${type}`;
      const deletions = rough.stream.requests.filter(
        (request) => request.method === 'DELETE' && request.path.endsWith(path),
      );
      const right = inCalm?.records[index];
      // Where the answer to a deletion was lost, the next attempt finds nothing.
      const lost = right?.status === 'deleted' && record.status === 'none' && deletions.length > 1;
      expect(essence(rough.stream, record)).toEqual(
        right && essence(calm.stream, lost ? { ...right, status: 'none' } : right),
      );
    }
  }

  // It was rough indeed …
  const all = rough.stream.requests.length;
  const cutOff = rough.stream.requests.filter(({ status }) => status === undefined || status === 502);
  expect(cutOff.length).toBeGreaterThan(0.06 * all);
  expect(refused.length).toBeGreaterThan(20);
  // … but none of the refusals is one of the limit itself, and nothing went out while they lasted.
  expect(new Set(refused.map(({ retryAfter }) => retryAfter))).toEqual(new Set(['1']));
  for (const { atMs } of refused) {
    expect(sent.filter((sentMs) => sentMs > atMs && sentMs < atMs + 1000)).toEqual([]);
  }
  expect(calm.stream.requests.filter(({ status }) => status === 429)).toEqual([]);
  expect(calm.stream.requests.length).toBeLessThan(rough.stream.requests.length);
}, 30_000);
