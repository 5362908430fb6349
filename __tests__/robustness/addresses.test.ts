import type { LookupAddress } from 'node:dns';
import { describe, expect, test } from '@jest/globals';
import { redirect } from '../../local-stream/faults.ts';
import { downloadUrl, hostileTokens, hostileUrls, signedToken } from '../../local-stream/hostile-faults.ts';
import type { VideoOptions } from '../../local-stream/library/video.ts';
import { startLocalStream } from '../../local-stream/server.ts';
import { causeChain } from '../../src/core/cause-chain.ts';
import { failures } from '../../src/core/failures/table.ts';
import { deliveryPolicy } from '../../src/files/delivery-policy.ts';
import { localAddress } from '../../src/http/addresses.ts';
import { guardedLookup, openGuardedAgent, refusedAddressCode } from '../../src/http/guarded-agent.ts';
import { receive } from '../../src/http/receive.ts';
import { always } from '../harness/responses.ts';
import { textOf } from '../harness/run-step.ts';
import { openSaveBench } from '../harness/save-bench.ts';
import { Stage } from '../harness/stage.ts';
import { privately, ready } from '../harness/videos.ts';

const cloudflare = 'https://api.cloudflare.com/client/v4';

/**
 * Runs a step as with Cloudflare's own API, over https. The requests to it reach the local Stream, all others fail.
 *
 * @returns also the URLs of the other requests
 */
async function runWithCloudflare(stage: Stage, inputs: Readonly<Record<string, string>>) {
  const others: string[] = [];
  stage.intercept(async ({ pass, url }) => {
    if (url.startsWith(cloudflare)) return pass(url.replace(cloudflare, stage.stream.apiUrl));
    others.push(url);
    return new Response('No', { status: 404 });
  });
  const step = await stage.run({ operation: 'list', type: 'default', 'api-url': cloudflare, ...inputs });
  return { step, others };
}

/** A video with a ready MP4 at this URL, private by default. */
function addVideo({ stream }: Stage, url: string, video: VideoOptions = { ...ready, ...privately }): string {
  const { uid } = stream.addVideo(video);
  stream.faults.add({ route: 'downloads.list', fault: downloadUrl(url), times: always });
  return uid;
}

const saving = { 'signed-url': 'auto', 'save-to': 'v/' };
const unsafe = failures['unsafe-url'].title;
const unusable = failures['unknown-answer'].title;

describe('a file is neither signed nor requested if its URL is', () => {
  test.each(hostileUrls)('%s', async (url) => {
    await using stage = await Stage.open();
    const { others, step } = await runWithCloudflare(stage, { 'video-id': addVideo(stage, url), ...saving });
    expect(others).toEqual([]);
    expect(step.errors.map(({ title }) => title)).toEqual([
      /^https?:/.test(url) && !url.includes('@') ? unsafe : unusable,
    ]);
    expect(stage.count('POST token')).toBe(0);
    expect([textOf(step), ...Object.values(step.outputs)].join()).not.toContain('secret');
  });

  test.each([
    'http://127.0.0.1/a',
    'https://127.0.0.1/a',
    'https://[::1]/a',
    'https://0.0.0.0/a',
    'https://2130706433/a',
    'https://[::ffff:127.0.0.1]/a',
    'https://a.localhost/a',
  ])('on this machine, unless the API is too: %s', async (url) => {
    await using stage = await Stage.open();
    const { others, step } = await runWithCloudflare(stage, { 'video-id': addVideo(stage, url), ...saving });
    expect([others, step.errors[0]?.title]).toEqual([[], unsafe]);
  });
});

describe('the URL of a file that is at such an address', () => {
  const url = 'https://169.254.169.254/a.mp4?b=c';

  test('is not requested if it is public, and shown without its query', async () => {
    await using stage = await Stage.open();
    const { others, step } = await runWithCloudflare(stage, {
      'video-id': addVideo(stage, url, ready),
      ...saving,
    });
    expect([others, step.errors.map(({ title }) => title)]).toEqual([[], [unsafe]]);
    expect(step.message).toContain(
      'The file is at https://169.254.169.254/a.mp4, which only this machine can reach.',
    );
  });

  test.each([
    ['is an output if it is public and', ready, []],
    ['fails the step if it is private, even if', { ...ready, ...privately }, [unsafe]],
  ])('%s nothing is saved', async (_, video, titles) => {
    await using stage = await Stage.open();
    const { step } = await runWithCloudflare(stage, {
      'video-id': addVideo(stage, url, video),
      'signed-url': 'auto',
    });
    expect(step.errors.map(({ title }) => title)).toEqual(titles);
    expect(step.outputs['download-url']).toBe(url);
  });
});

