import type { Selection } from './selection.ts';

/** Yields the selected videos one by one, so that work on the first starts before the last is known. */
export async function* selectVideos({ videoIds }: Selection): AsyncGenerator<{ readonly id: string }> {
  if (!videoIds) throw new Error('Listing the videos of the account is not wired');
  for (const id of videoIds) yield { id };
}
