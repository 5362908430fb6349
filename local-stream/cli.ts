import { parseArgs } from 'node:util';
import { badGateway, gatewayTimeout, rateLimited } from './faults.ts';
import { type LocalStream, startLocalStream } from './server.ts';

const usage = `A Cloudflare Stream for this machine, to try workflows and programs without an account.

Usage: npm run local-stream -- [options]

  --port PORT         the API's port, 0 for any free one (default 8787)
  --host ADDRESS      the address to listen on (default 127.0.0.1)
  --encode-ms MS      how long an uploaded video is encoded (default 3000)
  --generate-ms MS    how long a download is generated (default 2000)
  --fault-rate RATE   the share of the API's and the downloads' requests that go wrong, 0 to 1 (default 0)
  --help              show this
`;

/** A mistake in the command line, told without a stack. */
class UsageError extends Error {}

function settings(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: '8787' },
      host: { type: 'string', default: '127.0.0.1' },
      'encode-ms': { type: 'string', default: '3000' },
      'generate-ms': { type: 'string', default: '2000' },
      'fault-rate': { type: 'string', default: '0' },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    help: values.help,
    host: values.host,
    port: wholeNumber('port', values.port, 65_535),
    encodeMs: wholeNumber('encode-ms', values['encode-ms'], Number.MAX_SAFE_INTEGER),
    generateMs: wholeNumber('generate-ms', values['generate-ms'], Number.MAX_SAFE_INTEGER),
    faultRate: share('fault-rate', values['fault-rate']),
  };
}

function wholeNumber(option: string, text: string, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= most) return number;
  throw new UsageError(`--${option}: "${text}" is not a whole number from 0 to ${most}`);
}

function share(option: string, text: string): number {
  const number = Number(text);
  if (/^\d*\.?\d+$/.test(text) && number <= 1) return number;
  throw new UsageError(`--${option}: "${text}" is not a number from 0 to 1`);
}

function greeting(stream: LocalStream, videoId: string): string {
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

A video of your own:

  curl -F file=@clip.mp4 -H 'Authorization: Bearer ${stream.token}' \\
    ${stream.apiUrl}/accounts/${stream.accountId}/stream

Account, tokens and the video's id are the same at every start. Ctrl+C ends it.
`;
}

/** Why it did not start, if the reason is the caller's to mend. */
function mendable(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? String(error.code) : '';
  if (error instanceof UsageError || code.startsWith('ERR_PARSE_ARGS'))
    return `${error.message}\nTry --help.`;
  if (code === 'EADDRINUSE')
    return `${error.message}\nChoose another port with --port, or 0 for any free one.`;
  return 'syscall' in error ? error.message : undefined;
}

try {
  const { help, host, port, encodeMs, generateMs, faultRate } = settings(process.argv.slice(2));
  if (help) {
    process.stdout.write(usage);
  } else {
    const stream = await startLocalStream({
      host,
      port,
      uploads: { phases: { queuedMs: 500, encodeMs }, generateMs },
    });
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
    process.stdout.write(greeting(stream, uid));
  }
} catch (error) {
  const told = mendable(error);
  if (told === undefined) throw error;
  process.stderr.write(`local-stream: ${told}\n`);
  process.exitCode = 1;
}
