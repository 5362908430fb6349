import { describe, expect, test } from '@jest/globals';
import { Stage } from '../harness/stage.ts';

const minuteMs = 60_000;
const phases = { encodeMs: 2 * minuteMs, qualitiesMs: 3 * minuteMs };
const waiting = { wait: 'true', 'poll-interval': '30s' };

describe.each(['ready', 'inprogress'] as const)('while other qualities are encoded (state %s)', (state) => {
  const open = () => Stage.open({ readings: { qualitiesState: state } });

  test('the MP4 waits for all of them, since it may have a lower one otherwise', async () => {
    await using stage = await open();
    const { uid } = stage.stream.addVideo({ phases });
    const step = await stage.run({ 'video-id': uid, ...waiting });
    expect([step.exitCode, step.record.status]).toEqual([0, 'ready']);
    expect(stage.timesOf('POST downloads')).toEqual([5 * minuteMs]);
    expect(step.log.join('\n')).toMatch(/· encoding (its other qualities )?\d+ %/);
  });

  test('the M4A is created with the first one', async () => {
    await using stage = await open();
    const { uid } = stage.stream.addVideo({ phases });
    const step = await stage.run({ 'video-id': uid, type: 'audio', ...waiting });
    expect([step.exitCode, step.record.status]).toEqual([0, 'ready']);
    expect(stage.timesOf('POST downloads/audio')).toEqual([0, 2 * minuteMs]);
  });

  test('both types are polled together', async () => {
    await using stage = await open();
    const { uid } = stage.stream.addVideo({ phases });
    const step = await stage.run({ 'video-id': uid, type: 'audio default', ...waiting });
    expect(step.records).toMatchObject([{ status: 'ready' }, { status: 'ready' }]);
    expect(stage.timesOf('POST downloads')).toEqual([5 * minuteMs]);
    expect(stage.timesOf('POST downloads/audio').at(-1)).toBe(2 * minuteMs);
    // Every 30 s for 5 minutes, once for both.
    expect(stage.count('GET')).toBeLessThanOrEqual(12);
  });

  test.each(['ready', 'inprogress', 'error'] as const)('an MP4 that exists is kept: %s', async (status) => {
    await using stage = await open();
    const { uid } = stage.stream.addVideo({
      phases: { qualitiesMs: 60 * minuteMs },
      downloads: { default: status },
      generateMs: minuteMs,
    });
    const step = await stage.run({ 'video-id': uid, ...waiting });
    expect(step.record.status).toBe(status === 'error' ? 'error' : 'ready');
    expect(step.exitCode).toBe(status === 'error' ? 1 : 0);
    expect(step.tookMs).toBe(status === 'inprogress' ? minuteMs : 0);
    expect(stage.count('POST downloads')).toBe(0);
    expect(step.log.join('\n')).not.toContain('no MP4');
  });

  test('without `wait` the MP4 is created at once', async () => {
    await using stage = await open();
    const { uid } = stage.stream.addVideo({ phases: { qualitiesMs: minuteMs } });
    const step = await stage.run({ 'video-id': uid });
    expect([step.exitCode, step.record.status]).toEqual([0, 'inprogress']);
    expect(stage.calls).toEqual(['POST downloads']);
  });

  test('the time limit says what was waited for', async () => {
    await using stage = await open();
    const { uid } = stage.stream.addVideo({ phases: { qualitiesMs: 60 * minuteMs } });
    const step = await stage.run({ 'video-id': uid, wait: 'true', timeout: '6m' });
    expect(step.record).toMatchObject({ status: 'none', url: null });
    expect(step.message).toMatch(/the video was not ready \(encoding (its other qualities )?\d %/);
  });
});

test.each([
  ['auto', ['GET', 'POST downloads']],
  ['never', ['GET', 'POST downloads']],
  ['always', ['GET', 'POST downloads', 'POST token']],
])('the look at a ready video serves signing as well: signed-url: %s', async (mode, calls) => {
  await using stage = await Stage.open({ inputs: { 'signed-url': mode } });
  const { uid } = stage.stream.addVideo({ name: 'Film', downloads: { default: 'ready' } });
  const step = await stage.run({ 'video-id': uid, wait: 'true', filename: '{name}' });
  expect(step.exitCode).toBe(0);
  expect(step.outputs['download-url']).toContain('filename=Film');
  expect(stage.calls).toEqual(calls);
});
