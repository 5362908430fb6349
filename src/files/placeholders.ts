import {
  type DownloadType,
  downloadExtensions,
  downloadTypeFacts,
  downloadTypes,
} from '../core/download-types.ts';
import { nearMiss } from '../core/near-miss.ts';
import { quote } from '../core/text.ts';

/** The download that a file is named after. */
export interface NamedDownload {
  /** 1 to 64 letters, digits, `-` or `_`. */
  readonly id: string;
  readonly type: DownloadType;
  /** The video's title: any text, not to be trusted. Undefined if it has none. */
  readonly name: string | undefined;
}

/** The words in braces that a template may contain. */
export const placeholders = ['id', 'type', 'name', 'ext'] as const;

export type Placeholder = (typeof placeholders)[number];

/** What each placeholder is replaced by. */
export type Values = Readonly<Record<Placeholder, string>>;

/** Any word in braces, whether or not it is a placeholder; other braces are literal text. */
const wordInBraces = /\{(\p{L}+)\}/gu;

/** Names that other tools use for the same thing. */
const aliases: ReadonlyMap<string, Placeholder> = new Map([
  ['title', 'name'],
  ['filename', 'name'],
  ['videoid', 'id'],
  ['uid', 'id'],
  ['extension', 'ext'],
  ['format', 'ext'],
]);

/** Whether the template has at least one of the placeholders. */
export function hasPlaceholder(template: string, wanted: readonly Placeholder[] = placeholders): boolean {
  return wanted.some((placeholder) => template.includes(`{${placeholder}}`));
}

/** The template without words in braces. */
export function literalText(template: string): string {
  return template.replace(wordInBraces, '');
}

/** One problem for each word in braces that is not an allowed placeholder; duplicates are ignored. */
export function placeholderProblems(template: string, allowed: readonly Placeholder[]): string[] {
  const words = new Set(Array.from(template.matchAll(wordInBraces), ([, word = '']) => word));
  return [...words]
    .filter((word) => !allowed.some((placeholder) => placeholder === word))
    .map((word) => {
      const meant = aliases.get(word.toLowerCase()) ?? nearMiss(word, placeholders);
      const hint = meant && allowed.includes(meant) ? `; did you mean {${meant}}?` : '';
      return `${quote(`{${word}}`)} is not one of ${allowed.map((name) => `{${name}}`).join(', ')}${hint}`;
    });
}

/** @param name the video's title, made safe for where it is used, or a substitute for it */
export function valuesOf({ id, type }: NamedDownload, name: string): Values {
  return { id, type, name, ext: downloadTypeFacts[type].extension };
}

/** The longest possible values, with a name of `nameLength` letters. */
export function longestValues(nameLength: number): Values {
  const longest = (words: readonly string[]) => 'x'.repeat(Math.max(...words.map((word) => word.length)));
  return {
    id: 'x'.repeat(64),
    type: longest(downloadTypes),
    name: 'x'.repeat(nameLength),
    ext: longest(downloadExtensions),
  };
}

/** Replaces the placeholders, once: a value that looks like a placeholder stays as it is. */
export function fill(template: string, values: Values): string {
  return template.replace(/\{(id|type|name|ext)\}/g, (_, placeholder: Placeholder) => values[placeholder]);
}

/**
 * Replaces the placeholders and truncates the name if the result would be too long.
 *
 * @param limit in the unit of `lengthOf`
 * @param truncate shortens the name to at most `room`, in the same unit
 */
export function fillToFit(
  template: string,
  values: Values,
  limit: number,
  lengthOf: (text: string) => number,
  truncate: (name: string, room: number) => string,
): string {
  const whole = fill(template, values);
  const uses = template.split('{name}').length - 1;
  if (uses === 0 || lengthOf(whole) <= limit) return whole;
  const room = Math.floor((limit - lengthOf(fill(template, { ...values, name: '' }))) / uses);
  return fill(template, { ...values, name: truncate(values.name, room) });
}
