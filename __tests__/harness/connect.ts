import type { LocalStream } from '../../local-stream/server.ts';
import { Pace } from '../../src/http/pace.ts';
import { Secrets } from '../../src/runner/redaction.ts';
import { StreamClient, type StreamClientOptions } from '../../src/stream/client.ts';
import { VirtualClock } from './virtual-clock.ts';

export interface Connection {
  readonly client: StreamClient;
  readonly clock: VirtualClock;
  /** What the client told, in order. */
  readonly debug: string[];
  readonly info: string[];
}

/** What a client needs to know of the server. */
export type Server = Pick<LocalStream, 'apiUrl' | 'accountId' | 'token'>;

/**
 * A client of a server, whose pauses take no time.
 *
 * @param limitMs the step's time
 */
export function connect(
  { apiUrl, accountId, token }: Server,
  { limitMs = 3_600_000, ...options }: Partial<StreamClientOptions> & { readonly limitMs?: number } = {},
): Connection {
  const clock = new VirtualClock();
  const itsClock = options.clock ?? clock;
  const debug: string[] = [];
  const info: string[] = [];
  const secrets = new Secrets();
  secrets.add(token);
  const client = new StreamClient({
    apiUrl,
    accountId,
    credentials: { token },
    concurrency: 4,
    attemptTimeoutMs: 10_000,
    pace: new Pace(itsClock, undefined),
    patient: false,
    deadline: { signal: new AbortController().signal, leftMs: () => Math.max(0, limitMs - itsClock.now()) },
    clock,
    random: () => 0.5,
    fetch: clock.fetch,
    log: { debug: (line) => debug.push(line), info: (line) => info.push(line) },
    cut: secrets.cut,
    ...options,
  });
  return { client, clock, debug, info };
}
