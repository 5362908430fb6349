import { systemClock } from './core/clock.ts';
import { receive } from './http/receive.ts';
import { run } from './run.ts';
import { actionsRunner } from './runner/runner.ts';
import { cancellationSignal } from './runner/signals.ts';

// Outputs are written even if nothing reads the log any more.
process.stdout.on('error', () => {});

// Chunks import from this file, so they would wait forever for an `await` at its top level.
run({
  runner: actionsRunner(),
  clock: systemClock,
  random: Math.random,
  fetch: globalThis.fetch,
  receive,
  cancelled: cancellationSignal(),
}).then((exitCode) => {
  process.exitCode = exitCode;
  // A DNS lookup cannot be aborted, and would delay the end of a cancelled step.
  setTimeout(() => process.exit(), 300).unref();
});
