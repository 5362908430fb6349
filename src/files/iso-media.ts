/**
 * What every MP4 and M4A file is made of: boxes, each with its size and type at its beginning, the first of type
 * `ftyp`.
 *
 * @see https://www.iso.org/standard/83102.html (ISO/IEC 14496-12, 4.2)
 */

/** As many of a file's first bytes as tell whether it is an ISO media file. */
export const headBytes = 8;

/** Whether these are the first bytes of an ISO media file. */
export function isIsoMedia(head: Uint8Array): boolean {
  return head.byteLength >= headBytes && boxType(head) === 'ftyp';
}

/**
 * The size in bytes that a file has by its own account, where that is more than it has: it was cut short.
 *
 * @param read reads from a position, at most so many bytes
 */
export async function missingSize(
  sizeBytes: number,
  read: (position: number, length: number) => Promise<Uint8Array>,
): Promise<number | undefined> {
  for (let position = 0; position < sizeBytes; ) {
    const header = await read(position, 16);
    const boxBytes = boxSize(header);
    // What follows the last box is nobody's business; and a box without a size goes to the end of the file.
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
  const large = view.byteLength < 16 ? 0 : Number(view.getBigUint64(8));
  return large >= 16 ? large : undefined;
}
