import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type Fault, garbage } from '../../local-stream/faults.ts';
import { injected, injectionText, manyErrors, oversized } from '../../local-stream/hostile-faults.ts';
import { failures } from '../../src/core/failures/table.ts';
import { always } from '../harness/responses.ts';
import { textOf } from '../harness/run-step.ts';
import { Stage, type StagedStep } from '../harness/stage.ts';
import { both } from '../harness/videos.ts';

/** Everything that a step wrote: text for people and outputs, and the results file. */
function everything(step: StagedStep): string {
  const results = readFileSync(step.outputs['results-file'] ?? '', 'utf8');
  return [textOf(step), ...Object.values(step.outputs), results].join('\n');
}

/** Line breaks are the log's own. */
const unprintable = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/** A line that the runner would execute as a command, or show as one. */
const command = /^[\s\u0085]*::|##\[/m;

describe('text that is injected into every response', () => {
  const scenarios = {
    'a ready download': { video: both, inputs: { operation: 'list', wait: 'true' } },
    'a download that is generated': {
      video: { generateMs: 60_000 },
      inputs: { wait: 'true', timeout: '20s' },
    },
    'a video that is encoded': {
      video: { phases: { encodeMs: 60_000 } },
      inputs: { wait: 'true', timeout: '20s' },
    },
    'a video that failed': { video: { state: 'error' }, inputs: {} },
    'a private video': {
      video: { ...both, requireSignedURLs: true },
      inputs: { operation: 'list', 'signed-url': 'auto', 'save-to': 'v/' },
    },
    'a failure of each request': { video: both, inputs: { 'account-id': 'f'.repeat(32) } },
  } as const;

  test.each(Object.entries(scenarios))(
    'is neither a command nor a control character: %s',
    async (_, given) => {
      await using stage = await Stage.open();
      const { uid } = stage.stream.addVideo(given.video);
      stage.stream.faults.add({ route: 'any', fault: injected(), times: always });
      const step = await stage.run({ 'video-id': uid, ...given.inputs });
      const text = everything(step);
      expect(text).not.toMatch(unprintable);
      expect(text).not.toMatch(command);
      expect(text).not.toContain(injectionText.trim());
    },
  );

  test('still shows what a person needs: the state of the video on one line', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ phases: { encodeMs: 60_000 } });
    stage.stream.faults.add({
      route: 'videos.get',
      fault: injected('\n::error::x\u0085::add-mask::y', ['state']),
      times: always,
    });
    const step = await stage.run({ 'video-id': uid, wait: 'true', timeout: '20s' });
    expect(step.message).toContain('inprogress ::error::x ::add-mask::y');
  });
});

/** A page with a byte for each character. */
function binary(contentType: string, bytes: string): Fault {
  return { kind: 'status', status: 400, contentType, body: Buffer.from(bytes, 'latin1') };
}

describe('a body that is not text', () => {
  test.each<[string, Fault]>([
    ['random bytes labelled as JSON', garbage('bytes')],
    ['an MP4 labelled as text', binary('text/plain', '\0\0\0\x10ftypisom')],
    ['a page in Latin-1', binary('text/html', '<html>für\xa0')],
    ['a page with escape sequences', binary('text/html', '<html>\x1b[31m')],
  ])('is described by its type and size: %s', async (_, fault) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    stage.stream.faults.add({ route: 'any', fault, times: always });
    const step = await stage.run({ operation: 'list', 'video-id': uid, timeout: '20s' });
    expect(step.message).toMatch(/ a body of \d+ bytes that is not text \([a-z/]+\)/);
    expect(everything(step)).not.toMatch(/ftyp|<html|\ufffd/);
  });
});

describe('a text that is longer than any real one', () => {
  test('is replaced by its length, and logged once: a state of 20 MB', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ phases: { encodeMs: 600_000 } });
    // A body of more than 1 MiB is not read at all, so the state is just below that.
    stage.stream.faults.add({ route: 'videos.get', fault: oversized('state', 1_000_000), times: always });
    const step = await stage.run({ 'video-id': uid, wait: 'true', timeout: '60s' });
    expect(step.message).toContain('a state of 1,000,000 characters');
    expect(everything(step).length).toBeLessThan(20_000);
  });

  test('is replaced by its length: an error message', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ refuseCreate: always });
    stage.stream.faults.add({ route: 'any', fault: oversized('message', 900_000), times: always });
    const step = await stage.run({ 'video-id': uid });
    expect(step.message).toContain('a message of 900,000 characters');
    expect(everything(step).length).toBeLessThan(20_000);
  });

  test('counts as missing: a URL', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo(both);
    stage.stream.faults.add({ route: 'downloads.list', fault: oversized('url', 400_000), times: always });
    const step = await stage.run({ operation: 'list', 'video-id': uid });
    expect(step.errors.map(({ title }) => title)).toEqual([failures['unknown-answer'].title]);
    expect(step.message).toContain('its URL is one of 400,000 characters');
    expect(step.record).toMatchObject({ status: 'ready', url: null });
    expect(everything(step).length).toBeLessThan(20_000);
  });

  test('counts as missing: a title, so that the ID takes its place', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ ...both, name: 'Film' });
    stage.stream.faults.add({ route: 'videos.get', fault: oversized('name', 900_000), times: always });
    const step = await stage.run({ operation: 'list', type: 'default', 'video-id': uid, 'save-to': 'v/' });
    expect([step.exitCode, step.outputs['file']]).toEqual([0, `v/${uid}.mp4`]);
  });

  test('is left out of a message with how many there are: 10,000 errors', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    stage.stream.faults.add({ route: 'any', fault: manyErrors(10_000), times: always });
    const step = await stage.run({ operation: 'list', 'video-id': uid });
    expect(step.message).toContain('and 9,980 more messages');
    expect(step.message).toContain(failures['request-refused'].advice);
    expect(step.message.length).toBeLessThan(4096);
    expect(everything(step).length).toBeLessThan(20_000);
  });

  test('is not read if it does not fit into the limit of a body: 200,000 errors', async () => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo();
    stage.stream.faults.add({ route: 'any', fault: manyErrors(200_000), times: always });
    const step = await stage.run({ operation: 'list', 'video-id': uid });
    expect(step.message).toContain('a body that is too large (application/json)');
    expect(everything(step).length).toBeLessThan(20_000);
  });
});
