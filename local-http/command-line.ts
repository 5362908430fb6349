/** An invalid command line, reported without a stack trace. */
export class UsageError extends Error {}

/** A server that a command line has started. */
export interface RunningServer {
  /** What the user needs to know to use it. */
  readonly banner: string;
  /** Stops it, so that the process ends. May be called again. */
  close(): Promise<void>;
}

/** The options that every server has, for `parseArgs`. */
export function serverOptions(defaultPort: number) {
  return {
    port: { type: 'string', default: String(defaultPort) },
    host: { type: 'string', default: '127.0.0.1' },
    help: { type: 'boolean', default: false },
  } as const;
}

/**
 * Parses the value of an option.
 *
 * @throws {UsageError} when it is not an integer from 0 to `max`
 */
export function integer(option: string, text: string, max: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= max) return number;
  throw new UsageError(`--${option}: "${text}" is not an integer from 0 to ${max}`);
}

/**
 * Parses the value of `--port`.
 *
 * @throws {UsageError} when it is not the number of a port
 */
export function portNumber(text: string): number {
  return integer('port', text, 65_535);
}

/**
 * Runs a server as the process of `npm run NAME`: prints its banner, reports what the user can fix without a stack trace,
 * and ends on a signal or with npm.
 *
 * @param start starts the server, or returns its usage
 */
export async function runServer(name: string, start: () => Promise<RunningServer | string>): Promise<void> {
  try {
    const started = await start();
    if (typeof started === 'string') {
      process.stdout.write(started);
      return;
    }
    // On Ctrl+C the signal arrives twice, from the terminal and from npm.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, started.close);
    closeWithNpm(started);
    process.stdout.write(started.banner);
  } catch (error) {
    const message = userMessage(error);
    if (message === undefined) throw error;
    process.stderr.write(`${name}: ${message}\n`);
    process.exitCode = 1;
  }
}

const parentCheckMs = 250;

/**
 * Closes a server whose npm is gone: npm that is killed sends no signal, and the server would hold its port for ever. A
 * server started without npm may outlive its parent.
 */
function closeWithNpm(server: RunningServer): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const npm = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(timer);
    void server.close();
  }, parentCheckMs);
  timer.unref();
}

/** Returns the message for an error that the user can fix; `undefined` for any other. */
function userMessage(error: unknown): string | undefined {
  if (!Error.isError(error)) return undefined;
  const code = 'code' in error ? String(error.code) : '';
  if (error instanceof UsageError || code.startsWith('ERR_PARSE_ARGS'))
    return `${error.message}\nSee --help.`;
  if (code === 'EADDRINUSE')
    return `${error.message}\nChoose another port with --port, or 0 for any free port.`;
  return 'syscall' in error ? error.message : undefined;
}
