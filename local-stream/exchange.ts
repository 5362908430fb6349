import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { byteSource } from '../local-http/byte-source.ts';
import {
  type Exchange,
  openExchange,
  type RecordedHead,
  type RequestHead,
  recordHead,
  requestHead,
  respond,
  type Traffic as TrafficOf,
} from '../local-http/exchange.ts';
import type { Reply } from '../local-http/reply.ts';
import { drip, write } from '../local-http/sending.ts';
import type { Route } from './api/routes.ts';
import type { BodyFault, Fault, Target } from './faults.ts';

/** The two hosts, by what they serve. */
export type Host = 'api' | 'delivery';

/** A request whose body was received completely. */
export interface StreamRequest extends RequestHead {
  readonly body: Uint8Array<ArrayBuffer>;
}

/** What one of the two hosts serves. */
export interface Site {
  readonly host: Host;
  targetOf(method: string, path: string): Target;
  answer(request: StreamRequest): Promise<Reply>;
}

/** A request that was received completely, recorded for assertions. */
export interface RecordedRequest extends RecordedHead<Host, Route> {
  /** As text; empty for an upload, whose bytes are not kept here. */
  readonly body: string;
  /** The `cf-ray` of the response. Only the API host sends one. */
  readonly rayId?: string;
}

/** What both hosts share. */
export type Traffic = TrafficOf<Fault, Target, RecordedRequest>;

/**
 * Receives one request, records it, and sends the response of the site, with the next planned fault if there is one.
 * A request whose client disconnects before it is complete is neither recorded nor carried out.
 */
export async function exchange(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  site: Site,
  { faults, requests, clock }: Traffic,
): Promise<void> {
  const head = requestHead(incoming);
  const body = await buffer(incoming).catch(() => undefined);
  if (!body) return;
  const target = site.targetOf(head.method, head.path);
  const rayId = site.host === 'api' ? `${randomBytes(8).toString('hex')}-LCL` : undefined;
  const record: RecordedRequest = {
    ...recordHead(head, site.host, target.route, clock),
    body: target.route === 'videos.upload' ? '' : new TextDecoder().decode(body),
    ...(rayId !== undefined && { rayId }),
  };
  requests.push(record);

  const opened = openExchange({
    incoming,
    outgoing,
    record,
    headers: { date: new Date(clock.now()).toUTCString(), ...(rayId !== undefined && { 'cf-ray': rayId }) },
    serverName: 'local-stream',
    carryOut: () => site.answer({ ...head, body }),
  });
  await respondWith(faults.next(target), opened);
}

async function respondWith(fault: Fault | undefined, opened: Exchange): Promise<void> {
  switch (fault?.kind) {
    case 'cut':
    case 'wrong-length':
    case 'stall':
    case 'drip': {
      const reply = await opened.carryOut();
      if (reply) await sendFaulty(reply, fault, opened);
      return;
    }
    default:
      return respond(opened, fault);
  }
}

async function sendFaulty(reply: Reply, fault: BodyFault, opened: Exchange): Promise<void> {
  const { incoming, outgoing } = opened;
  const begin = () => {
    const body = opened.begin(reply);
    outgoing.flushHeaders();
    return body;
  };
  switch (fault.kind) {
    case 'wrong-length': {
      const lengthBytes = Math.max(0, byteSource(reply.body).sizeBytes + fault.delta);
      // Surplus or missing bytes must not be taken for a part of the next response on the same connection.
      return opened.send(reply, { 'content-length': String(lengthBytes), connection: 'close' });
    }
    case 'cut': {
      const body = begin();
      const { bytes = Math.floor(body.sizeBytes * (fault.fraction ?? 0.5)) } = fault;
      await write(outgoing, body.read(0, Math.min(bytes, body.sizeBytes)));
      // Destroying the socket could discard bytes that are not sent yet, so it is closed in order.
      incoming.socket.end();
      return;
    }
    case 'stall': {
      const body = begin();
      return write(outgoing, body.read(0, Math.min(fault.afterBytes ?? 0, body.sizeBytes)));
    }
    case 'drip': {
      await drip(outgoing, begin(), fault);
      outgoing.end();
      return;
    }
    default:
      return fault satisfies never;
  }
}
