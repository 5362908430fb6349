/** A shorter piece of a secret may be in a text by chance. */
const pieceLength = 6;

/** The pieces of a secret that a text contains, so that a truncated secret is found as well. */
export function leakedParts(text: string, secret: string): string[] {
  const starts = Array.from({ length: Math.max(1, secret.length - pieceLength + 1) }, (_, start) => start);
  return starts
    .map((start) => secret.slice(start, start + pieceLength))
    .filter((piece) => text.includes(piece));
}
