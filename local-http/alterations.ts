import { byteSource } from './byte-source.ts';
import type { Reply } from './reply.ts';

/**
 * Returns a function that replaces every string at one of the keys, at any depth of a JSON value. Values of other types
 * at these keys stay as they are.
 *
 * @param replace receives the string and returns the new one
 */
export function replaceStrings(
  keys: readonly string[],
  replace: (text: string) => string,
): (json: unknown) => unknown {
  const within = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(within);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [
        key,
        typeof child === 'string' && keys.includes(key) ? replace(child) : within(child),
      ]),
    );
  };
  return within;
}

/** Whether the body of a reply is JSON. */
export function isJson({ headers }: Reply): boolean {
  return headers['content-type']?.startsWith('application/json') ?? false;
}

/** Returns a JSON reply with its body altered. */
export function alteredReply(reply: Reply, alter: (json: unknown) => unknown): Reply {
  const json: unknown = JSON.parse(Buffer.concat([...byteSource(reply.body).read()]).toString());
  return { ...reply, body: Buffer.from(JSON.stringify(alter(json))) };
}
