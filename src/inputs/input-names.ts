/** The inputs that this version has, as in `action.yml`. */
export const inputNames = [
  'operation',
  'video-id',
  'account-id',
  'api-token',
  'api-email',
  'api-key',
  'type',
  'wait',
  'timeout',
  'poll-interval',
  'filename',
  'save-to',
  'signed-url',
  'signed-url-ttl',
  'release-tag',
  'github-token',
  'concurrency',
  'api-url',
] as const;

export type InputName = (typeof inputNames)[number];

/** Inputs that are announced but that this version lacks: to ignore one would be to do something else than asked. */
export const laterInputNames = [
  'created-after',
  'created-before',
  'creator',
  'search',
  'shard',
  'dry-run',
  'summary',
] as const;

/** The inputs whose values are secrets. */
export const secretInputNames: readonly string[] = ['api-token', 'api-key', 'github-token'];
