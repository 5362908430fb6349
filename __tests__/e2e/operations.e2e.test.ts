import { describe, expect, jest, test } from '@jest/globals';
import { startLocalStream } from '../../local-stream/server.ts';
import { requested, runBuiltAction } from '../harness/built-action.ts';
import { unknownId } from '../harness/videos.ts';

// The tests of a file run concurrently, each with its own process, which is slow on a busy machine.
jest.setTimeout(30_000);

/** Every output that the contract names. */
const outputNames = [
  'asset-url',
  'count',
  'download-url',
  'downloads',
  'failed',
  'file',
  'matrix',
  'percent-complete',
  'results-file',
  'sha256',
  'size',
  'status',
  'type',
  'video-id',
];

describe('the built action', () => {
  test.concurrent('creates a download, waits until it is ready and publishes its URL, which works', async () => {
    let nowMs = Date.now();
    await using stream = await startLocalStream({ clock: { now: () => nowMs } });
    const { uid } = stream.addVideo({ phases: { encodeMs: 1000 }, generateMs: 1000 });
    const ended = runBuiltAction(stream, {
      inputs: { 'video-id': uid, wait: 'true', 'poll-interval': '1s' },
    });
    // Each phase ends once the step has polled it, however long the process takes to start.
    await requested(stream, 'videos.get');
    nowMs += 1000;
    await requested(stream, 'downloads.list');
    nowMs += 1000;
    const { endingMs, exitCode, log, outputs, promptMs } = await ended;
    expect(exitCode).toBe(0);
    const url = `${stream.deliveryUrl}/${uid}/downloads/default.mp4`;
    expect(outputs).toEqual({
      'download-url': url,
      status: 'ready',
      'percent-complete': '100',
      'video-id': uid,
      type: 'default',
      file: '',
      size: '',
      sha256: '',
      'asset-url': '',
      downloads: expect.any(String),
      'results-file': expect.stringMatching(/^\/.*\.json$/),
      count: '1',
      failed: '0',
      matrix: '',
    });
    expect(JSON.parse(outputs['downloads'] ?? '')).toEqual([
      { videoId: uid, type: 'default', status: 'ready', percentComplete: 100, url },
    ]);
    expect((await fetch(url)).status).toBe(200);
    expect(log.join('\n')).toContain(' · encoding ');
    expect(log.join('\n')).toContain('generating the MP4');
    expect(endingMs).toBeLessThan(promptMs);
  });

  test.concurrent('creates without waiting: the download is in progress, and the step succeeds', async () => {
    await using stream = await startLocalStream();
    const { uid } = stream.addVideo({ generateMs: 60_000 });
    const { endingMs, exitCode, outputs, promptMs } = await runBuiltAction(stream, {
      inputs: { 'video-id': uid },
    });
    expect(exitCode).toBe(0);
    expect(outputs).toMatchObject({ status: 'inprogress', count: '1', failed: '0' });
    expect(stream.requests).toHaveLength(1);
    // Neither the timer of `timeout` nor an idle connection may keep the process alive.
    expect(endingMs).toBeLessThan(promptMs);
  });

  test.concurrent('lists every type of several videos, with credentials from the environment', async () => {
    await using stream = await startLocalStream();
    const both = stream.addVideo({ downloads: { default: 'ready', audio: 'ready' } });
    const none = stream.addVideo();
    const { exitCode, outputs } = await runBuiltAction(stream, {
      inputs: {
        operation: 'list',
        'video-id': `${both.uid}\n${none.uid}\n`,
        'api-token': '',
        'account-id': '',
      },
      env: { CLOUDFLARE_API_TOKEN: stream.token, CLOUDFLARE_ACCOUNT_ID: stream.accountId },
    });
    expect(exitCode).toBe(0);
    expect(JSON.parse(outputs['downloads'] ?? '')).toMatchObject([
      { videoId: both.uid, type: 'default', status: 'ready' },
      { videoId: both.uid, type: 'audio', status: 'ready' },
      { videoId: none.uid, type: '', status: 'none', url: null },
    ]);
    expect(outputs).toMatchObject({ count: '3', failed: '0' });
  });

  test.concurrent('deletes with the legacy credentials, and waits until the download is gone', async () => {
    await using stream = await startLocalStream();
    const { uid } = stream.addVideo({ downloads: { default: 'ready' } });
    const { exitCode, outputs } = await runBuiltAction(stream, {
      inputs: {
        operation: 'delete',
        'video-id': uid,
        wait: 'true',
        'api-token': '',
        'api-email': stream.email,
        'api-key': stream.key,
      },
    });
    expect(exitCode).toBe(0);
    expect(outputs).toMatchObject({ status: 'deleted', 'download-url': '', 'percent-complete': '' });
    expect(stream.requests.map(({ method }) => method)).toEqual(['DELETE', 'GET']);
  });

  test.concurrent('fails with annotations and all outputs written when some videos fail', async () => {
    await using stream = await startLocalStream();
    const good = stream.addVideo({ generateMs: 100 });
    const broken = stream.addVideo({ errorReasonCode: 'ERR_NON_VIDEO' });
    const { annotations, exitCode, outputs } = await runBuiltAction(stream, {
      inputs: { 'video-id': `${unknownId},${good.uid},${broken.uid}`, wait: 'true', 'poll-interval': '1s' },
    });
    expect(exitCode).toBe(1);
    expect(Object.keys(outputs).toSorted()).toEqual(outputNames);
    expect(outputs).toMatchObject({ status: 'failed', 'video-id': unknownId, count: '3', failed: '2' });
    expect(JSON.parse(outputs['downloads'] ?? '')).toMatchObject([
      { videoId: unknownId, status: 'failed', error: { code: 10003, httpStatus: 404 } },
      { videoId: good.uid, status: 'ready' },
      { videoId: broken.uid, status: 'none', error: { message: expect.stringContaining('ERR_NON_VIDEO') } },
    ]);
    expect(annotations).toHaveLength(2);
    expect(annotations[0]).toContain(`Video ${unknownId}: The account has no such video.`);
    expect(annotations[1]).toContain(`Video ${broken.uid}:`);
  });

  test.concurrent('fails at its time limit with the last state', async () => {
    await using stream = await startLocalStream();
    const { uid } = stream.addVideo({ generateMs: 3_600_000, progress: () => 42 });
    const { annotations, exitCode, outputs } = await runBuiltAction(stream, {
      inputs: { 'video-id': uid, wait: 'true', timeout: '2s' },
    });
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'inprogress', 'percent-complete': '42', failed: '1' });
    expect(outputs['download-url']).toContain(uid);
    expect(annotations).toEqual([expect.stringContaining('time limit of 2 s')]);
  });

  test.concurrent('fails with the missing permission if the token is read-only', async () => {
    await using stream = await startLocalStream();
    const { uid } = stream.addVideo();
    const { annotations, exitCode } = await runBuiltAction(stream, {
      inputs: { 'video-id': uid, 'api-token': stream.readOnlyToken },
    });
    expect(exitCode).toBe(1);
    expect(annotations).toEqual([expect.stringContaining('Account · Stream · Edit')]);
  });

  test.concurrent('has one debug line per request with debug logging', async () => {
    await using stream = await startLocalStream();
    const { uid } = stream.addVideo({ generateMs: 100 });
    const { exitCode, log } = await runBuiltAction(stream, {
      inputs: { 'video-id': uid, wait: 'true', 'poll-interval': '1s' },
      env: { RUNNER_DEBUG: '1' },
    });
    expect(exitCode).toBe(0);
    const { host } = new URL(stream.apiUrl);
    const lines = log.filter((line) => line.startsWith('::debug::'));
    expect(lines).toHaveLength(stream.requests.length);
    for (const [index, { method, path, rayId }] of stream.requests.entries()) {
      expect(lines[index]).toMatch(
        new RegExp(`^::debug::${method} ${host}${path}: 200, Ray ID ${rayId}, \\d+ ms$`),
      );
    }
  });

  test.concurrent('logs the causes of a failure with debug logging', async () => {
    await using stream = await startLocalStream();
    stream.faults.add({ route: 'any', times: Infinity, fault: { kind: 'reset' } });
    const { uid } = stream.addVideo();
    const { exitCode, log } = await runBuiltAction(stream, {
      inputs: { 'video-id': uid, timeout: '2s' },
      env: { RUNNER_DEBUG: '1', CLOUDFLARE_API_KEY: 'aKeyOfTheEnvironmentThatIsNotUsed' },
    });
    expect(exitCode).toBe(1);
    const debug = log.filter((line) => line.startsWith('::debug::')).join('\n');
    expect(debug).toContain('caused by');
    expect(debug).toContain('ECONNRESET');
  });
});
