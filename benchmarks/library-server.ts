import { startLocalStream } from '../local-stream/server.ts';

/** What the server sends once it listens. */
export interface LibraryServer {
  readonly apiUrl: string;
  readonly accountId: string;
  readonly token: string;
}

/**
 * A local Stream in a process of its own, so that its CPU time and memory do not count for those that use it. Its
 * argument is how many videos it has, each with a download that is ready. Whatever it is sent, it answers how many
 * requests it has received since the last time.
 */
const videos = Number(process.argv[2]);
const stream = await startLocalStream({
  rateLimit: { requests: Number.POSITIVE_INFINITY, windowMs: 300_000, blockMs: 0 },
});
for (let video = 0; video < videos; video++) {
  stream.addVideo({
    name: `Video ${video}`,
    created: new Date(Date.UTC(2026, 0, 1) + video * 60_000),
    downloads: { default: 'ready' },
  });
}
process.on('message', () => {
  process.send?.(stream.requests.length);
  stream.requests.length = 0;
});
// It ends with the process that started it.
process.on('disconnect', () => process.exit());
const { accountId, apiUrl, token } = stream;
process.send?.({ accountId, apiUrl, token } satisfies LibraryServer);
