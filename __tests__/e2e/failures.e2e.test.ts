import { describe, expect, jest, test } from '@jest/globals';
import { runAction } from '../../local-runner/run-action.ts';
import { garbage } from '../../local-stream/faults.ts';
import { startLocalStream } from '../../local-stream/server.ts';
import { runBuiltAction } from '../harness/built-action.ts';
import { emptyOutputs } from '../harness/check-step.ts';

// The tests of a file run concurrently, each with its own process, which is slow on a busy machine.
jest.setTimeout(30_000);

const videoId = 'a'.repeat(32);

/** The outputs of a step with invalid inputs. */
const outputsWithoutRecords = {
  ...emptyOutputs,
  status: 'failed',
  'results-file': expect.stringMatching(/^\/.*\.json$/),
};

describe('the built action, with invalid inputs', () => {
  test.concurrent('reports every problem at once, writes its outputs and sends no request', async () => {
    await using stream = await startLocalStream();
    const { annotations, exitCode, outputs } = await runBuiltAction(stream, {
      inputs: {
        operation: 'purge',
        'video-id': `${videoId},\n\n., .., a/b, a?b a\\b`,
        video_id: videoId,
        'api-token': '',
        'api-email': 'user@example.org',
        type: 'webm',
        wait: 'ja',
        timeout: '600h',
        'poll-interval': 'often',
        concurrency: '0',
        'api-url': 'ftp://a.example',
        'dry-run': 'maybe',
        'created-after': '2026-02-30',
        shard: '5/4',
        'resume-from': '/etc/passwd',
        'save-to': '/videos/',
        filename: 'a b',
        'signed-url': 'true',
        'signed-url-ttl': '2d',
      },
      env: { CLOUDFLARE_API_KEY: 'aKeyThatIsNotUsed' },
    });
    expect(exitCode).toBe(1);
    expect(outputs).toEqual(outputsWithoutRecords);
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
      'created-after',
      'shard',
      'resume-from',
      'save-to',
      'filename',
      'signed-url',
      'signed-url-ttl',
    ]) {
      expect(annotations[0]).toContain(`\`${name}\``);
    }
    for (const id of ['"."', '".."', '"a/b"', '"a?b"', '"a\\\\b"']) expect(annotations[0]).toContain(id);
    // One annotation of several lines, which the runner requires to be escaped.
    expect(annotations[0]?.match(/%0A/g)?.length).toBeGreaterThanOrEqual(15);
  });

  test.concurrent('reports a token of several lines without showing it', async () => {
    await using stream = await startLocalStream();
    const { annotations, exitCode, outputs } = await runBuiltAction(stream, {
      inputs: { 'video-id': videoId, 'api-token': '' },
      env: { CLOUDFLARE_API_TOKEN: 'aTokenOfTheFirstLine\naTokenOfTheSecondLine', RUNNER_DEBUG: '1' },
    });
    expect(exitCode).toBe(1);
    expect(outputs).toEqual(outputsWithoutRecords);
    expect(stream.requests).toEqual([]);
    expect(annotations).toEqual([expect.stringContaining('CLOUDFLARE_API_TOKEN contains white space')]);
  });

  test.concurrent('accepts a token that ends in a new line, as secrets often do', async () => {
    await using stream = await startLocalStream();
    const { uid } = stream.addVideo({ downloads: { default: 'ready' } });
    const { exitCode } = await runBuiltAction(stream, {
      inputs: { 'video-id': uid, 'api-token': `${stream.token}\n` },
      env: { RUNNER_DEBUG: '1' },
    });
    expect(exitCode).toBe(0);
  });
});

describe('the built action, at a wrong `api-url`', () => {
  test.concurrent('reports that nothing listens there', async () => {
    const stream = await startLocalStream();
    await stream.close();
    const { annotations, exitCode, log, outputs } = await runBuiltAction(stream, {
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

  test.concurrent('reports a page in place of the API, with the start of its text', async () => {
    await using stream = await startLocalStream();
    stream.faults.add({ route: 'any', times: Infinity, fault: garbage('html') });
    const { annotations, exitCode, outputs } = await runBuiltAction(stream, {
      inputs: { 'video-id': videoId, timeout: '3s' },
    });
    expect(exitCode).toBe(1);
    expect(outputs).toMatchObject({ status: 'failed', failed: '1' });
    expect(annotations).toHaveLength(1);
    expect(annotations[0]).toContain('text/html');
    expect(annotations[0]).toContain('It works!');
    expect(annotations[0]).toContain('`api-url`');
  });

  test.concurrent('reports another server at once', async () => {
    await using stream = await startLocalStream();
    const { annotations, exitCode } = await runBuiltAction(stream, {
      inputs: { 'video-id': videoId, 'api-url': stream.deliveryUrl },
    });
    expect(exitCode).toBe(1);
    expect(annotations).toHaveLength(1);
    expect(annotations[0]).toContain('`api-url`');
    expect(annotations[0]).not.toContain('no such video');
    expect(stream.requests).toHaveLength(1);
  });
});

describe('the built action, with an unusual runner', () => {
  test.concurrent('fails if the file for the outputs does not exist', async () => {
    await using stream = await startLocalStream();
    const { uid } = stream.addVideo({ downloads: { default: 'ready' } });
    const { annotations, exitCode, log } = await runBuiltAction(stream, {
      inputs: { 'video-id': uid },
      env: { GITHUB_OUTPUT: '/no/such/file' },
    });
    expect(exitCode).toBe(1);
    expect(annotations).toEqual([expect.stringContaining('/no/such/file')]);
    // The log has the URL all the same.
    expect(log.join('\n')).toContain(`${stream.deliveryUrl}/${uid}/downloads/default.mp4`);
  });

  test.concurrent('succeeds without the files that it does not need', async () => {
    await using stream = await startLocalStream();
    const { uid } = stream.addVideo({ downloads: { default: 'ready' } });
    const { exitCode, outputs } = await runBuiltAction(stream, {
      inputs: { 'video-id': uid },
      env: { GITHUB_STEP_SUMMARY: '', GITHUB_STATE: '', GITHUB_ENV: '' },
    });
    expect(exitCode).toBe(0);
    expect(outputs['status']).toBe('ready');
  });

  test.concurrent('writes its outputs even if its log is closed', async () => {
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
