import leven from 'leven';

/**
 * The candidate that somebody who typed `word` most likely meant: the same letters and digits, or few typing
 * errors away.
 *
 * @returns undefined where none is near
 */
export function nearMiss<Candidate extends string>(
  word: string,
  candidates: readonly Candidate[],
): Candidate | undefined {
  const typed = plain(word);
  return candidates
    .map((candidate) => ({ candidate, distance: leven(typed, plain(candidate)) }))
    .filter(({ candidate, distance }) => distance <= (candidate.length < 6 ? 1 : 2))
    .toSorted((a, b) => a.distance - b.distance)[0]?.candidate;
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[^a-z0-9]/g, '');
}
