import { nearMiss } from '../core/near-miss.ts';
import { type DownloadType, downloadTypes } from '../core/record.ts';
import { quote } from '../core/text.ts';
import { extensionOf } from './media-extension.ts';

/** What the names of a download are made of. */
export interface NamedVideo {
  /** 1 to 64 letters, digits, `-` or `_`. */
  readonly id: string;
  readonly type: DownloadType;
  /** The video's title, which may be any text from anybody; undefined where it has none. */
  readonly name: string | undefined;
}

/** The words that stand in braces for something of the video or its download. */
export const placeholders = ['id', 'type', 'name', 'ext'] as const;

export type Placeholder = (typeof placeholders)[number];

/** What each placeholder is filled with. */
export type Values = Readonly<Record<Placeholder, string>>;

/** Every `{word}`, whether or not there is a placeholder of that name; other braces are text. */
const inBraces = /\{(\p{L}+)\}/gu;

/** What people call the same thing elsewhere. */
const aliases: ReadonlyMap<string, Placeholder> = new Map([
  ['title', 'name'],
  ['filename', 'name'],
  ['videoid', 'id'],
  ['uid', 'id'],
  ['extension', 'ext'],
  ['format', 'ext'],
]);

/** Whether the template asks for that placeholder. */
export function holds(template: string, placeholder: Placeholder): boolean {
  return template.includes(`{${placeholder}}`);
}

/** Whether the template asks for any placeholder. */
export function holdsAny(template: string): boolean {
  return placeholders.some((placeholder) => holds(template, placeholder));
}

/** The template with each `{word}` replaced, known or not, and each text between them. */
export function rewrite(
  template: string,
  word: (word: string) => string,
  literal: (text: string) => string,
): string {
  return template
    .split(inBraces)
    .map((piece, index) => (index % 2 === 1 ? word(piece) : literal(piece)))
    .join('');
}

/** The template without any `{word}`: what was typed literally. */
export function literalOf(template: string): string {
  return template.replace(inBraces, '');
}

/** The placeholder that somebody meant who typed this word in braces; undefined where none is near. */
export function meantBy(word: string): Placeholder | undefined {
  return aliases.get(word.toLowerCase()) ?? nearMiss(word, placeholders);
}

/** What is wrong with each `{word}` that is none of the allowed placeholders, each once. */
export function placeholderProblems(template: string, allowed: readonly Placeholder[]): string[] {
  const words = new Set(Array.from(template.matchAll(inBraces), ([, word = '']) => word));
  const isAllowed = (word: string | undefined) => allowed.some((placeholder) => placeholder === word);
  return [...words]
    .filter((word) => !isAllowed(word))
    .map((word) => {
      const meant = meantBy(word);
      const hint = isAllowed(meant) ? `; did you mean {${meant}}?` : '';
      return `${quote(`{${word}}`)} is none of ${allowed.map((name) => `{${name}}`).join(', ')}${hint}`;
    });
}

/** The values for one download, `name` being the title made fit for its place, or the id. */
export function valuesOf({ id, type }: NamedVideo, name: string): Values {
  return { id, type, name, ext: extensionOf[type] };
}

/** The longest values that there can be, with a name of that length in letters. */
export function longestValues(nameLength: number): Values {
  const longest = (words: readonly string[]) => 'x'.repeat(Math.max(...words.map((word) => word.length)));
  return {
    id: 'x'.repeat(64),
    type: longest(downloadTypes),
    name: 'x'.repeat(nameLength),
    ext: longest(Object.values(extensionOf)),
  };
}

/** The template with its placeholders filled in. What is filled in is never looked at again. */
export function fill(template: string, values: Values): string {
  return template.replace(/\{(id|type|name|ext)\}/g, (_, placeholder: Placeholder) => values[placeholder]);
}

/**
 * Fills the placeholders in so that the result fits: where it would not, the name is cut, and nothing else.
 *
 * @param limit in what `lengthOf` measures
 * @param cut makes the name fit into the room given, measured the same way
 */
export function fillToFit(
  template: string,
  values: Values,
  limit: number,
  lengthOf: (text: string) => number,
  cut: (name: string, room: number) => string,
): string {
  const whole = fill(template, values);
  const places = template.split('{name}').length - 1;
  if (places === 0 || lengthOf(whole) <= limit) return whole;
  const room = Math.floor((limit - lengthOf(fill(template, { ...values, name: '' }))) / places);
  return fill(template, { ...values, name: cut(values.name, room) });
}
