import * as v from 'valibot';
import { quote } from '../core/text.ts';
import { codeOf } from './text-schemas.ts';

/** What Cloudflare's IDs look like in practice, although its schema does not require it. */
const usualId = /^[0-9a-f]{32}$/i;

const anyId = /^[A-Za-z0-9_-]{1,64}$/;

/** Everything that nobody sees, except the white space that separates IDs. */
const invisible = /(?![\t\n\v\f\r ])[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}]/gu;

const quotes = /["'`´“”„‟‘’‚‛«»‹›]/g;

/** A bullet or a number of a list. A dash and a number may also begin an ID, so a usual one must follow them. */
const bullet = /^(?:-+|\d+[.)])(?=$|[0-9a-f]{32}$)|^[*+•·‣◦–—](?=$|[A-Za-z0-9_-]{1,64}$)/i;

/** Where a comment begins. Two slashes without a space may begin an address. */
const comment = /(?<![^\t\v\f\r ,])(?:#|\/\/(?=\s|$))/;

/** What is wrong with a part of the text, in the order in which it is reported. */
const kinds = ['all', 'list', 'bullet', 'quotes', 'comment', 'invisible', 'malformed'] as const;

type Kind = (typeof kinds)[number];

interface Finding {
  readonly kind: Kind;
  /** The part of the text. */
  readonly text: string;
  /** The usual IDs in it or beside it. Any other word could be a part of a secret, which would not be redacted. */
  readonly meant: readonly string[];
}

/** How many parts of the text, and how many IDs, a message names. */
const maxNamed = 5;

/**
 * The IDs of videos: `all`, or at least one; duplicates are ignored. There is one issue for each kind of problem.
 */
export const videoIds = v.pipe(
  v.string(),
  v.rawTransform<string, readonly string[] | 'all'>(({ dataset: { value }, addIssue, NEVER }) => {
    const { findings, ids } = readIds(value, videoIdsIn);
    if (ids.length === 0 && findings.length > 0 && findings.every(({ kind }) => kind === 'all')) return 'all';
    const messages = describe(findings, 'write IDs alone, separated by newlines, commas or spaces');
    if (ids.length === 0 && findings.length === 0) {
      messages.push(
        'it is missing or empty: set it to the `uid` that the upload returned, such as ${{ steps.upload.outputs.uid }}, or to `all` for every video of the account',
      );
    }
    for (const message of messages) addIssue({ message });
    return messages.length > 0 ? NEVER : ids;
  }),
);

/** The ID of an account. */
export const accountId = v.pipe(
  v.string(),
  v.nonEmpty(
    'it is missing: set it to the 32 characters that the Cloudflare dashboard shows under Stream, or set the environment variable CLOUDFLARE_ACCOUNT_ID',
  ),
  oneId(accountIdsIn),
);

/** The ID of a live input. */
export const liveInputId = oneId(liveInputsIn);

/** @param idsIn finds the ID in an address or other text */
function oneId(idsIn: (text: string) => readonly string[]) {
  return v.pipe(
    v.string(),
    v.rawTransform<string, string>(({ dataset: { value }, addIssue, NEVER }) => {
      const { findings } = readIds(value, idsIn);
      const named = findings.filter(({ kind }) => kind !== 'malformed' && kind !== 'all');
      if (named.length === 0 && anyId.test(value)) return value;
      const malformed: Finding = { kind: 'malformed', text: value, meant: idsIn(value) };
      for (const message of describe(named.length > 0 ? named : [malformed], 'write the ID alone')) {
        addIssue({ message });
      }
      return NEVER;
    }),
  );
}

/** One sentence about those of the IDs that may be mistakes; undefined if there are none. */
export function unusualIds(ids: readonly string[]): string | undefined {
  const unusual = ids.filter((id) => !usualId.test(id));
  if (unusual.length === 0) return undefined;
  const problem =
    unusual.length === 1
      ? 'does not look like a Cloudflare ID, which has 32 hex characters'
      : 'do not look like Cloudflare IDs, which have 32 hex characters';
  return `${enumerate(unusual)} ${problem}`;
}

/**
 * Finds the IDs in a text, and everything else in it.
 *
 * @param idsIn finds the IDs in an address or other text
 */
function readIds(text: string, idsIn: (text: string) => readonly string[]) {
  const ids = new Set<string>();
  const findings: Finding[] = [];
  const isId = (token: string) => anyId.test(token) && !bullet.test(token);
  const isUsual = (token: string) => usualId.test(token);
  const tokensOf = (line: string) => line.split(/[\t\n\v\f\r ,]+/).filter(Boolean);

  if (/^\s*\[.*\]\s*$/s.test(text)) {
    const meant = tokensOf(text.replace(/[[\]]/g, ' ')).flatMap((token) => idsIn(token.replace(quotes, '')));
    return { ids: [], findings: [{ kind: 'list', text, meant } as const] };
  }
  for (const line of text.split('\n')) {
    const end = line.search(comment);
    const tokens = tokensOf(end < 0 ? line : line.slice(0, end));
    const found = tokens.filter((token) => isId(token) && token.toLowerCase() !== 'all');
    for (const id of found) ids.add(id);
    if (end >= 0) findings.push({ kind: 'comment', text: line.slice(end), meant: found.filter(isUsual) });

    for (const [index, token] of tokens.entries()) {
      const [mark] = bullet.exec(token) ?? [];
      const [next = ''] = tokens.slice(index + 1, index + 2);
      if (token.toLowerCase() === 'all') findings.push({ kind: 'all', text: token, meant: [] });
      else if (isId(token)) continue;
      else if (mark !== undefined) {
        const meant = [token.slice(mark.length), next].filter(isUsual).slice(0, 1);
        findings.push({ kind: 'bullet', text: mark, meant });
      } else if (token.search(invisible) >= 0) {
        findings.push({ kind: 'invisible', text: token, meant: visibleIds(token, idsIn) });
      } else if (token.search(quotes) >= 0) {
        findings.push({ kind: 'quotes', text: token, meant: idsIn(token.replace(quotes, '')) });
      } else findings.push({ kind: 'malformed', text: token, meant: idsIn(token) });
    }
  }
  return { ids: [...ids], findings };
}

/** The IDs in a text with invisible characters, which may be inside of an ID, around it, or between two. */
function visibleIds(text: string, idsIn: (text: string) => readonly string[]): readonly string[] {
  const parts = text.split(invisible).filter(Boolean);
  return parts.every((part) => usualId.test(part)) ? parts : idsIn(parts.join(''));
}

/**
 * The IDs of videos in an address, or in other text. In those of the dashboard and the API, a video's ID follows
 * `stream`; other IDs are those of the account or of a live input.
 */
function videoIdsIn(text: string): readonly string[] {
  const path = text.replace(/%2f/gi, '/');
  const ofStream = path.matchAll(/\/stream\/(?:videos\/)?([0-9a-f]{32})(?![0-9a-z])/gi);
  const ids = Array.from(ofStream, ([, id = '']) => id);
  if (ids.length > 0 || /cloudflare\.com/i.test(path)) return ids;
  const others = path.match(/(?<![0-9a-z]|accounts\/|inputs\/)[0-9a-f]{32}(?![0-9a-z]|\/stream)/gi) ?? [];
  // What follows the ID in an address may contain another one, such as in a query.
  return path.includes('/') ? others.slice(0, 1) : others;
}

/** The ID of the account in an address of the dashboard or the API, or in other text. */
function accountIdsIn(text: string): readonly string[] {
  const path = text.replace(/%2f/gi, '/');
  const pattern = path.includes('/')
    ? /(?<=cloudflare\.com\/|accounts\/|to=\/)[0-9a-f]{32}(?![0-9a-z])|(?<![0-9a-z])[0-9a-f]{32}(?=\/stream)/i
    : /(?<![0-9a-z])[0-9a-f]{32}(?![0-9a-z])/i;
  return path.match(pattern)?.slice(0, 1) ?? [];
}

/** The ID of the live input in an address of the dashboard or the API, or in other text. */
function liveInputsIn(text: string): readonly string[] {
  const path = text.replace(/%2f/gi, '/');
  const pattern = path.includes('/')
    ? /(?<=inputs\/)[0-9a-f]{32}(?![0-9a-z])/i
    : /(?<![0-9a-z])[0-9a-f]{32}(?![0-9a-z])/i;
  return path.match(pattern)?.slice(0, 1) ?? [];
}

/** One message for each kind of problem. */
function describe(findings: readonly Finding[], alone: string): string[] {
  const byKind = Map.groupBy(findings, ({ kind }) => kind);
  return kinds.flatMap((kind) => {
    const found = byKind.get(kind);
    if (!found) return [];
    const texts = new Set(found.map(({ text }) => text));
    const meant = new Set(found.flatMap((finding) => finding.meant));
    const question = meant.size > 0 ? `; did you mean ${enumerate(meant)}?` : '';
    return [problemWith(kind, [...texts], alone) + question];
  });
}

function problemWith(kind: Kind, texts: readonly string[], alone: string): string {
  const isOne = texts.length === 1;
  const named = enumerate(texts.map(quote));
  switch (kind) {
    case 'all':
      return '`all` stands for every video of the account: write it alone, or leave it out';
    case 'list':
      return `it is a list in brackets: ${alone}, or turn a JSON list into text with \${{ join(fromJSON(...)) }}`;
    case 'bullet':
      return `${named} ${isOne ? 'is a list bullet' : 'are list bullets'}: ${alone}`;
    case 'quotes':
      return `${named} ${isOne ? 'has' : 'have'} quotes: ${alone}`;
    case 'comment':
      return `${named} ${isOne ? 'is a comment' : 'are comments'}, which this input cannot have: ${alone}`;
    case 'invisible': {
      const codes = new Set(texts.flatMap((text) => text.match(invisible) ?? []).map(codeOf));
      const what = codes.size === 1 ? 'an invisible character' : 'invisible characters';
      return `${named} ${isOne ? 'contains' : 'contain'} ${what} (${enumerate(codes)}): ${alone}`;
    }
    case 'malformed':
      return isOne
        ? `${named} is not an ID, which has 1 to 64 letters, digits, "-" or "_"`
        : `${named} are not IDs, which have 1 to 64 letters, digits, "-" or "_"`;
  }
}

/** `a, b`, or `a, b, c, d, e and 3 more` if there are many. */
export function enumerate(names: Iterable<string>): string {
  const all = [...names];
  const more = all.length - maxNamed;
  return all.slice(0, maxNamed).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
