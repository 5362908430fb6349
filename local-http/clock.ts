/**
 * The time source of a server. Everything that takes simulated time (encoding, generation, token expiry, rate limit
 * windows) reads it, so a test that controls the clock controls the server.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}
