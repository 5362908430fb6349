import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach } from '@jest/globals';

/** The processes of one server's command line; those that a test leaves behind are killed after it. */
export function commandLine(cli: URL) {
  const started: ChildProcess[] = [];
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
  });

  const start = (...args: string[]) => {
    const child = spawn(process.execPath, [fileURLToPath(cli), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.push(child);
    return child;
  };
  return {
    /** Starts the server. Returns what it prints, and the values in it by the label of each line. */
    startServer: async (...args: string[]) => {
      const child = start('--port', '0', ...args);
      let output = '';
      for await (const chunk of child.stdout) {
        output += chunk;
        if (output.includes('Ctrl+C')) break;
      }
      const value = (label: string) => new RegExp(`^ +${label}[: =] *(\\S+)`, 'm').exec(output)?.[1] ?? '';
      return { child, output, value };
    },
    /** Runs the command until it exits. */
    run: async (...args: string[]) => {
      const child = start(...args);
      const [out, err, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close'),
      ]);
      return { code, out, err };
    },
  };
}
