import { createHash, randomBytes } from 'node:crypto';

/** `part`: a new file, until it has its name. `old`: the file that it replaces, until that is deleted. */
export type TemporaryKind = 'part' | 'old';

/** How much of a name its temporary names begin with: GitHub allows names of 255 characters. */
const prefixLength = 200;

/** A new temporary name for an asset, such as `talk.mp4.0a1b2c3d.part`. */
export function temporaryName(name: string, kind: TemporaryKind): string {
  const digits = `${markOf(name)}${randomBytes(4).toString('hex')}`.slice(0, 8);
  return `${name.slice(0, prefixLength)}.${digits}.${kind}`;
}

/** Of what kind `candidate` is, if it is a temporary name of the asset `name`. */
export function temporaryKindOf(candidate: string, name: string): TemporaryKind | undefined {
  const prefix = `${name.slice(0, prefixLength)}.`;
  if (!candidate.startsWith(prefix + markOf(name))) return undefined;
  const kind = /^[0-9a-f]{8}\.(part|old)$/.exec(candidate.slice(prefix.length))?.[1];
  return kind as TemporaryKind | undefined;
}

/**
 * The beginning of the digits. A name that does not fit into its temporary names is recognized by its hash, since
 * videos of one long title have names that only differ at the end.
 */
function markOf(name: string): string {
  if (name.length < prefixLength) return '';
  return createHash('sha256').update(name).digest('hex').slice(0, 4);
}
