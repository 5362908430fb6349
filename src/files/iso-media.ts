/** How many of a file's first bytes show whether it is an ISO media file. */
export const headBytes = 8;

/**
 * Whether these are the first bytes of an ISO media file (MP4, M4A). Such a file is a sequence of boxes that start
 * with their size and type; the first is of type `ftyp`.
 *
 * @see https://www.iso.org/standard/83102.html (ISO/IEC 14496-12, 4.2)
 */
export function isIsoMedia(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(4, headBytes)).toString('latin1') === 'ftyp';
}

/** How many bytes of a file are read at once: many small boxes in one read, and few bytes for a box that is skipped. */
const blockBytes = 64 * 1024;

/** How long the longest header of a box is. */
const maxHeaderBytes = 16;

/**
 * The size in bytes that a truncated file had, by the sizes of its boxes; undefined for a complete file.
 *
 * @param read fills a block from a position on, as far as the file has bytes, and returns how many it read
 */
export async function untruncatedSize(
  sizeBytes: number,
  read: (block: Uint8Array, position: number) => Promise<number>,
): Promise<number | undefined> {
  const block = Buffer.alloc(Math.min(blockBytes, sizeBytes));
  let blockStart = 0;
  let blockEnd = 0;
  for (let position = 0; position < sizeBytes; ) {
    if (position + maxHeaderBytes > blockEnd && blockEnd < sizeBytes) {
      blockStart = position;
      blockEnd = position + (await read(block, position));
    }
    const boxBytes = boxSize(block, position - blockStart, blockEnd - position);
    // Anything may follow the last box; a box without a size extends to the end of the file.
    if (boxBytes === undefined) return undefined;
    position += boxBytes;
    if (position > sizeBytes) return position;
  }
  return undefined;
}

/** The size of the box at an offset, in bytes; undefined if there is none, or none with a size. */
function boxSize(block: Buffer, at: number, lengthBytes: number): number | undefined {
  if (lengthBytes < headBytes || !hasType(block, at)) return undefined;
  const size = block.readUInt32BE(at);
  if (size !== 1) return size >= headBytes ? size : undefined;
  if (lengthBytes < maxHeaderBytes) return undefined;
  // In two halves, since a BigInt for each of millions of boxes would take seconds.
  const largeSize = block.readUInt32BE(at + headBytes) * 2 ** 32 + block.readUInt32BE(at + headBytes + 4);
  return largeSize >= maxHeaderBytes ? largeSize : undefined;
}

/** Whether a box has a type of four printable characters. */
function hasType(block: Buffer, at: number): boolean {
  for (let index = at + 4; index < at + headBytes; index++) {
    const code = block[index] ?? 0;
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}
