import * as v from 'valibot';
import { type Handler, videoOf } from './context.ts';
import { badRequest, success, undecodable } from './envelope.ts';

const hourSeconds = 3600;

const unixSeconds = v.pipe(v.number(), v.integer());
const tokenBody = v.pipe(
  v.string(),
  // The body is optional.
  v.transform((text) => text || '{}'),
  v.parseJson(),
  v.object({
    exp: v.optional(unixSeconds),
    nbf: v.optional(unixSeconds),
    downloadable: v.optional(v.boolean(), false),
  }),
);

/** Follows https://developers.cloudflare.com/api/resources/stream/subresources/token/methods/create/ */
export const createToken: Handler = async (call, request, context) => {
  const { uid } = videoOf(call, context);
  const parsed = v.safeParse(tokenBody, new TextDecoder().decode(request.body));
  if (!parsed.success) throw undecodable(parsed.issues[0].message);

  const nowSeconds = Math.floor(context.clock.now() / 1000);
  const { exp = nowSeconds + hourSeconds, nbf = nowSeconds - hourSeconds, downloadable } = parsed.output;
  if (exp > nowSeconds + 24 * hourSeconds) throw badRequest('exp: a token lasts 24 hours at most');
  return success({ token: await context.tokens.sign({ uid, exp, nbf, downloadable }) });
};
