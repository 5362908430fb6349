import { describe, expect, jest, test } from '@jest/globals';
import { runAction } from '../../local-runner/run-action.ts';
import { garbage } from '../../local-stream/faults.ts';
import { startLocalStream } from '../../local-stream/server.ts';
import { runOnStream } from '../harness/action-on-stream.ts';

// Processes are started side by side, which takes its time on a busy machine.
jest.setTimeout(30_000);

const videoId = 'a'.repeat(32);

/** The outputs of a step whose inputs are wrong. */
const emptyOutputs = {
  'download-url': '',
  status: '',
  'percent-complete': '',
  'video-id': '',
  type: '',
  file: '',
  size: '',
  sha256: '',
  'asset-url': '',
  downloads: '[]',
  'results-file': expect.stringMatching(/^\/.*\.json$/),
  count: '0',
  failed: '0',
};

describe('the built action, when its inputs are wrong', () => {
  test.concurrent('tells all that is wrong at once, writes its outputs and makes no request', async () => {
    await using stream = await startLocalStream();
    const { annotations, exitCode, outputs } = await runOnStream(stream, {
      inputs: {
        operation: 'purge',
        'video-id': `${videoId},\n\n., .., a/b, a?b a\\b`,
        video_id: videoId,
        'api-token': '',
        'api-email': 'somebody@a.example',
        type: 'mp4',
        wait: 'ja',
        timeout: '600h',
        'poll-interval': 'often',
        concurrency: '0',
        'api-url': 'ftp://a.example',
        'dry-run': 'true',
        'save-to': '/videos/',
        filename: 'a b',
        'signed-url': 'true',
        'signed-url-ttl': '2d',
      },
      env: { CLOUDFLARE_API_KEY: 'aKeyThatIsMaskedAllTheSame' },
    });
    expect(exitCode).toBe(1);
    expect(outputs).toEqual(emptyOutputs);
    expect(stream.requests).toEqual([]);
    expect(annotations).toHaveLength(1);
    for (const name of [
      'operation',
      'video-id',
      'video_id',
      'api-email',
      'type',
      'wait',
      'timeout',
      'poll-interval',
      'concurrency',
      'api-url',
      'dry-run',
      'save-to',
      'filename',
      'signed-url',
      'signed-url-ttl',
    ]) {
      expect(annotations[0]).toContain(`\`${name}\``);
    }
    for (const id of ['"."', '".."', '"a/b"', '"a?b"', '"a\\\\b"']) expect(annotations[0]).toContain(id);
    // One annotation of several lines: the runner wants them escaped.
    expect(annotations[0]?.match(/%0A/g)?.length).toBeGreaterThanOrEqual(15);
  });

  test.concurrent('tells of a token of several lines without a word of it', async () => {
    await using stream = await startLocalStream();
    const { annotations, exitCode, outputs } = await runOnStream(stream, {
      inputs: { 'video-id': videoId, 'api-token': '' },
      env: { CLOUDFLARE_API_TOKEN: 'aTokenOfTheFirstLine\naTokenOfTheSecondLine', RUNNER_DEBUG: '1' },
    });
    expect(exitCode).toBe(1);
    expect(outputs).toEqual(emptyOutputs);
    expect(stream.requests).toEqual([]);
    expect(annotations).toEqual([expect.stringContaining('CLOUDFLARE_API_TOKEN holds white space')]);
  });

  test.concurrent('takes a token that ends in a new line, as a secret often does', async () => {
    await using stream = await startLocalStream();
    const { uid } = stream.addVideo({ downloads: { default: 'ready' } });
    const { exitCode } = await runOnStream(stream, {
      inputs: { 'video-id': uid, 'api-token': `${stream.token}\n` },
      env: { RUNNER_DEBUG: '1' },
    });
    expect(exitCode).toBe(0);
  });
});

describe('the built action, when the API is not there', () => {
  test.concurrent('tells that nothing answers at the address', async () => {
    const stream = await startLocalStream();
    await stream.close();
    const { annotations, exitCode, log, outputs } = await runOnStream(stream, {
      inputs: { 'video-id': videoId, timeout: '3s' },
    });
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'failed', 'video-id': videoId, count: '1', failed: '1' });
    expect(annotations).toHaveLength(1);
    expect(annotations[0]).toContain('ECONNREFUSED');
    expect(annotations[0]).toContain(new URL(stream.apiUrl).host);
    expect(annotations[0]).toContain('`api-url`');
    expect(log.join('\n')).toContain('next attempt in');
  });

  test.concurrent('tells that a page answers in its place, and shows its beginning', async () => {
    await using stream = await startLocalStream();
    stream.faults.add({ route: 'any', times: Infinity, fault: garbage('html') });
    const { annotations, exitCode, outputs } = await runOnStream(stream, {
      inputs: { 'video-id': videoId, timeout: '3s' },
    });
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'failed', failed: '1' });
    expect(annotations).toHaveLength(1);
    expect(annotations[0]).toContain('text/html');
    expect(annotations[0]).toContain('It works!');
    expect(annotations[0]).toContain('`api-url`');
  });

  test.concurrent('tells at once that the address is another server’s', async () => {
    await using stream = await startLocalStream();
    const { annotations, exitCode } = await runOnStream(stream, {
      inputs: { 'video-id': videoId, 'api-url': stream.deliveryUrl },
    });
    expect(exitCode).toBe(1);
    expect(annotations).toHaveLength(1);
    expect(annotations[0]).toContain('`api-url`');
    expect(annotations[0]).not.toContain('no such video');
    expect(stream.requests).toHaveLength(1);
  });
});

describe('the built action, when the runner is odd', () => {
  test.concurrent('tells that the file for the outputs is missing, and fails', async () => {
    await using stream = await startLocalStream();
    const { uid } = stream.addVideo({ downloads: { default: 'ready' } });
    const { annotations, exitCode, log } = await runOnStream(stream, {
      inputs: { 'video-id': uid },
      env: { GITHUB_OUTPUT: '/there/is/no/such/file' },
    });
    expect(exitCode).toBe(1);
    expect(annotations).toEqual([expect.stringContaining('/there/is/no/such/file')]);
    // What the outputs would have held is in the log at least.
    expect(log.join('\n')).toContain(`${stream.deliveryUrl}/${uid}/downloads/default.mp4`);
  });

  test.concurrent('does its work without the files that it does not need', async () => {
    await using stream = await startLocalStream();
    const { uid } = stream.addVideo({ downloads: { default: 'ready' } });
    const { exitCode, outputs } = await runOnStream(stream, {
      inputs: { 'video-id': uid },
      env: { GITHUB_STEP_SUMMARY: '', GITHUB_STATE: '', GITHUB_ENV: '' },
    });
    expect(exitCode).toBe(0);
    expect(outputs['status']).toBe('ready');
  });

  test.concurrent('writes its outputs also when nobody takes its log any more', async () => {
    await using stream = await startLocalStream();
    const { uid } = stream.addVideo({ generateMs: 1000 });
    const { exitCode, outputs } = await runAction({
      inputs: {
        'account-id': stream.accountId,
        'api-token': stream.token,
        'api-url': stream.apiUrl,
        'video-id': uid,
        wait: 'true',
        'poll-interval': '1',
      },
      onStart: ({ stdout }) => void stdout?.destroy(),
    });
    expect(exitCode).toBe(0);
    expect(outputs['status']).toBe('ready');
  });
});
