/** So short that a shorter piece of a secret may stand in a text by chance. */
const pieceLength = 6;

/** The pieces of a secret that a text holds, so that a half that was left over shows as well. */
export function piecesIn(text: string, secret: string): string[] {
  const starts = Array.from({ length: Math.max(1, secret.length - pieceLength + 1) }, (_, start) => start);
  return starts
    .map((start) => secret.slice(start, start + pieceLength))
    .filter((piece) => text.includes(piece));
}
