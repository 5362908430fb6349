import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import * as v from 'valibot';
import { actionFolder } from '../../local-runner/run-action.ts';
import { startLocalStream } from '../../local-stream/server.ts';
import { testPatternFile } from '../harness/media.ts';
import { runExample } from '../harness/workflow/examples.ts';

/**
 * The part of an event that matters, as a queue delivers it.
 *
 * @see https://developers.cloudflare.com/queues/event-subscriptions/events-schemas/
 */
interface StreamEvent {
  readonly type: string;
  readonly source: { readonly type: 'stream' };
  readonly payload: { readonly id: string };
}

type Queue = (
  batch: { messages: readonly { body: StreamEvent; retry(): void }[] },
  env: Readonly<Record<string, string>>,
) => Promise<void>;

const dispatch = v.object({
  event_type: v.string(),
  client_payload: v.record(v.string(), v.unknown()),
});

/** The consumer of the queue in the comment at the start of the example. */
async function consumer(): Promise<Queue> {
  const text = readFileSync(join(actionFolder, 'examples/video-ready-event.yml'), 'utf8');
  const [code = ''] = /^# {3}export default \{$.*?^# {3}\};$/ms.exec(text) ?? [];
  const url = `data:text/javascript,${encodeURIComponent(code.replace(/^#/gm, ''))}`;
  const loaded: { default: { queue: Queue } } = await import(url);
  return loaded.default.queue;
}

const ready = (id: string): StreamEvent => ({
  type: 'cf.stream.video_state.ready',
  source: { type: 'stream' },
  payload: { id },
});

/** Delivers events, one message each. Returns the requests to GitHub, and the IDs whose messages are retried. */
async function deliver(events: readonly StreamEvent[], status: number) {
  const queue = await consumer();
  const requests: Request[] = [];
  jest.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    requests.push(new Request(input, init));
    return new Response(status === 204 ? null : '{"message":"no"}', { status });
  });
  jest.spyOn(console, 'error').mockImplementation(() => {});
  const retried: string[] = [];
  const messages = events.map((body) => ({ body, retry: () => void retried.push(body.payload.id) }));
  await queue({ messages }, { GITHUB_TOKEN: 'secret', REPOSITORY: 'octo-org/videos' });
  return { requests, retried };
}

afterEach(() => {
  jest.restoreAllMocks();
});

describe('the event of a new video', () => {
  test('starts the workflow, which saves the MP4 of the video', async () => {
    await using stream = await startLocalStream();
    const { uid } = stream.addVideo({ name: 'New', generateMs: 0 });
    const { requests, retried } = await deliver(
      [{ ...ready('0'.repeat(32)), type: 'cf.stream.video_state.updated' }, ready(uid)],
      204,
    );
    const [request] = requests;
    if (!request) throw new Error('nothing was sent to GitHub');
    expect([requests.length, retried]).toEqual([1, []]);
    expect([request.method, request.url]).toEqual([
      'POST',
      'https://api.github.com/repos/octo-org/videos/dispatches',
    ]);
    expect(Object.fromEntries(request.headers)).toMatchObject({
      authorization: 'Bearer secret',
      'user-agent': expect.stringMatching(/./),
    });

    const { client_payload, event_type } = v.parse(dispatch, await request.json());
    expect(event_type).toBe('stream-video-ready');
    const run = await runExample('video-ready-event', {
      stream,
      event: { event_name: 'repository_dispatch', event: { action: event_type, client_payload } },
    });
    expect(run.result).toBe('success');
    expect(run.artifacts).toEqual([
      { name: 'mp4', files: { 'mp4/New.mp4': Buffer.from(testPatternFile('default.mp4')) } },
    ]);
  });

  test('is delivered again if GitHub does not accept it', async () => {
    const { retried } = await deliver([ready('1'.repeat(32)), ready('2'.repeat(32))], 503);
    expect(retried).toEqual(['1'.repeat(32), '2'.repeat(32)]);
  });

  test.each([
    ['all', 'skipped'],
    ['ALL,all', 'skipped'],
    ['../../../user', 'failure'],
    ['', 'failure'],
  ])('leads to no request with "%s" in place of an ID', async (video_id, result) => {
    await using stream = await startLocalStream();
    const run = await runExample('video-ready-event', {
      stream,
      event: { event_name: 'repository_dispatch', event: { client_payload: { video_id } } },
    });
    expect([run.jobs[0]?.result, stream.requests]).toEqual([result, []]);
  });
});
