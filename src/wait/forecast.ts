/** What was seen at one moment of something that is being done. */
export interface Sighting {
  /** When, in ms on the clock's scale. */
  readonly atMs: number;
  /** How much was done, 0–100; `null` where it was not said. */
  readonly percent: number | null;
}

/**
 * How long until 100 %, were the rest done at the pace so far.
 *
 * @param sightings in the order seen
 * @returns ms from the last sighting; undefined while no pace can be told
 */
export function forecastMs(sightings: readonly Sighting[]): number | undefined {
  const first = sightings.find(({ percent }) => percent !== null);
  const last = sightings.findLast(({ percent }) => percent !== null);
  if (first?.percent == null || last?.percent == null || last.percent <= first.percent) return undefined;
  return ((100 - last.percent) * (last.atMs - first.atMs)) / (last.percent - first.percent);
}
