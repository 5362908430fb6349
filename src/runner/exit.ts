/** How long the process stays for a log that nobody reads, in ms. */
const longestDrainMs = 60_000;

/** The part of Node's `process` that is used. */
type Process = Pick<typeof process, 'exit' | 'getActiveResourcesInfo' | 'kill' | 'pid' | 'stdout'>;

/** Ends the process once its log is written, which a pipe delays until it is read. Nothing else is waited for. */
export function exit(exitCode: 0 | 1, self: Process = process): void {
  const end = () => {
    // A DNS lookup cannot be aborted, and Node would wait for it. The step has failed, however the process ends.
    const isLookingUp = self.getActiveResourcesInfo().includes('GetAddrInfoReqWrap');
    if (exitCode === 1 && isLookingUp) self.kill(self.pid, 'SIGKILL');
    else self.exit(exitCode);
  };
  setTimeout(end, longestDrainMs);
  self.stdout.write('', end);
}
