import * as v from 'valibot';
import { nearMiss } from '../core/near-miss.ts';
import { count, formatNumber, quote } from '../core/text.ts';

/** The longest input that is a word, a number or a few of them, in UTF-16 units. */
export const maxWordsLength = 256;

/** Every input has a limit, so that no value takes long to read. What is too long is not validated further. */
export function atMost(maxLength: number) {
  return v.pipe(
    v.string(),
    v.maxLength(
      maxLength,
      ({ input }) =>
        `it has ${count(input.length, 'character')}: shorten it to at most ${formatNumber(maxLength)}`,
    ),
  );
}

export function withDefault<Output>(fallback: string, schema: v.GenericSchema<string, Output>) {
  return v.pipe(
    atMost(maxWordsLength),
    v.transform((text) => text || fallback),
    schema,
  );
}

const absent = v.pipe(
  v.literal(''),
  v.transform(() => undefined),
);

/** Undefined for an empty text. */
export function optional<Output>(schema: v.GenericSchema<string, Output>, maxLength = maxWordsLength) {
  return v.pipe(
    atMost(maxLength),
    v.lazy((input): v.GenericSchema<string, Output | undefined> => (input === '' ? absent : schema)),
  );
}

/**
 * One of `words`.
 *
 * @param meant what to suggest for a word that is not among them
 */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  meant: ReadonlyMap<string, string> = new Map(),
): v.GenericSchema<string, Word> {
  return v.pipe(
    v.string(),
    v.check(
      (text) => words.some((word) => word === text),
      ({ input }) => {
        const near = nearMiss(input, words);
        const suggestion = meant.get(input.toLowerCase()) ?? (near && `\`${near}\``);
        return `${quote(input)} is not one of ${words.join(', ')}${suggestion ? `; did you mean ${suggestion}?` : ''}`;
      },
    ),
    v.picklist(words),
  );
}

/** `true` or `false`, in any case. */
export const flag = v.pipe(
  v.string(),
  v.regex(/^(true|false)$/i, ({ input }) => `${quote(input)} is neither true nor false: write one of them`),
  v.transform((text) => text.toLowerCase() === 'true'),
);

/** A number without a sign, decimals or an exponent, from 1 to `max`. */
export function wholeNumber(max: number, example: string) {
  return v.pipe(
    v.string(),
    v.check(
      (text) => /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= max,
      ({ input }) =>
        `${quote(input)} is not a whole number from 1 to ${formatNumber(max)}: write one, such as ${example}`,
    ),
    v.transform(Number),
  );
}

/** Text on one line, as the API has it in a creator's ID or a title. */
export const lineOfText = v.pipe(
  v.string(),
  v.check(
    (text) => !controlCharacter.test(text),
    ({ input }) =>
      `${quote(input)} contains a control character (character ${input.search(controlCharacter) + 1} of ${input.length}): write it on one line, without any`,
  ),
  v.check(
    (text) => text.search(hidden) < 0,
    ({ input }) => {
      const codes = new Set(input.match(hidden)?.map(codeOf));
      return `${quote(input)} contains invisible characters or unusual spaces (${[...codes].slice(0, maxCodes).join(', ')}): remove them`;
    },
  ),
);

/** Format characters, without the joiners that some scripts and emoji need, and spaces that are not the usual one. */
const hidden = /(?![\u200c\u200d])\p{Cf}|(?! )\p{Zs}/gu;

/** How many characters a message names. */
const maxCodes = 5;

/** `U+200B` */
export function codeOf(character: string): string {
  return `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Control characters, line breaks and lone surrogates. */
export const controlCharacter = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;
