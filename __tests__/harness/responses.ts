import * as v from 'valibot';
import type { Clock } from '../../src/core/clock.ts';
import type { SentRequest } from './stage.ts';

/** Never answers a request, which fails when it is aborted. */
export function hang({ signal }: Pick<SentRequest, 'signal'>): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}

/** Fails all requests between two moments, in virtual ms. */
export function outage(clock: Pick<Clock, 'now'>, fromMs: number, untilMs: number) {
  return ({ pass }: Pick<SentRequest, 'pass'>): Promise<Response> =>
    clock.now() >= fromMs && clock.now() < untilMs
      ? Promise.reject(new TypeError('fetch failed', { cause: new Error('no route to host') }))
      : pass();
}

/** Delays the body of a response: `bytes` of it every `everyMs` of the clock. */
export async function slowed(
  { pass, signal }: Pick<SentRequest, 'pass' | 'signal'>,
  clock: Clock,
  { bytes, everyMs }: { readonly bytes: number; readonly everyMs: number },
): Promise<Response> {
  const response = await pass();
  const whole = await response.bytes();
  let sent = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await clock.sleep(everyMs, signal);
        controller.enqueue(whole.slice(sent, sent + bytes));
        sent += bytes;
        if (sent >= whole.length) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, response);
}

/** A response of the API with its `result` changed. */
export async function changeResult(
  response: Response,
  change: (result: Readonly<Record<string, unknown>>) => unknown,
): Promise<Response> {
  const body = v.parse(v.looseObject({ result: v.record(v.string(), v.unknown()) }), await response.json());
  return Response.json({ ...body, result: change(body.result) }, { status: response.status });
}

/** An error response of the API. */
export function apiError(status: number, code: number, message: string): Response {
  return Response.json(
    { success: false, errors: [{ code, message }], messages: [], result: null },
    { status, headers: { 'cf-ray': 'aaaabbbbccccdddd-LCL' } },
  );
}

/** As `times` of a fault: for every request to come. */
export const always = Number.POSITIVE_INFINITY;
