import { expect, test } from '@jest/globals';
import { cancellationSignal } from '../../src/runner/signals.ts';

test.each(['SIGINT', 'SIGTERM', 'SIGBREAK'])('%s cancels the run, and is the reason', (name) => {
  const cancelled = cancellationSignal();
  expect(cancelled.aborted).toBe(false);
  process.emit(name as NodeJS.Signals);
  expect(cancelled.reason).toBe(name);
});
