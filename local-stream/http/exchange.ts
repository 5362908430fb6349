import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Route } from '../api/routes.ts';
import type { Clock } from '../clock.ts';
import type { Fault, Faults } from '../faults.ts';
import { type ReceivedRequest, type Reply, textReply } from './reply.ts';

/** One of the two hosts, as far as its content goes. */
export interface Site {
  readonly host: 'api' | 'delivery';
  /** The name of what a request asks for. */
  routeOf(method: string, path: string): Route | 'unknown';
  answer(request: ReceivedRequest): Promise<Reply>;
}

/** A request that came in, kept for assertions. */
export interface RecordedRequest {
  readonly host: 'api' | 'delivery';
  readonly route: Route | 'unknown';
  readonly method: string;
  /** The path as it was sent, without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** As text; empty for an upload, whose bytes are not kept here. */
  readonly body: string;
  /** When it had come in, in ms since the epoch by the local Stream's clock. */
  readonly at: number;
  /** The `cf-ray` of its answer; the API's host alone has one. */
  readonly rayId?: string;
  /** The status of its answer; missing as long as none was sent. */
  status?: number;
}

/** What happens to the requests of both hosts. */
export interface Traffic {
  readonly faults: Faults;
  readonly requests: RecordedRequest[];
  readonly clock: Clock;
}

/** Takes one request in, records it, and answers it as the site says, unless a fault is due. */
export async function exchange(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  site: Site,
  { faults, requests, clock }: Traffic,
): Promise<void> {
  const request = await receive(incoming);
  if (!request) return;
  const route = site.routeOf(request.method, request.path);
  const record = recordOf(request, route, site, clock);
  requests.push(record);

  const answer = () => site.answer(request).catch(internalError);
  const begin = (
    { status, headers }: Reply,
    lengthBytes: number,
    more: Readonly<Record<string, string>> = {},
  ) => {
    record.status = status;
    const ray = record.rayId === undefined ? {} : { 'cf-ray': record.rayId };
    outgoing.writeHead(status, { ...headers, ...ray, ...more, 'content-length': lengthBytes });
  };
  const send = (reply: Reply) => {
    begin(reply, reply.body.byteLength);
    outgoing.end(reply.body);
  };

  const fault = faults.next(route);
  switch (fault?.kind) {
    case undefined:
      return send(await answer());
    case 'delay':
      await pause(fault.ms, outgoing);
      return send(await answer());
    case 'reset':
      incoming.socket.resetAndDestroy();
      return;
    case 'answer-lost':
      await answer();
      incoming.socket.resetAndDestroy();
      return;
    case 'status':
      return send(replyOf(fault));
    case 'cut': {
      const reply = await answer();
      const { bytes = Math.floor(reply.body.byteLength * (fault.fraction ?? 0.5)) } = fault;
      begin(reply, reply.body.byteLength);
      outgoing.flushHeaders();
      outgoing.write(reply.body.subarray(0, bytes), () => outgoing.destroy());
      return;
    }
    case 'wrong-length': {
      const reply = await answer();
      // What is left over, or missing, must not be taken for a part of the next answer.
      begin(reply, Math.max(0, reply.body.byteLength + fault.delta), { connection: 'close' });
      outgoing.end(reply.body);
      return;
    }
    case 'stall': {
      const reply = await answer();
      begin(reply, reply.body.byteLength);
      outgoing.flushHeaders();
      outgoing.write(reply.body.subarray(0, fault.afterBytes ?? 0));
      return;
    }
    default:
      return fault satisfies never;
  }
}

/** The whole request, unless the client left before it was. */
async function receive(incoming: IncomingMessage): Promise<ReceivedRequest | undefined> {
  const { method = 'GET', url = '/', headers } = incoming;
  const queryAt = url.indexOf('?');
  const path = queryAt === -1 ? url : url.slice(0, queryAt);
  const query = new URLSearchParams(queryAt === -1 ? '' : url.slice(queryAt));
  try {
    return { method, path, query, headers, body: await buffer(incoming) };
  } catch {
    return undefined;
  }
}

function recordOf(
  request: ReceivedRequest,
  route: Route | 'unknown',
  { host }: Site,
  clock: Clock,
): RecordedRequest {
  const { method, path, query, headers, body } = request;
  return {
    host,
    route,
    method,
    path,
    query: Object.fromEntries(query),
    headers,
    body: route === 'videos.upload' ? '' : new TextDecoder().decode(body),
    at: clock.now(),
    ...(host === 'api' && { rayId: `${randomBytes(8).toString('hex')}-LCL` }),
  };
}

/** Waits, and not in vain: it ends early when the client has left. */
async function pause(ms: number, outgoing: ServerResponse): Promise<void> {
  const left = new AbortController();
  outgoing.once('close', () => left.abort());
  await delay(ms, undefined, { signal: left.signal }).catch(() => undefined);
}

function replyOf({
  status,
  body = '',
  contentType = 'text/plain',
  headers = {},
}: Fault & { kind: 'status' }): Reply {
  return {
    status,
    headers: { 'content-type': contentType, ...headers },
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
  };
}

/** A mistake in the local Stream itself: it shows where it was made, and the server goes on. */
function internalError(error: unknown): Reply {
  const trace = error instanceof Error ? error.stack : undefined;
  return textReply(500, `local-stream: ${trace ?? String(error)}\n`);
}
