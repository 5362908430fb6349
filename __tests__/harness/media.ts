import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The SHA-256 of bytes, or of a text in UTF-8, in hex. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The size and hash, as in a record, of the files that the local Stream delivers by default. */
export const testPattern = {
  default: facts('default.mp4'),
  audio: facts('audio.m4a'),
};

/** The bytes of these files. */
export function testPatternFile(name: 'default.mp4' | 'audio.m4a'): Uint8Array {
  return readFileSync(join(import.meta.dirname, '../../local-stream/media', name));
}

function facts(name: 'default.mp4' | 'audio.m4a'): { readonly size: number; readonly sha256: string } {
  const bytes = testPatternFile(name);
  return { size: bytes.byteLength, sha256: sha256(bytes) };
}
