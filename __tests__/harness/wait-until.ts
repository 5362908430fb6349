import { setTimeout as pause } from 'node:timers/promises';

/** Longer than any wait takes on a busy machine, in real ms. */
const longestMs = 20_000;

/** Resolves once a condition holds, and rejects if it does not within 20 s. */
export async function waitUntil(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + longestMs; !(await holds()); ) {
    if (performance.now() > endMs) throw new Error(`${holds} did not hold within ${longestMs} ms`);
    await pause(5, undefined, { ref: false });
  }
}
