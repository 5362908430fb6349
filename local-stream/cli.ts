import { parseArgs } from 'node:util';
import { apiRoutes } from './api/routes.ts';
import {
  badGateway,
  blocked,
  type Fault,
  garbage,
  gatewayTimeout,
  type PlannedFault,
  rateLimited,
} from './faults.ts';
import {
  endlessHeaders,
  flood,
  gzipBomb,
  injected,
  interimResponses,
  manyErrors,
  surplus,
} from './hostile-faults.ts';
import { type LocalStream, startLocalStream } from './server.ts';

/** The ready-made faults that need no parameters, by their names on the command line. */
const namedFaults: Readonly<Record<string, () => Fault>> = {
  'answer-lost': () => ({ kind: 'answer-lost' }),
  'bad-gateway': badGateway,
  blocked,
  cut: () => ({ kind: 'cut' }),
  'endless-headers': endlessHeaders,
  flood,
  garbage,
  'gateway-timeout': gatewayTimeout,
  'gzip-bomb': gzipBomb,
  injected,
  'interim-responses': interimResponses,
  'many-errors': manyErrors,
  'rate-limited': rateLimited,
  reset: () => ({ kind: 'reset' }),
  stall: () => ({ kind: 'stall' }),
  surplus,
};

const routes = [...apiRoutes, 'delivery.get', 'any'] as const;

const usage = `A local Cloudflare Stream, to try workflows and programs without an account.

Usage: npm run local-stream -- [options]

  --port PORT         the port of the API, 0 for any free port (default 8787)
  --host ADDRESS      the address to listen on (default 127.0.0.1)
  --encode-ms MS      how long an uploaded video is encoded, in milliseconds (default 3000)
  --generate-ms MS    how long a download is generated, in milliseconds (default 2000)
  --fault-rate RATE   the fraction of all requests that fail, 0 to 1 (default 0)
  --fault ROUTE=NAME  every request to the route meets this fault; may be repeated
  --help              show this help

Routes: ${listed(routes)}

Faults: ${listed(Object.keys(namedFaults))}
`;

/** An invalid command line, reported without a stack trace. */
class UsageError extends Error {}

function parseOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: '8787' },
      host: { type: 'string', default: '127.0.0.1' },
      'encode-ms': { type: 'string', default: '3000' },
      'generate-ms': { type: 'string', default: '2000' },
      'fault-rate': { type: 'string', default: '0' },
      fault: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    help: values.help,
    host: values.host,
    port: integer('port', values.port, 65_535),
    encodeMs: integer('encode-ms', values['encode-ms'], Number.MAX_SAFE_INTEGER),
    generateMs: integer('generate-ms', values['generate-ms'], Number.MAX_SAFE_INTEGER),
    faultRate: fraction('fault-rate', values['fault-rate']),
    faults: values.fault.map(plannedFault),
  };
}

function integer(option: string, text: string, max: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= max) return number;
  throw new UsageError(`--${option}: "${text}" is not an integer from 0 to ${max}`);
}

function fraction(option: string, text: string): number {
  const number = Number(text);
  if (/^\d*\.?\d+$/.test(text) && number <= 1) return number;
  throw new UsageError(`--${option}: "${text}" is not a number from 0 to 1`);
}

function plannedFault(text: string): PlannedFault {
  const [routeName, faultName = ''] = text.split('=', 2);
  const route = routes.find((known) => known === routeName);
  const fault = Object.hasOwn(namedFaults, faultName) ? namedFaults[faultName] : undefined;
  if (!route) throw new UsageError(`--fault: "${text}" does not begin with a route and "="`);
  if (!fault) throw new UsageError(`--fault: there is no fault with the name "${faultName}"`);
  return { route, fault: fault(), times: Number.POSITIVE_INFINITY };
}

/** Lists names in lines of the width of the usage. */
function listed(names: readonly string[]): string {
  return names.join(', ').replace(/(.{1,68})(?: |$)(?!$)/g, '$1\n        ');
}

function banner(stream: LocalStream, videoId: string): string {
  return `Local Stream is listening.

  API               ${stream.apiUrl}
  delivery          ${stream.deliveryUrl}
  account           ${stream.accountId}
  token             ${stream.token}
  read-only token   ${stream.readOnlyToken}
  e-mail and key    ${stream.email}  ${stream.key}
  video             ${videoId}  (ready, without downloads)

In a workflow:

  with:
    api-url: ${stream.apiUrl}
    api-token: ${stream.token}
    account-id: ${stream.accountId}
    video-id: ${videoId}
    wait: true

To upload a video:

  curl -F file=@clip.mp4 -H 'Authorization: Bearer ${stream.token}' \\
    ${stream.apiUrl}/accounts/${stream.accountId}/stream

The account, the tokens and the video ID are the same at every start. Press Ctrl+C to stop.
`;
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

try {
  const { help, host, port, encodeMs, generateMs, faultRate, faults } = parseOptions(process.argv.slice(2));
  if (help) {
    process.stdout.write(usage);
  } else {
    const stream = await startLocalStream({
      host,
      port,
      uploads: { phases: { queuedMs: 500, encodeMs }, generateMs },
    });
    for (const planned of faults) stream.faults.add(planned);
    stream.faults.addRandom({
      seed: 1,
      rate: faultRate,
      faults: [
        badGateway(),
        gatewayTimeout(),
        rateLimited(1),
        { kind: 'reset' },
        { kind: 'answer-lost' },
        { kind: 'cut' },
      ],
    });
    const { uid } = stream.addVideo({ name: 'test-pattern.mp4', generateMs });
    process.once('SIGINT', stream.close).once('SIGTERM', stream.close);
    process.stdout.write(banner(stream, uid));
  }
} catch (error) {
  const message = userMessage(error);
  if (message === undefined) throw error;
  process.stderr.write(`local-stream: ${message}\n`);
  process.exitCode = 1;
}
