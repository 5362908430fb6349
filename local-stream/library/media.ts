import { createCipheriv, createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type ByteSource, byteSource } from '../../local-http/byte-source.ts';

/** A file that the delivery host serves. */
export interface Media extends ByteSource {
  /** A strong entity tag, including its quotes, determined by the bytes alone. */
  readonly etag: string;
}

/** A file to generate while it is sent; it is never completely in memory. */
export interface GeneratedMedia {
  /** An integer, at least 24. */
  readonly sizeBytes: number;
  /** An integer; defaults to 1. Files of the same size with different seeds differ. */
  readonly seed?: number;
}

/** The source of a file to deliver: its bytes, the path of a file, a file to generate, or one that is open already. */
export type MediaSource = Uint8Array | string | URL | GeneratedMedia | Media;

/**
 * Opens a file to deliver. Many videos can share one that is opened once.
 *
 * @throws the system error when a path cannot be read
 * @throws RangeError when a file of that size cannot be generated
 */
export function mediaFrom(source: MediaSource): Media {
  if (typeof source === 'object' && 'etag' in source) return source;
  if (!(source instanceof Uint8Array || source instanceof URL || typeof source === 'string'))
    return generatedMedia(source);
  const bytes = source instanceof Uint8Array ? source : readFileSync(source);
  return { ...byteSource(bytes), etag: etagOf(bytes) };
}

/**
 * The length of the block that generated media repeat. It is prime, so that bytes which are lost, shifted or repeated
 * in units of a usual buffer size never line up with the block, and always change the hash.
 */
const blockBytes = 1_048_583;

const fileTypeBytes = 16;

/**
 * Generates a file of a given size: an ISO media file of a `ftyp` box and one `mdat` box, whose content repeats a block
 * of pseudo-random bytes. Each byte is determined by size, seed and offset.
 * Follows ISO/IEC 14496-12, sections 4.2 and 4.3
 *
 * @throws RangeError when `sizeBytes` is not an integer of at least 24
 */
export function generatedMedia({ sizeBytes, seed = 1 }: GeneratedMedia): Media {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < fileTypeBytes + 8)
    throw new RangeError(`sizeBytes: "${sizeBytes}" is not an integer of at least ${fileTypeBytes + 8}`);
  return {
    sizeBytes,
    etag: etagOf(`generated media of ${sizeBytes} bytes, seed ${seed}`),
    *read(start = 0, end = sizeBytes) {
      const head = boxesOf(sizeBytes);
      const block = noise(seed, Math.min(sizeBytes, blockBytes));
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

/** Returns everything before the content: the `ftyp` box, and the header of the `mdat` box. */
function boxesOf(sizeBytes: number): Uint8Array {
  const contentBoxBytes = sizeBytes - fileTypeBytes;
  const fileType = Buffer.alloc(fileTypeBytes);
  fileType.writeUInt32BE(fileTypeBytes);
  fileType.write('ftypisom', 4, 'latin1');
  fileType.writeUInt32BE(0x200, 12);
  // A size that does not fit into 32 bits is written as 1, and as 64 bits after the type.
  const isLarge = contentBoxBytes > 0xffff_ffff;
  const content = Buffer.alloc(isLarge ? 16 : 8);
  content.writeUInt32BE(isLarge ? 1 : contentBoxBytes);
  content.write('mdat', 4, 'latin1');
  if (isLarge) content.writeBigUInt64BE(BigInt(contentBoxBytes), 8);
  return Buffer.concat([fileType, content]);
}

/** The bytes generated last: reading one file in many ranges must be fast, and thousands of files take little memory. */
let latestNoise = { seed: Number.NaN, bytes: new Uint8Array() };

/** Pseudo-random bytes determined by the seed: the key stream of a cipher, as it is fast to generate. */
function noise(seed: number, sizeBytes: number): Uint8Array {
  if (latestNoise.seed !== seed || latestNoise.bytes.byteLength < sizeBytes) {
    const key = createHash('sha256').update(`seed ${seed}`).digest();
    const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
    latestNoise = { seed, bytes: cipher.update(Buffer.alloc(sizeBytes)) };
  }
  return latestNoise.bytes;
}

function etagOf(identity: Uint8Array | string): string {
  return `"${createHash('sha256').update(identity).digest('hex').slice(0, 32)}"`;
}

/** The default downloads of a video: six seconds of a test pattern with a tone. */
export const testPattern = {
  default: mediaFrom(new URL('../media/default.mp4', import.meta.url)),
  audio: mediaFrom(new URL('../media/audio.m4a', import.meta.url)),
  durationSeconds: 6,
  width: 320,
  height: 180,
};
