/** How many of a file's first bytes show whether it is an ISO media file. */
export const headBytes = 8;

/**
 * Whether these are the first bytes of an ISO media file (MP4, M4A). Such a file is a sequence of boxes that start
 * with their size and type; the first is of type `ftyp`.
 *
 * @see https://www.iso.org/standard/83102.html (ISO/IEC 14496-12, 4.2)
 */
export function isIsoMedia(head: Uint8Array): boolean {
  return head.byteLength >= headBytes && boxType(head) === 'ftyp';
}

/**
 * The size in bytes that a truncated file had, by the sizes of its boxes; undefined for a complete file.
 *
 * @param read reads at most `length` bytes from a position
 */
export async function untruncatedSize(
  sizeBytes: number,
  read: (position: number, length: number) => Promise<Uint8Array>,
): Promise<number | undefined> {
  for (let position = 0; position < sizeBytes; ) {
    const header = await read(position, 16);
    const boxBytes = boxSize(header);
    // Anything may follow the last box; a box without a size extends to the end of the file.
    if (boxBytes === undefined || !/^[\x20-\x7e]{4}$/.test(boxType(header))) return undefined;
    position += boxBytes;
    if (position > sizeBytes) return position;
  }
  return undefined;
}

function boxType(header: Uint8Array): string {
  return Buffer.from(header.subarray(4, 8)).toString('latin1');
}

function boxSize(header: Uint8Array): number | undefined {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (view.byteLength < 8) return undefined;
  const size = view.getUint32(0);
  if (size !== 1) return size >= 8 ? size : undefined;
  const largeSize = view.byteLength < 16 ? 0 : Number(view.getBigUint64(8));
  return largeSize >= 16 ? largeSize : undefined;
}
