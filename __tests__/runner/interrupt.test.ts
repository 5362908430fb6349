import { expect, test } from '@jest/globals';
import { interruptSignal } from '../../src/runner/interrupt.ts';

test.each(['SIGINT', 'SIGTERM', 'SIGBREAK'])('%s interrupts, and is the reason', (name) => {
  const signal = interruptSignal();
  expect(signal.aborted).toBe(false);
  process.emit(name as NodeJS.Signals);
  expect(signal.reason).toBe(name);
});
