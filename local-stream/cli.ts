import { parseArgs } from 'node:util';
import { integer, portNumber, runServer, serverOptions, UsageError } from '../local-http/command-line.ts';
import { exampleVideos } from './example-videos.ts';
import { faultRoutes, namedFaults, plannedFault, transientFaults } from './named-faults.ts';
import { type LocalStream, startLocalStream } from './server.ts';

/** A video as the banner lists it. */
interface AddedVideo {
  readonly uid: string;
  readonly title: string;
  readonly shows: string;
}

const dayMs = 86_400_000;

const usage = `A local Cloudflare Stream, to try workflows and programs without an account.

Usage: npm run local-stream -- [options]

  --port PORT         the port of the API, 0 for any free port (default 8787)
  --host ADDRESS      the address to listen on (default 127.0.0.1)
  --encode-ms MS      how long an uploaded video is encoded, in milliseconds (default 3000)
  --generate-ms MS    how long a download is generated, in milliseconds (default 2000)
  --fault-rate RATE   the fraction of all requests that fail, 0 to 1 (default 0)
  --fault ROUTE=NAME  every request to the route meets this fault; may be repeated
  --help              show this help

Routes: ${listed(faultRoutes)}

Faults: ${listed(Object.keys(namedFaults))}
`;

await runServer('local-stream', async () => {
  const { values } = parseArgs({
    options: {
      ...serverOptions(8787),
      'encode-ms': { type: 'string', default: '3000' },
      'generate-ms': { type: 'string', default: '2000' },
      'fault-rate': { type: 'string', default: '0' },
      fault: { type: 'string', multiple: true, default: [] },
    },
  });
  if (values.help) return usage;
  const port = portNumber(values.port);
  const encodeMs = integer('encode-ms', values['encode-ms'], Number.MAX_SAFE_INTEGER);
  const generateMs = integer('generate-ms', values['generate-ms'], Number.MAX_SAFE_INTEGER);
  const rate = fraction('fault-rate', values['fault-rate']);
  const faults = values.fault.map(plannedFault);

  const uploads = { phases: { queuedMs: 500, encodeMs }, generateMs };
  const stream = await startLocalStream({ host: values.host, port, uploads });
  for (const planned of faults) stream.faults.add(planned);
  stream.faults.addRandom({ seed: 1, rate, faults: transientFaults });
  const startMs = Date.now();
  const videos = exampleVideos.map(({ shows, ageDays, video }) => {
    const created = new Date(startMs - ageDays * dayMs);
    const { uid } = stream.addVideo({ generateMs, created, ...video });
    return { uid, title: video.name, shows };
  });
  return { banner: banner(stream, videos), close: stream.close };
});

function fraction(option: string, text: string): number {
  const number = Number(text);
  if (/^\d*\.?\d+$/.test(text) && number <= 1) return number;
  throw new UsageError(`--${option}: "${text}" is not a number from 0 to 1`);
}

/** Lists names in lines of the width of the usage. */
function listed(names: readonly string[]): string {
  return names.join(', ').replace(/(.{1,68})(?: |$)(?!$)/g, '$1\n        ');
}

function banner(stream: LocalStream, videos: readonly AddedVideo[]): string {
  const widestTitle = Math.max(...videos.map(({ title }) => title.length));
  const table = videos.map(({ uid, title, shows }) => `  ${uid}  ${title.padEnd(widestTitle)}  ${shows}`);
  return `Local Stream is listening.

  API               ${stream.apiUrl}
  delivery          ${stream.deliveryUrl}
  account           ${stream.accountId}
  token             ${stream.token}
  read-only token   ${stream.readOnlyToken}
  e-mail and key    ${stream.email}  ${stream.key}

Its videos:

${table.join('\n')}

In a workflow (with "video-id: all" for all of them):

  with:
    api-url: ${stream.apiUrl}
    api-token: ${stream.token}
    account-id: ${stream.accountId}
    video-id: ${videos[0]?.uid}
    wait: true

To upload a video:

  curl -F file=@clip.mp4 -H 'Authorization: Bearer ${stream.token}' \\
    ${stream.apiUrl}/accounts/${stream.accountId}/stream

The account, the tokens and the video IDs are the same at every start. Press Ctrl+C to stop.
`;
}
