import { systemClock } from './core/clock.ts';
import { receive } from './http/receive.ts';
import { run } from './run.ts';
import { exit } from './runner/exit.ts';
import { nodeFetch } from './runner/node-fetch.ts';
import { actionsRunner } from './runner/runner.ts';
import { cancellationSignal } from './runner/signals.ts';

// Outputs are written even if nothing reads the log any more.
process.stdout.on('error', () => {});

// Chunks import from this file, so they would wait forever for an `await` at its top level.
run({
  runner: actionsRunner(),
  clock: systemClock,
  random: Math.random,
  fetch: nodeFetch(),
  receive,
  cancelled: cancellationSignal(),
}).then(exit);
