import { createCipheriv, createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type ByteSource, byteSource } from '../http/byte-source.ts';

/** A file that the delivery host hands out. */
export interface Media extends ByteSource {
  /** A strong entity tag with its quotes: the same for the same bytes, also after a restart. */
  readonly etag: string;
}

/** A file to generate, which is never in memory as a whole. */
export interface GeneratedMedia {
  /** A whole number, 24 or more. */
  readonly sizeBytes: number;
  /** A whole number, 1 by default: files of one size with different seeds differ. */
  readonly seed?: number;
}

/** Where a file to deliver comes from: its bytes, the path of a file, or a size to generate. */
export type MediaSource = Uint8Array | string | URL | GeneratedMedia;

/**
 * Makes a file to deliver.
 *
 * @throws what `readFileSync` throws, when there is no file at a path
 * @throws RangeError when there is no file of the size to generate
 */
export function mediaFrom(source: MediaSource): Media {
  if (!(source instanceof Uint8Array || source instanceof URL || typeof source === 'string'))
    return generatedMedia(source);
  const bytes = source instanceof Uint8Array ? source : readFileSync(source);
  return { ...byteSource(bytes), etag: etagOf(bytes) };
}

/**
 * The bytes that generated media repeat. Their number is prime: what is cut, shifted or repeated in the steps that
 * programs work in does not fall together with it, and so shows in a hash.
 */
const blockBytes = 1_048_583;

const fileTypeBytes = 16;

/**
 * Makes a file of a given size out of nothing: an ISO media file of a `ftyp` box and one `mdat` box, whose content
 * is a block of noise over and over. What it has at an offset follows from size, seed and offset alone.
 * Follows ISO/IEC 14496-12, sections 4.2 and 4.3
 *
 * @throws RangeError when `sizeBytes` is not a whole number of at least 24
 */
export function generatedMedia({ sizeBytes, seed = 1 }: GeneratedMedia): Media {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < fileTypeBytes + 8)
    throw new RangeError(`sizeBytes: "${sizeBytes}" is not a whole number of at least ${fileTypeBytes + 8}`);
  const head = boxesOf(sizeBytes);
  const block = noise(seed);
  return {
    sizeBytes,
    etag: etagOf(`generated media of ${sizeBytes} bytes, seed ${seed}`),
    *read(start = 0, end = sizeBytes) {
      const stop = Math.min(end, sizeBytes);
      let at = start;
      if (at < head.byteLength && at < stop) {
        const piece = head.subarray(at, stop);
        yield piece;
        at += piece.byteLength;
      }
      while (at < stop) {
        const from = at % blockBytes;
        const piece = block.subarray(from, from + stop - at);
        yield piece;
        at += piece.byteLength;
      }
    },
  };
}

/** All that stands before the content: the box that tells the type of the file, and the beginning of the other. */
function boxesOf(sizeBytes: number): Uint8Array {
  const contentBoxBytes = sizeBytes - fileTypeBytes;
  const fileType = Buffer.alloc(fileTypeBytes);
  fileType.writeUInt32BE(fileTypeBytes);
  fileType.write('ftypisom', 4, 'latin1');
  fileType.writeUInt32BE(0x200, 12);
  // A size that 32 bits do not hold is told as 1, and follows in 64.
  const isLarge = contentBoxBytes > 0xffff_ffff;
  const content = Buffer.alloc(isLarge ? 16 : 8);
  content.writeUInt32BE(isLarge ? 1 : contentBoxBytes);
  content.write('mdat', 4, 'latin1');
  if (isLarge) content.writeBigUInt64BE(BigInt(contentBoxBytes), 8);
  return Buffer.concat([fileType, content]);
}

/** A cipher's key stream: noise that the seed alone makes, and far faster than number by number. */
function noise(seed: number): Uint8Array {
  const key = createHash('sha256').update(`seed ${seed}`).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(blockBytes));
}

function etagOf(identity: Uint8Array | string): string {
  return `"${createHash('sha256').update(identity).digest('hex').slice(0, 32)}"`;
}

/** What the downloads of a video contain that brought none of its own: six seconds of a test pattern with a tone. */
export const testPattern = {
  default: mediaFrom(new URL('../media/default.mp4', import.meta.url)),
  audio: mediaFrom(new URL('../media/audio.m4a', import.meta.url)),
  durationSeconds: 6,
  width: 320,
  height: 180,
};
