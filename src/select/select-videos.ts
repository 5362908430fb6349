import { count } from '../core/text.ts';

/** Which videos the step works on. */
export interface Selection {
  /** At least one, without duplicates, in the order asked for. */
  readonly videoIds: readonly string[];
}

/** `3 videos` */
export function describeSelection({ videoIds }: Selection): string {
  return count(videoIds.length, 'video');
}

/** Yields the selected videos one by one, so that work on the first starts before the last is known. */
export async function* selectVideos({ videoIds }: Selection): AsyncGenerator<{ readonly id: string }> {
  for (const id of videoIds) yield { id };
}
