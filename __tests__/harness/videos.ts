/** An ID that the account does not have. */
export const unknownId = 'f'.repeat(32);

/** IDs that the account does not have. */
export function unknownIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => (index + 1).toString(16).padStart(32, 'f'));
}

/** Options of a video whose default download is ready. */
export const ready = { downloads: { default: 'ready' } } as const;

/** Options of a video whose downloads of both types are ready. */
export const both = { downloads: { default: 'ready', audio: 'ready' } } as const;

/** Options of a private video. */
export const privately = { requireSignedURLs: true } as const;
