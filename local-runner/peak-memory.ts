/**
 * The `NODE_OPTIONS` with which a process reports its own peak memory at its exit, on Linux. `resourceUsage().maxRSS` would
 * be too much: it contains the memory that the process which started it had.
 *
 * @param report a statement that uses `kilobytes`, a string, and `node:fs` as `fs`
 */
export function peakMemoryOptions(report: string): string {
  const code = `import * as fs from 'node:fs';
process.on('exit', () => {
  const [, kilobytes] = /VmHWM:\\s*(\\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'));
  ${report};
});`;
  return `--import data:text/javascript,${encodeURIComponent(code)}`;
}
