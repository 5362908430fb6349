import leven from 'leven';

/**
 * Finds the candidate that was most likely meant by a mistyped word: by Levenshtein distance, ignoring case and
 * everything but letters and digits. It takes linear time, so the word may be long.
 *
 * @returns undefined if no candidate is near: at most 2 typing errors away, or 1 if it has fewer than 6 characters
 */
export function nearMiss<Candidate extends string>(
  word: string,
  candidates: readonly Candidate[],
): Candidate | undefined {
  const typed = plain(word);
  return candidates
    .map((candidate) => {
      const allowed = candidate.length < 6 ? 1 : 2;
      // A greater distance is not computed, since that takes time in proportion to both lengths.
      const distance = leven(typed, plain(candidate), { maxDistance: allowed + 1 });
      return { candidate, distance, isNear: distance <= allowed };
    })
    .filter(({ isNear }) => isNear)
    .toSorted((a, b) => a.distance - b.distance)[0]?.candidate;
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[^a-z0-9]/g, '');
}
