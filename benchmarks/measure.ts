import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { median } from './median.ts';

/** A program to measure. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  /** In addition to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What a run took. */
export interface Usage {
  readonly wallSeconds: number;
  /** User and system time of the processes that ran. */
  readonly cpuSeconds: number;
  /** The most memory that a process had, in MiB. */
  readonly peakMiB: number;
  /** CPU time of the server meanwhile. */
  readonly serverSeconds: number;
}

/** The kernel counts in hundredths of a second. */
const ticksPerSecond = 100;

/** How often the memory of a process is read, in ms; the kernel keeps its peak. */
const pollMs = 10;

/** CPU times in seconds, from `/proc/PID/stat`: of the process itself, and of its children that have ended. */
export function cpuSecondsOf(stat: string): { readonly own: number; readonly children: number } {
  // The name of the program, in parentheses, may contain anything.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = fields.slice(11, 15);
  return {
    own: (user + system) / ticksPerSecond,
    children: (childrenUser + childrenSystem) / ticksPerSecond,
  };
}

function peakMiBOf(pid: number | undefined): number {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/**
 * Runs programs one after the other in a folder.
 *
 * @throws if one fails
 */
export async function measure(
  commands: readonly Command[],
  cwd: string,
  serverSeconds: () => number,
): Promise<Usage> {
  const cpu = () => cpuSecondsOf(readFileSync('/proc/self/stat', 'utf8')).children;
  const start = { wallMs: performance.now(), cpu: cpu(), server: serverSeconds() };
  let peakMiB = 0;
  for (const { args, command, env } of commands) {
    await new Promise<void>((resolve, reject) => {
      const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: 'ignore' });
      const poll = setInterval(() => {
        peakMiB = Math.max(peakMiB, peakMiBOf(child.pid));
      }, pollMs);
      child.on('error', reject);
      child.on('close', (code) => {
        clearInterval(poll);
        if (code === 0) resolve();
        else reject(new Error(`${command} ended with exit code ${code}`));
      });
    });
  }
  return {
    wallSeconds: (performance.now() - start.wallMs) / 1000,
    cpuSeconds: cpu() - start.cpu,
    peakMiB,
    serverSeconds: serverSeconds() - start.server,
  };
}

/** Runs contenders in turns, since a machine is not equally fast at all times, and returns the median of each value. */
export async function inTurns<Name extends string>(
  runs: number,
  contenders: Readonly<Record<Name, () => Promise<Usage>>>,
): Promise<Readonly<Record<Name, Usage>>> {
  const names = Object.keys(contenders) as Name[];
  const usages = new Map<Name, Usage[]>(names.map((name) => [name, []]));
  for (let run = -1; run < runs; run++) {
    for (const name of names) {
      const usage = await contenders[name]();
      // The first run warms up the machine.
      if (run >= 0) usages.get(name)?.push(usage);
    }
  }
  const medians = names.map((name) => {
    const all = usages.get(name) ?? [];
    const of = (value: (usage: Usage) => number) => median(all.map(value));
    return [
      name,
      {
        wallSeconds: of((usage) => usage.wallSeconds),
        cpuSeconds: of((usage) => usage.cpuSeconds),
        peakMiB: of((usage) => usage.peakMiB),
        serverSeconds: of((usage) => usage.serverSeconds),
      },
    ];
  });
  return Object.fromEntries(medians);
}
