import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { alteredReply, isJson } from './alterations.ts';
import { type ByteSource, byteSource } from './byte-source.ts';
import type { Clock } from './clock.ts';
import type {
  AlterationFault,
  ConnectionFault,
  Faults,
  HeaderOverrides,
  RequestTarget,
  StatusFault,
} from './faults.ts';
import { type Reply, textReply } from './reply.ts';
import { drip, pause, write } from './sending.ts';

/** A request without its body. */
export interface RequestHead {
  readonly method: string;
  /** The path as it was sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

/** What is recorded of a request for assertions, apart from its body. */
export interface RecordedHead<Host extends string, Route extends string> {
  /** The host that received it. */
  readonly host: Host;
  readonly route: Route | 'unknown';
  readonly method: string;
  /** The path as it was sent, without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** When it was received, in milliseconds since the epoch by the server's clock. */
  readonly at: number;
  /** The status of the response; absent until one is sent. */
  status?: number;
}

/** What the hosts of one server share. */
export interface Traffic<Fault, Target extends RequestTarget, Recorded> {
  readonly faults: Faults<Fault, Target>;
  readonly requests: Recorded[];
  readonly clock: Clock;
}

/** A request and the means to answer it. */
export interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /**
   * Carries out the request. Returns the reply after `change`, or `undefined` when the request was incomplete, so that
   * there is no response.
   */
  carryOut(change?: (reply: Reply) => Reply): Promise<Reply | undefined>;
  /** Sends the status and the headers. Returns the body to send: an empty one for HEAD. */
  begin(reply: Reply, overrides?: HeaderOverrides): ByteSource;
  /** Sends a complete response; does nothing for `undefined`. */
  send(reply: Reply | undefined, overrides?: HeaderOverrides): Promise<void>;
}

/** What `openExchange` needs to answer one request. */
export interface ExchangeOptions {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** Receives the status of the response. */
  readonly record: { status?: number };
  /** Headers of the response, unless the reply has its own. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names the server in the response to a request that made it throw. */
  readonly serverName: string;
  carryOut(): Promise<Reply | undefined>;
}

/** Parses the method, path and query of a request. */
export function requestHead({ method = 'GET', url = '/', headers }: IncomingMessage): RequestHead {
  const queryAt = url.indexOf('?');
  return {
    method,
    path: queryAt === -1 ? url : url.slice(0, queryAt),
    query: new URLSearchParams(queryAt === -1 ? '' : url.slice(queryAt)),
    headers,
  };
}

/** Creates the record of a request that has just been received. */
export function recordHead<Host extends string, Route extends string>(
  { method, path, query, headers }: RequestHead,
  host: Host,
  route: Route | 'unknown',
  clock: Clock,
): RecordedHead<Host, Route> {
  return { host, route, method, path, query: Object.fromEntries(query), headers, at: clock.now() };
}

/**
 * Combines a request with the functions that answer it. An error thrown by `carryOut` or by what
 * alters the response becomes a response with status 500.
 */
export function openExchange(options: ExchangeOptions): Exchange {
  const { incoming, outgoing, record, serverName } = options;
  const begin = (reply: Reply, overrides: HeaderOverrides = {}) => {
    const { status, isChunked = false } = reply;
    record.status = status;
    const body = byteSource(reply.body);
    const hasLength = !isChunked && status !== 204 && Number.isFinite(body.sizeBytes);
    const length = hasLength ? { 'content-length': String(body.sizeBytes) } : {};
    outgoing.writeHead(status, overridden({ ...options.headers, ...reply.headers, ...length }, overrides));
    // Iterating over gigabytes that are not sent would delay the next request.
    return incoming.method === 'HEAD' ? emptyBody : body;
  };
  return {
    incoming,
    outgoing,
    carryOut: async (change = (reply) => reply) => {
      try {
        const reply = await options.carryOut();
        return reply && change(reply);
      } catch (error) {
        return internalError(serverName, error);
      }
    },
    begin,
    send: async (reply, overrides) => {
      if (!reply) return;
      await write(outgoing, begin(reply, overrides).read());
      // Node.js discards what remains of the request, so the connection stays usable.
      outgoing.end();
    },
  };
}

/** Answers a request, subject to a fault if one is given. */
export async function respond(
  exchange: Exchange,
  fault: ConnectionFault | AlterationFault | StatusFault | undefined,
): Promise<void> {
  const { incoming, outgoing } = exchange;
  switch (fault?.kind) {
    case undefined:
      return exchange.send(await exchange.carryOut());
    case 'delay':
      await pause(fault.ms, outgoing);
      return exchange.send(await exchange.carryOut());
    case 'reset':
      incoming.socket.resetAndDestroy();
      return;
    case 'answer-lost':
      await exchange.carryOut();
      incoming.socket.resetAndDestroy();
      return;
    case 'raw': {
      const { bytes } = fault;
      const source = byteSource(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
      if (fault.drip) await drip(incoming.socket, source, fault.drip);
      else await write(incoming.socket, source.read());
      return exchange.send(await exchange.carryOut());
    }
    case 'headers':
      return exchange.send(await exchange.carryOut(), fault.headers);
    case 'alter': {
      const { alter, headers, statusText } = fault;
      const reply = await exchange.carryOut((real) => (isJson(real) ? alteredReply(real, alter) : real));
      if (!reply || !isJson(reply)) return exchange.send(reply);
      // Node.js sends each character of it as one byte.
      if (statusText !== undefined) outgoing.statusMessage = Buffer.from(statusText).toString('latin1');
      return exchange.send(reply, headers);
    }
    case 'status':
      return exchange.send(statusReply(fault));
    default:
      return fault satisfies never;
  }
}

const emptyBody = byteSource(new Uint8Array());

function statusReply({ status, body = '', contentType, headers }: StatusFault): Reply {
  if (typeof body === 'string') return textReply(status, body, contentType, headers);
  return { ...textReply(status, '', contentType, headers), body };
}

function overridden(
  headers: Readonly<Record<string, string>>,
  overrides: HeaderOverrides,
): Record<string, string> {
  const all = new Map<string, string | null>(Object.entries(headers));
  for (const [name, value] of Object.entries(overrides)) all.set(name.toLowerCase(), value);
  return Object.fromEntries([...all].filter((header): header is [string, string] => header[1] !== null));
}

/** A bug in the server itself: the response shows the stack trace, and the server keeps running. */
function internalError(serverName: string, error: unknown): Reply {
  const trace = Error.isError(error) ? error.stack : undefined;
  return textReply(500, `${serverName}: ${trace ?? String(error)}\n`);
}
