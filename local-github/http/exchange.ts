import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../local-stream/clock.ts';
import { byteSource } from '../../local-stream/http/byte-source.ts';
import { type Reply, textReply } from '../../local-stream/http/reply.ts';
import { pause, write } from '../../local-stream/http/sending.ts';
import { jsonReply } from '../api/context.ts';
import type { Route } from '../api/routes.ts';
import type { Host, Site } from '../api/site.ts';
import type { Fault, Faults } from '../faults.ts';
import { BodyBroken, type BodyRecord, bodyOf, closed, lost } from './body.ts';

/** A request that came in, kept for assertions. It is recorded when its head is there, and its body may follow. */
export interface RecordedRequest extends BodyRecord {
  /** The one that it came to. */
  readonly host: Host;
  readonly route: Route | 'unknown';
  readonly method: string;
  /** The path as it was sent, without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** When it came in, in ms since the epoch by the local GitHub's clock. */
  readonly at: number;
  /** The `x-github-request-id` of its answer. */
  readonly requestId: string;
  /** How much of the body was read: of a refused upload, none. */
  bodyBytes: number;
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
  const { method = 'GET', url = '/', headers } = incoming;
  const queryAt = url.indexOf('?');
  const path = queryAt === -1 ? url : url.slice(0, queryAt);
  const query = new URLSearchParams(queryAt === -1 ? '' : url.slice(queryAt));
  const target = site.targetOf(method, path, query);
  const record: RecordedRequest = {
    host: site.host,
    route: target.route,
    method,
    path,
    query: Object.fromEntries(query),
    headers,
    at: clock.now(),
    requestId: randomBytes(12).toString('hex').toUpperCase(),
    bodyBytes: 0,
  };
  requests.push(record);

  const fault = asMetBy(target.route, faults.next(target));
  const request = { method, path, query, headers, body: bodyOf(incoming, record, fault) };
  /** Nothing when the request broke off, so that there is nobody to answer. */
  const answer = (body = request.body): Promise<Reply | undefined> =>
    site.answer({ ...request, body }, record.requestId).catch((error: unknown) => {
      return error instanceof BodyBroken ? undefined : internalError(error);
    });
  const send = async (reply: Reply | undefined) => {
    if (!reply) return;
    record.status = reply.status;
    const body = byteSource(reply.body);
    outgoing.writeHead(reply.status, {
      ...reply.headers,
      'x-github-request-id': record.requestId,
      ...(reply.status !== 204 && { 'content-length': String(body.sizeBytes) }),
    });
    if (method !== 'HEAD') await write(outgoing, body.read());
    // What has not come of the request yet is read and dropped by the server, so that the connection can go on.
    outgoing.end();
  };

  switch (fault?.kind) {
    case undefined:
    case 'broken-upload':
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
      if (fault.leavesStarter) await answer(lost(request.body));
      return send(replyOf(fault));
    case 'stall':
      if (fault.afterBytes !== undefined) await answer();
      return closed(outgoing);
    default:
      return fault satisfies never;
  }
}

/** A fault in the midst of an upload, for a request that is none: there it has no midst to come in. */
function asMetBy(route: Route | 'unknown', fault: Fault | undefined): Fault | undefined {
  if (route === 'assets.upload') return fault;
  switch (fault?.kind) {
    case 'broken-upload':
      return { kind: 'reset' };
    case 'stall':
      return { kind: 'stall' };
    case 'status':
      return { ...fault, leavesStarter: false };
    default:
      return fault;
  }
}

function replyOf({ status, body = '', contentType, headers = {} }: Fault & { kind: 'status' }): Reply {
  const type = contentType === undefined ? {} : { 'content-type': contentType };
  if (typeof body !== 'string') return jsonReply(status, body, { ...headers, ...type });
  return textReply(status, body, contentType, headers);
}

/** A mistake in the local GitHub itself: it shows where it was made, and the server goes on. */
function internalError(error: unknown): Reply {
  const trace = error instanceof Error ? error.stack : undefined;
  return textReply(500, `local-github: ${trace ?? String(error)}\n`);
}
