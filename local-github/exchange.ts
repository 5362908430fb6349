import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ByteSource } from '../local-http/byte-source.ts';
import {
  type Exchange,
  openExchange,
  type RecordedHead,
  recordHead,
  requestHead,
  respond,
  type Traffic as TrafficOf,
} from '../local-http/exchange.ts';
import { jsonReply } from './api/context.ts';
import type { Route } from './api/routes.ts';
import type { Host, Site } from './api/site.ts';
import type { Fault, Target } from './faults.ts';
import { type BodyRecord, closed, IncompleteBodyError, readBody } from './request-body.ts';

/** A request recorded for assertions, as soon as its head was received; its body may follow. */
export interface RecordedRequest extends RecordedHead<Host, Route>, BodyRecord {
  /** The `x-github-request-id` of the response. */
  readonly requestId: string;
  /** How much of the body was read: none if an upload is refused. */
  bodyBytes: number;
}

/** What both hosts share. */
export type Traffic = TrafficOf<Fault, Target, RecordedRequest>;

/** Records one request and sends the response of the site, with the next planned fault if there is one. */
export async function exchange(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  site: Site,
  { faults, requests, clock }: Traffic,
): Promise<void> {
  const head = requestHead(incoming);
  const target = site.targetOf(head.method, head.path, head.query);
  const requestId = randomBytes(12).toString('hex').toUpperCase();
  const record: RecordedRequest = {
    ...recordHead(head, site.host, target.route, clock),
    requestId,
    bodyBytes: 0,
  };
  requests.push(record);

  const fault = applicable(faults.next(target), target.route);
  const body = readBody(incoming, record, fault);
  const opened = openExchange({
    incoming,
    outgoing,
    record,
    headers: { 'x-github-request-id': requestId },
    serverName: 'local-github',
    carryOut: () =>
      site.answer({ ...head, body }, requestId).catch((error: unknown) => {
        if (error instanceof IncompleteBodyError) return undefined;
        throw error;
      }),
  });
  await respondWith(fault, opened);
}

async function respondWith(fault: Fault | undefined, opened: Exchange): Promise<void> {
  switch (fault?.kind) {
    case 'broken-upload':
      return respond(opened, undefined);
    case 'stall':
      if (fault.afterBytes !== undefined) await opened.carryOut();
      return closed(opened.outgoing);
    case 'status': {
      if (fault.leavesStarter) await opened.carryOut();
      const { body = '', headers, contentType } = fault;
      if (typeof body === 'string' || isByteSource(body)) return respond(opened, { ...fault, body });
      const type = contentType === undefined ? {} : { 'content-type': contentType };
      return opened.send(jsonReply(fault.status, body, { ...headers, ...type }));
    }
    default:
      return respond(opened, fault);
  }
}

function isByteSource(body: object): body is ByteSource {
  return 'read' in body;
}

/** Replaces a fault that concerns the body of an upload when the request is not an upload. */
function applicable(fault: Fault | undefined, route: Route | 'unknown'): Fault | undefined {
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
