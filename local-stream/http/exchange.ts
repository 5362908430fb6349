import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Route } from '../api/routes.ts';
import type { Clock } from '../clock.ts';
import type { Fault, Faults, Target } from '../faults.ts';
import { type ByteSource, byteSource } from './byte-source.ts';
import { type ReceivedRequest, type Reply, textReply } from './reply.ts';
import { pause, write } from './sending.ts';

/** One of the two hosts, as far as its content goes. */
export interface Site {
  readonly host: 'api' | 'delivery';
  /** What a request asks for. */
  targetOf(method: string, path: string): Target;
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
  const target = site.targetOf(request.method, request.path);
  const record = recordOf(request, target.route, site, clock);
  requests.push(record);

  const answer = () => site.answer(request).catch(internalError);
  const begin = (
    { status, headers, body, isChunked = false }: Reply,
    instead: Readonly<Record<string, string | null>> = {},
  ): ByteSource => {
    record.status = status;
    const source = byteSource(body);
    const ray = record.rayId === undefined ? {} : { 'cf-ray': record.rayId };
    const length = isChunked ? {} : { 'content-length': String(source.sizeBytes) };
    const date = new Date(clock.now()).toUTCString();
    outgoing.writeHead(status, overridden({ date, ...headers, ...ray, ...length }, instead));
    // To go through gigabytes that are not sent would keep the next request waiting.
    return request.method === 'HEAD' ? nothing : source;
  };
  const send = async (reply: Reply, instead?: Readonly<Record<string, string | null>>) => {
    await write(outgoing, begin(reply, instead).read());
    outgoing.end();
  };

  const fault = faults.next(target);
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
    case 'headers':
      return send(await answer(), fault.headers);
    case 'cut': {
      const body = begin(await answer());
      const { bytes = Math.floor(body.sizeBytes * (fault.fraction ?? 0.5)) } = fault;
      outgoing.flushHeaders();
      await write(outgoing, body.read(0, Math.min(bytes, body.sizeBytes)));
      // To destroy the connection may discard what is still under way, so it ends as one that is closed.
      incoming.socket.end();
      return;
    }
    case 'wrong-length': {
      const reply = await answer();
      const lengthBytes = Math.max(0, byteSource(reply.body).sizeBytes + fault.delta);
      // What is left over, or missing, must not be taken for a part of the next answer.
      return send(reply, { 'content-length': String(lengthBytes), connection: 'close' });
    }
    case 'stall': {
      const body = begin(await answer());
      outgoing.flushHeaders();
      await write(outgoing, body.read(0, Math.min(fault.afterBytes ?? 0, body.sizeBytes)));
      return;
    }
    case 'drip': {
      const body = begin(await answer());
      outgoing.flushHeaders();
      const stepBytes = Math.max(1, fault.bytes);
      for (let at = 0; at < body.sizeBytes && !outgoing.destroyed; at += stepBytes) {
        if (at > 0) await pause(fault.everyMs, outgoing);
        await write(outgoing, body.read(at, Math.min(at + stepBytes, body.sizeBytes)));
      }
      outgoing.end();
      return;
    }
    default:
      return fault satisfies never;
  }
}

const nothing = byteSource(new Uint8Array());

/** Headers with others in their place, whatever the case of the names, and without those that are null. */
function overridden(
  headers: Readonly<Record<string, string>>,
  instead: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const all = new Map<string, string | null>(Object.entries(headers));
  for (const [name, value] of Object.entries(instead)) all.set(name.toLowerCase(), value);
  return Object.fromEntries([...all].filter((header): header is [string, string] => header[1] !== null));
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
