import type { LocalStream } from '../../local-stream/server.ts';
import { Http } from '../../src/http/http.ts';
import { Pace } from '../../src/http/pace.ts';
import { Redaction } from '../../src/runner/redaction.ts';
import { StreamClient, type StreamClientOptions } from '../../src/stream/client.ts';
import { retryLines } from './retry-lines.ts';
import type { SentRequest } from './stage.ts';
import { VirtualClock } from './virtual-clock.ts';

type ClientOptions = Pick<
  StreamClientOptions,
  'accountId' | 'concurrency' | 'credentials' | 'pace' | 'waitsOutOutages'
>;

export interface ConnectOptions extends Partial<ClientOptions> {
  readonly clock?: VirtualClock;
  /** The step's time limit, in virtual ms. Defaults to an hour. */
  readonly limitMs?: number;
  /** Aborted when the step ends. */
  readonly signal?: AbortSignal;
  /** Answers requests in place of the server, for what it has no option for. */
  readonly intercept?: (request: Omit<SentRequest, 'call'>) => Promise<Response>;
}

export interface Connection {
  readonly client: StreamClient;
  readonly clock: VirtualClock;
  /** The lines that the client logged, each after its video. */
  readonly log: string[];
  /** The debug lines of its requests. */
  readonly debug: string[];
  /** When it sent its requests, in virtual ms. */
  readonly times: number[];
}

/** The facts about the server that a client needs. */
export type Server = Pick<LocalStream, 'apiUrl' | 'accountId' | 'token'>;

/** Opens a client of a server. Its requests are real, its pauses and timeouts are virtual. */
export function connect(
  { accountId, apiUrl, token }: Server,
  {
    clock = new VirtualClock(),
    intercept = ({ pass }) => pass(),
    limitMs = 3_600_000,
    signal = new AbortController().signal,
    ...options
  }: ConnectOptions = {},
): Connection {
  const log: string[] = [];
  const debug: string[] = [];
  const times: number[] = [];
  const redaction = new Redaction();
  redaction.add(token);
  const http = new Http({
    clock,
    debug: (line) => debug.push(line),
    receive: clock.receive,
    fetch: (input, init) => {
      times.push(clock.now());
      const request = input instanceof Request ? input : undefined;
      return intercept({
        url: request?.url ?? String(input),
        signal: init?.signal ?? request?.signal ?? signal,
        pass: () => clock.fetch(input, init),
      });
    },
  });
  const client = new StreamClient({
    apiUrl,
    accountId,
    credentials: { token },
    concurrency: 4,
    http,
    pace: new Pace(clock, undefined),
    waitsOutOutages: false,
    signal,
    leftMs: () => Math.max(0, limitMs - clock.now()),
    clock,
    random: () => 0.5,
    observe: (videoId) => retryLines(log, `${videoId}: `),
    onPause: (ms, why) => log.push(`${why} for ${ms} ms`),
    redact: redaction.redact,
    ...options,
  });
  return { client, clock, log, debug, times };
}
