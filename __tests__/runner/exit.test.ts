import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { exit } from '../../src/runner/exit.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A process that records how it ends, with a log that is written when `drain` is called. */
function fakeProcess(activeResources: string[] = []) {
  const drained = Promise.withResolvers<void>();
  const ends: unknown[] = [];
  const self = {
    pid: 42,
    exit: (code: number) => ends.push(code),
    kill: (pid: number, signal: string) => ends.push([pid, signal]),
    getActiveResourcesInfo: () => activeResources,
    stdout: { write: (_text: string, written: () => void) => void drained.promise.then(written) },
  };
  return { self: self as unknown as typeof process, ends, drain: () => drained.resolve() };
}

test('the process ends once its log is written', async () => {
  const { drain, ends, self } = fakeProcess();
  exit(1, self);
  await jest.advanceTimersByTimeAsync(59_000);
  expect(ends).toEqual([]);
  drain();
  await jest.advanceTimersByTimeAsync(0);
  expect(ends).toEqual([1]);
});

test('a log that nobody reads delays its end by a minute at most', async () => {
  const { ends, self } = fakeProcess();
  exit(0, self);
  await jest.advanceTimersByTimeAsync(60_000);
  expect(ends).toEqual([0]);
});

test.each([
  [0, 0],
  [1, [42, 'SIGKILL']],
] as const)('with exit code %d, a DNS lookup that is not finished leads to %j', async (exitCode, end) => {
  const { drain, ends, self } = fakeProcess(['PipeWrap', 'GetAddrInfoReqWrap']);
  exit(exitCode, self);
  drain();
  await jest.advanceTimersByTimeAsync(0);
  expect(ends).toEqual([end]);
});
