import { PassThrough } from 'node:stream';
import { describe, expect, jest, test } from '@jest/globals';
import { openTerminal } from '../../src/report/terminal.ts';
import { SavingStage } from '../harness/saving-step.ts';
import { screenOf } from '../harness/screen.ts';

jest.setTimeout(20_000);

/** A stream like that of a terminal, with all that was written to it. */
function fakeTerminal(columns = 80) {
  const stream = Object.assign(new PassThrough(), { columns, rows: 24, isTTY: true });
  let written = '';
  stream.on('data', (data) => {
    written += data;
  });
  return { stream: stream as unknown as NodeJS.WriteStream, written: () => written };
}

describe('a terminal', () => {
  test('shows what is drawn in the place of what was drawn before', async () => {
    const { stream, written } = fakeTerminal();
    const terminal = await openTerminal(stream);
    terminal.draw('a: 1 %\nb: 2 %');
    expect(screenOf(written())).toEqual(['a: 1 %', 'b: 2 %']);
    terminal.draw('a: 3 %');
    expect(screenOf(written())).toEqual(['a: 3 %']);
    terminal.draw('a: 4 %\nb: 5 %\nc: 6 %');
    expect(screenOf(written())).toEqual(['a: 4 %', 'b: 5 %', 'c: 6 %']);
  });

  test('shows nothing of it once it is cleared, and lines after it in its place', async () => {
    const { stream, written } = fakeTerminal();
    const terminal = await openTerminal(stream);
    stream.write('before\n');
    terminal.draw('a: 1 %\nb: 2 %');
    terminal.clear();
    stream.write('a line\n');
    terminal.draw('a: 2 %');
    expect(screenOf(written())).toEqual(['before', 'a line', 'a: 2 %']);
    terminal.clear();
    terminal.clear();
    expect(screenOf(written())).toEqual(['before', 'a line']);
  });

  test('is left as it was where nothing was drawn', async () => {
    const { stream, written } = fakeTerminal();
    const terminal = await openTerminal(stream);
    terminal.clear();
    stream.write('a line\n');
    expect(screenOf(written())).toEqual(['a line']);
  });

  test('wraps a line that is too wide, and takes all of it away', async () => {
    const { stream, written } = fakeTerminal(20);
    const terminal = await openTerminal(stream);
    terminal.draw(`a ${'█'.repeat(24)} 50 %`);
    terminal.clear();
    stream.write('a line\n');
    expect(screenOf(written())).toEqual(['a line']);
  });

  test('shows the bars of a step that saves, and none of them when it is over', async () => {
    await using stage = await SavingStage.open();
    const { stream, written } = fakeTerminal(200);
    const media = { default: { sizeBytes: 1_000_000 } };
    const { uid } = stage.stream.addVideo({ media, downloads: { default: 'ready' } });
    stage.stream.faults.add({ route: 'delivery.get', fault: { kind: 'drip', bytes: 50_000, everyMs: 20 } });
    const step = await stage.run({ 'video-id': uid, 'save-to': 'a.mp4' }, { terminal: stream });
    expect(step.exitCode).toBe(0);
    expect(written()).toMatch(/█+░+ default: \d+ kB of 1 MB, \d+ %, [\d.]+ kB\/s, about /);
    expect(screenOf(written())).toEqual([]);
    expect(step.log.filter((line) => line.startsWith('saving'))).toEqual([]);
  });
});
