import { nearMiss } from '../core/near-miss.ts';
import { count, oneLine } from '../core/text.ts';
import { inputSchemas } from './schemas.ts';

/** Where inputs are read from. */
export interface InputSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The value of an input without the white space around it; empty where it is not set. */
  input(name: string): string;
}

/** Takes one problem with the inputs, together with its fix. */
export type ReportProblem = (problem: string) => void;

export type InputName = keyof typeof inputSchemas;

/** The text of each input; empty where it is not set. */
export type InputTexts = Readonly<Record<InputName, string>>;

/** The inputs that this version has, as in `action.yml`. */
export const inputNames = Object.keys(inputSchemas) as InputName[];

/** What some inputs may be called by who remembers only what they are for, although the names are not near. */
const otherNames: ReadonlyMap<string, InputName> = new Map([
  ...['after', 'created-since', 'newer-than', 'since'].map((name) => [name, 'created-after'] as const),
  ...['before', 'created-until', 'older-than', 'until'].map((name) => [name, 'created-before'] as const),
  ...['dry', 'dry-mode'].map((name) => [name, 'dry-run'] as const),
  ...['filter', 'name', 'title'].map((name) => [name, 'search'] as const),
  ...['max', 'max-videos'].map((name) => [name, 'limit'] as const),
  ['resume', 'resume-from'],
]);

/** The inputs that select from the videos of the account. */
export const onlyWithAll = [
  'created-after',
  'created-before',
  'creator',
  'search',
  'live-input',
  'limit',
] as const satisfies readonly InputName[];

/** The inputs without which more videos would be selected. */
const narrowingInputNames: readonly string[] = [...onlyWithAll, 'shard'];

/** The inputs whose values are secrets. */
export const secretInputNames: readonly string[] = ['api-token', 'api-key', 'github-token'];

/** How many mistyped inputs are reported one by one. */
const maxMistyped = 20;

/**
 * Reports mistyped inputs, which the runner passes on with only a warning, and filters that are white space alone.
 */
export function reportUnknownInputs({ env }: InputSource, report: ReportProblem): void {
  const known: readonly string[] = inputNames;
  let mistyped = 0;
  for (const [variable, value] of Object.entries(env)) {
    const name = variable.startsWith('INPUT_') ? variable.slice('INPUT_'.length).toLowerCase() : undefined;
    if (name === undefined) continue;
    if (known.includes(name)) {
      const isBlank = value !== undefined && value !== '' && value.trim() === '';
      if (isBlank && narrowingInputNames.includes(name)) {
        report(`\`${name}\`: it is white space alone: remove it, or write what to select`);
      }
      continue;
    }
    const meant = otherNames.get(name) ?? nearMiss(name, inputNames);
    if (!meant) continue;
    mistyped++;
    // Separators in between do not count as typing errors, so even a near name can be long.
    const shown =
      name.length <= 40 ? `\`${oneLine(name)}\`` : `an input of ${count(name.length, 'character')}`;
    if (mistyped <= maxMistyped) report(`${shown}: there is no such input; did you mean \`${meant}\`?`);
  }
  const more = mistyped - maxMistyped;
  if (more > 0)
    report(`there are ${count(more, 'more mistyped input')}: remove them, or correct their names`);
}
