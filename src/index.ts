import { systemClock } from './core/clock.ts';
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
  receive: async (url, options) => {
    // Dynamic import: built as its own chunk, loaded only when needed.
    const { receive } = await import('./files/saving.ts');
    return receive(url, options);
  },
  cancelled: cancellationSignal(),
}).then(exit);
