/** Control characters except white space, format characters (bidi included), and lone surrogates. */
const unprintable = /[\p{Cf}\p{Cs}]|[^\P{Cc}\t\n\v\f\r\u0085]/gu;

/** JavaScript's white space, and the "next line" control, which .NET counts as such. */
const whiteSpace = /[\s\u0085]+/g;

/** Makes untrusted text fit into one line of a log: without unprintable characters, which could hide a secret. */
export function oneLine(text: string): string {
  return text.replace(unprintable, '').replace(whiteSpace, ' ').trim();
}

/** A video's title on one line. It keeps the joiners that some scripts and emoji need. */
export function titleText(text: string): string {
  return text
    .replace(unprintable, (character) => (/[\u200c\u200d]/.test(character) ? character : ''))
    .replace(whiteSpace, ' ')
    .trim();
}

/** Whether an address that cannot be parsed may contain a password. */
export function mayContainPassword(address: string): boolean {
  return /@|%40|\uff20/i.test(address);
}

/**
 * The beginning of a text that is too long. What may hold a secret must be redacted before.
 *
 * @param maxLength in UTF-16 units, the ellipsis included
 */
export function truncate(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  // A lone half of a surrogate pair would not be a character.
  const start = text.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, '');
  return `${start.trimEnd()}…`;
}

/** The longest value that a message shows, in UTF-16 units. */
const longestQuoted = 80;

/** An input as a message shows it. A long one is replaced by its length: half of a secret would not be redacted. */
export function quote(text: string): string {
  const line = oneLine(text);
  return line.length <= longestQuoted
    ? JSON.stringify(line)
    : `the text of ${count(line.length, 'character')}`;
}

/** `1 h 5 min`, `2 min 3 s`, `4.2 s`, `320 ms`: the two largest units. */
export function formatDuration(ms: number): string {
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${formatNumber(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  const units: [number, string][] = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = units.findIndex(([amount]) => amount > 0);
  return units
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${formatNumber(amount)} ${unit}`)
    .join(' ');
}

/** `, about 2 min left`, in whole seconds; empty if undefined. */
export function aboutLeft(ms: number | undefined): string {
  return ms === undefined ? '' : `, about ${formatDuration(Math.max(1, Math.ceil(ms / 1000)) * 1000)} left`;
}

/**
 * `320 bytes`, `4.2 kB`, `48.2 MB`, `1.3 GB`: in powers of 1000.
 *
 * @param amountBytes may be a fraction, as a speed is
 */
export function formatBytes(amountBytes: number): string {
  const units = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  const bytes = Math.round(amountBytes);
  if (bytes < 1000) return count(bytes, 'byte');
  // What would be rounded to 1000 of a unit is 1 of the next.
  const power = Math.min(units.length, Math.floor(Math.log10(bytes + bytes / 2000) / 3));
  const unit = units[power - 1];
  return new Intl.NumberFormat('en', { style: 'unit', unit, maximumSignificantDigits: 3 }).format(
    bytes / 1000 ** power,
  );
}

/** `1 video`, `3 videos`, `1,200 videos`. */
export function count(amount: number, noun: string, plural = `${noun}s`): string {
  return `${formatNumber(amount)} ${new Intl.PluralRules('en').select(amount) === 'one' ? noun : plural}`;
}

/** `1,200`, `4.2`: with at most one decimal. */
export function formatNumber(amount: number): string {
  // `Intl` writes it the same way, but takes several milliseconds to load, which short steps need not wait for.
  if (Number.isInteger(amount) && amount >= 0 && amount < 1000) return String(amount);
  return new Intl.NumberFormat('en', { maximumFractionDigits: 1 }).format(amount);
}

/** The text with a full stop, unless it ends as a sentence does. */
export function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}
