/**
 * Where the time comes from. All that happens over time (encoding, generation, a token's expiry, the window
 * of the rate limit) asks it, so whoever drives the clock drives the whole local Stream.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}
