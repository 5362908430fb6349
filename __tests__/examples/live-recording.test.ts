import { describe, expect, test } from '@jest/globals';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import { testPatternFile } from '../harness/media.ts';
import { runExample } from '../harness/workflow/examples.ts';

const liveInput = 'a'.repeat(32);
const hourMs = 3_600_000;

/** A recording of the broadcast that began some hours ago. */
function record(stream: LocalStream, hours: number, more = {}): string {
  const created = new Date(Date.now() - hours * hourMs);
  return stream.addVideo({ liveInput, created, name: `${hours} h ago`, generateMs: 0, ...more }).uid;
}

describe('the recording of a broadcast', () => {
  test('that is still running is waited for, saved, and kept as an artifact', async () => {
    await using stream = await startLocalStream();
    record(stream, 24 * 7);
    const running = record(stream, 1, { phases: { liveMs: 300, encodeMs: 300 } });
    stream.addVideo({ liveInput: 'b'.repeat(32) });
    const run = await runExample('live-recording', {
      stream,
      vars: { LIVE_INPUT_ID: liveInput },
      with: { 'poll-interval': '1s' },
    });
    expect(run.result).toBe('success');
    expect(run.step('recording').outputs).toMatchObject({ count: '1', 'video-id': running });
    expect(run.artifacts).toEqual([
      {
        name: 'recording',
        files: { 'recordings/1 h ago.mp4': Buffer.from(testPatternFile('default.mp4')) },
      },
    ]);
  });

  test('of an earlier week is not saved again', async () => {
    await using stream = await startLocalStream();
    record(stream, 24 * 7);
    const run = await runExample('live-recording', { stream, vars: { LIVE_INPUT_ID: liveInput } });
    expect(run.steps.map(({ outcome }) => outcome)).toEqual(['success', 'skipped']);
    expect(run.step('recording').outputs).toMatchObject({ count: '0', file: '' });
  });
});