test('a redirect is not followed to such an address', async () => {
  for (const url of hostileUrls.filter((one) => one.startsWith('http') && !one.includes('@'))) {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo(ready);
    stage.stream.faults.add({ route: 'delivery.get', fault: redirect(url) });
    const requested: string[] = [];
    stage.intercept(({ pass, url: sent }) => {
      requested.push(sent);
      return pass();
    });
    const step = await stage.run({ 'video-id': uid, 'save-to': 'v/' });
    const isLocal = new URL(url).hostname !== 'customer-x.cloudflarestream.com';
    if (isLocal) expect(step.errors[0]?.title).toBe(failures['delivery-redirected'].title);
    expect(requested.filter((sent) => !sent.startsWith('http://127.0.0.1'))).toEqual(isLocal ? [] : [url]);
  }
});

describe('a name that resolves to such an address is not connected to', () => {
  test('to receive a file', async () => {
    await using stream = await startLocalStream();
    const { port } = new URL(stream.apiUrl);
    const refuse = (address: string) => (localAddress(address) ? 'which is this machine' : undefined);
    const get = async (check: typeof refuse) =>
      receive(new URL(`http://localhost:${port}/`), {
        method: 'GET',
        headers: {},
        signal: new AbortController().signal,
        dispatcher: await openGuardedAgent(check),
      });
    const error: unknown = await get(refuse).catch((reason: unknown) => reason);
    const message = expect.stringMatching(/^localhost has the address \S+, which is this machine$/);
    expect(causeChain(error)).toContainEqual(expect.objectContaining({ code: refusedAddressCode, message }));
    expect(stream.requests).toEqual([]);
    const { body, status } = await get(() => undefined);
    expect(status).toBe(404);
    body?.cancel();
  });

  test.each<[found: string | LookupAddress[], refused: string | undefined]>([
    ['169.254.169.254', '169.254.169.254'],
    [[{ address: '93.184.215.14', family: 4 }], undefined],
    [
      [
        { address: '93.184.215.14', family: 4 },
        { address: 'fd00:ec2::254', family: 6 },
      ],
      'fd00:ec2::254',
    ],
  ])('by its lookup: %j', (found, refused) => {
    const lookup = guardedLookup(deliveryPolicy(cloudflare).refuseAddress, (_host, _options, callback) =>
      callback(null, found),
    );
    let outcome: Error | null | undefined;
    lookup('a.example', { all: true }, (error) => {
      outcome = error;
    });
    expect(outcome?.message).toBe(
      refused && `a.example has the address ${refused}, which only this machine can reach`,
    );
  });

  test('and saving fails at once, with what to do', async () => {
    await using bench = await openSaveBench({ refuseAddress: () => 'which only this machine can reach' });
    const url = bench.urlOf(bench.video).replace('127.0.0.1', 'localhost');
    const failure = await bench.failure(bench.video, { url });
    expect(failure.kind).toBe('unsafe-url');
    expect(failure.what).toMatch(/localhost has the address \S+, which only this machine can reach$/);
    expect(bench.requests).toEqual([]);
  });

  test('by a whole step', async () => {
    await using stage = await Stage.open();
    const { apiUrl, deliveryUrl } = stage.stream;
    const uid = addVideo(stage, 'https://delivery.example/a.mp4');
    // In place of a name that somebody else's name server resolves.
    const name = deliveryUrl.replace('127.0.0.1', 'localhost');
    stage.intercept(({ pass, url }) =>
      pass(url.replace(cloudflare, apiUrl).replace('https://delivery.example', name)),
    );
    const inputs = { operation: 'list', type: 'default', 'api-url': cloudflare, 'video-id': uid };
    const step = await stage.run({ ...inputs, 'save-to': 'v/' });
    expect(step.errors[0]?.title).toBe(unsafe);
    expect(step.message).toMatch(/localhost has the address \S+, which is this machine/);
    expect(stage.deliveries).toEqual([]);
  });
});

describe('a signed token is refused, and never becomes part of a URL, if it is', () => {
  test.each([...hostileTokens, 'x'.repeat(4097), `${'a'.repeat(100)}..b`, '~'])('%j', async (token) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ ...ready, ...privately });
    stage.stream.faults.add({ route: 'tokens.create', fault: signedToken(token), times: always });
    const step = await stage.run({ operation: 'list', 'video-id': uid, ...saving });
    expect([step.exitCode, stage.deliveries]).toEqual([1, []]);
    expect(step.errors.map(({ title }) => title)).toEqual([unusable]);
    expect(step.outputs['download-url']).toContain(`/${uid}/downloads/`);
  });
});

test.each(['opaque-token', 'v2.local~form', 'a'.repeat(4096)])(
  'a token of any other form is shortened in text, and whole in outputs (case %#)',
  async (token) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ ...ready, ...privately });
    stage.stream.faults.add({ route: 'tokens.create', fault: signedToken(token), times: always });
    const step = await stage.run({ operation: 'list', 'video-id': uid, 'signed-url': 'auto' });
    expect(step.exitCode).toBe(0);
    expect(step.outputs['download-url']).toContain(`/${token}/downloads/default.mp4`);
    expect(textOf(step)).not.toContain(token);
    expect(textOf(step)).toContain(`/${token.slice(0, 5)}…/downloads/default.mp4`);
  },
);
