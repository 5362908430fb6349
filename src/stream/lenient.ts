import * as v from 'valibot';
import { foreignText } from '../core/foreign-text.ts';

/** How fields are read whose form Cloudflare may change, as it has before: what cannot be read counts as unknown. */

/** @param noun what the text is, with its article */
export function text(noun: string, maxLength: number) {
  return v.pipe(
    v.string(),
    v.transform((value) => foreignText(value, noun, maxLength)),
  );
}

/** Text, or undefined. */
export function optionalText(noun: string, maxLength: number) {
  return v.fallback(v.optional(text(noun, maxLength)), undefined);
}

/** A number, also as a string such as `"39.000000"`; `null` if it is neither, or out of bounds. */
export function number(min: number, max: number) {
  return v.pipe(
    v.unknown(),
    v.transform((value) => {
      const parsed = typeof value === 'string' ? Number.parseFloat(value) : value;
      return typeof parsed === 'number' && parsed >= min && parsed <= max ? parsed : null;
    }),
  );
}

/** A flag, also as a string or a number; false if it is neither. */
export const flag = v.pipe(
  v.unknown(),
  v.transform((value) => isFlag(value) && /^(true|1)$/i.test(String(value))),
);

/** Whether a value is a flag in some form. */
export function isFlag(value: unknown): boolean {
  return ['boolean', 'string', 'number'].includes(typeof value) && /^(true|false|1|0)$/i.test(String(value));
}
