import { systemClock } from './core/clock.ts';
import { run } from './run.ts';
import { interruptSignal } from './runner/interrupt.ts';
import { actionsRunner } from './runner/runner.ts';

// Who closes the log must not keep the outputs from being written.
process.stdout.on('error', () => {});

process.exitCode = await run({
  runner: actionsRunner(),
  clock: systemClock,
  random: Math.random,
  fetch: globalThis.fetch,
  interrupt: interruptSignal(),
  // GitHub's log keeps every line.
  terminal: process.stdout.isTTY && !process.env['GITHUB_ACTIONS'] ? process.stdout : undefined,
});

// A look-up of a host's name cannot be aborted, and would hold a cancelled step for as long as it takes.
setTimeout(() => process.exit(), 300).unref();
