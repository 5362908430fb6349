import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { testPattern } from '../../local-stream/library/media.ts';
import { headBytes, isIsoMedia, untruncatedSize } from '../../src/files/iso-media.ts';
import { bytesOf } from '../harness/save-bench.ts';

/** A box with its size, or with another one in its header. */
function box(type: string, content: Uint8Array = new Uint8Array(), declared?: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(declared ?? 8 + content.byteLength);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, content]);
}

/** A box with a size in 64 bits. */
function largeBox(type: string, content: Uint8Array = new Uint8Array(), declared?: bigint): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(declared ?? BigInt(16 + content.byteLength));
  return box(type, Buffer.concat([size, content]), 1);
}

/** The size of a file by its boxes, with how much of it was read. */
async function walk(file: Uint8Array) {
  let reads = 0;
  let readBytes = 0;
  const size = await untruncatedSize(file.byteLength, async (block, position) => {
    const part = file.subarray(position, position + block.byteLength);
    block.set(part);
    reads++;
    readBytes += part.byteLength;
    return part.byteLength;
  });
  return { size, reads, readBytes };
}

async function declaredSize(file: Uint8Array): Promise<number | undefined> {
  return (await walk(file)).size;
}

const blockBytes = 64 * 1024;

const begin = box('ftyp', Buffer.from('isom'));
const noise = Buffer.alloc(1000, 0xab);

describe('the first bytes', () => {
  test.each<[string, Uint8Array]>([
    ['the test pattern', bytesOf(Buffer.concat([...testPattern.default.read(0, headBytes)]))],
    ['the test tone', bytesOf(Buffer.concat([...testPattern.audio.read(0, headBytes)]))],
    ['generated media', bytesOf({ sizeBytes: 100 }, 0, headBytes)],
    ['more than are needed', bytesOf({ sizeBytes: 100 })],
  ])('are those of an ISO media file: %s', (_, head) => {
    expect(isIsoMedia(head)).toBe(true);
  });

  test.each<[string, Uint8Array]>([
    ['none', new Uint8Array()],
    ['too few', begin.subarray(0, 7)],
    ['a page', Buffer.from('<!DOCTYPE html>')],
    ['another box', box('moov')],
    ['other letters', box('FTYP')],
    ['the right ones too early', Buffer.from('ftypisom')],
    ['zeros', Buffer.alloc(16)],
  ])('are not those of one: %s', (_, head) => {
    expect(isIsoMedia(head)).toBe(false);
  });
});

describe('the boxes of a file fit into it', () => {
  test.each<[string, Uint8Array]>([
    ['of one box', begin],
    ['of several', Buffer.concat([begin, box('moov', noise), box('mdat', noise)])],
    ['of empty boxes', Buffer.concat([begin, box('free'), box('free')])],
    ['with a size in 64 bits', Buffer.concat([begin, largeBox('mdat', noise), box('moov', noise)])],
    ['with an empty box in 64 bits', Buffer.concat([begin, largeBox('mdat')])],
    ['with a last box that extends to the end', Buffer.concat([begin, box('mdat', noise, 0)])],
    ['with bytes after it, fewer than a box', Buffer.concat([begin, Buffer.from('bye')])],
    ['with zeros after it', Buffer.concat([begin, Buffer.alloc(100)])],
    ['with noise after it', Buffer.concat([begin, noise])],
    ['with a box after it that is smaller than it can be', Buffer.concat([begin, box('mdat', noise, 7)])],
    ['with such a box in 64 bits', Buffer.concat([begin, largeBox('mdat', noise, 15n)])],
    ['with half a size in 64 bits after it', Buffer.concat([begin, largeBox('mdat').subarray(0, 12)])],
    ['of nothing', new Uint8Array()],
    ['of noise', noise],
    ['of the test pattern', bytesOf(Buffer.concat([...testPattern.default.read()]))],
    ['of the test tone', bytesOf(Buffer.concat([...testPattern.audio.read()]))],
    ['that was generated', bytesOf({ sizeBytes: 100_000 })],
  ])('%s', async (_, file) => {
    expect(await declaredSize(file)).toBeUndefined();
  });
});

describe('the boxes of a truncated file add up to more', () => {
  test.each<[string, Uint8Array, number]>([
    ['without its last byte', Buffer.concat([begin, box('mdat', noise)]).subarray(0, -1), 12 + 1008],
    [
      'truncated after the header of a box',
      Buffer.concat([begin, box('mdat', noise)]).subarray(0, 20),
      12 + 1008,
    ],
    ['truncated within its first box', begin.subarray(0, 10), 12],
    [
      'truncated within a box with a size in 64 bits',
      Buffer.concat([begin, largeBox('mdat', noise, 6_000_000_000n)]),
      6e9 + 12,
    ],
    ['with a far too large size', box('ftyp', noise, 0xffff_ffff), 0xffff_ffff],
  ])('%s', async (_, file, size) => {
    expect(await declaredSize(file)).toBe(size);
  });

  test('even to more than a number can hold exactly', async () => {
    expect(
      await declaredSize(Buffer.concat([begin, largeBox('mdat', noise, 2n ** 64n - 1n)])),
    ).toBeGreaterThan(2 ** 63);
  });
});

test('a file that is truncated anywhere within a box is recognised', async () => {
  const types = fc.constantFrom('mdat', 'moov', 'moof', 'free');
  const content = fc.uint8Array({ maxLength: 40 });
  const boxes = fc.array(
    fc.oneof(
      fc.tuple(types, content).map(([type, bytes]) => box(type, bytes)),
      fc.tuple(types, content).map(([type, bytes]) => largeBox(type, bytes)),
    ),
    { minLength: 1, maxLength: 6 },
  );
  await fc.assert(
    fc.asyncProperty(boxes, fc.nat(), async (parts, at) => {
      const file = Buffer.concat([begin, ...parts]);
      const length = at % (file.byteLength + 1);
      let end = 0;
      // An incomplete header declares nothing.
      for (const part of [begin, ...parts]) {
        const headerBytes = part.readUInt32BE() === 1 ? 16 : 8;
        if (length > end && length < end + part.byteLength && length >= end + headerBytes) {
          expect(await declaredSize(file.subarray(0, length))).toBe(end + part.byteLength);
          return;
        }
        end += part.byteLength;
      }
      expect(await declaredSize(file.subarray(0, length))).toBeUndefined();
    }),
  );
});

test('any bytes are checked with few reads', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const { reads } = await walk(bytes);
      expect(reads).toBeLessThanOrEqual(1);
    }),
  );
});

describe('many boxes are checked within seconds, a block of them per read', () => {
  test.each<[string, Buffer]>([
    ['of 8 bytes', box('free')],
    ['of 9 bytes, which do not end with a block', box('free', Buffer.alloc(1))],
    ['of 16 bytes, with a size in 64 bits', largeBox('free')],
    ['of 1,000 bytes', box('free', Buffer.alloc(992))],
  ])('%s', async (_, one) => {
    const boxes = Buffer.alloc(160_000_000 - (160_000_000 % one.byteLength), one);
    const file = Buffer.concat([begin, boxes, box('mdat', noise).subarray(0, 500)]);
    const startMs = performance.now();
    const { reads, size } = await walk(file);
    expect(performance.now() - startMs).toBeLessThan(5000);
    expect(reads).toBeLessThanOrEqual(file.byteLength / (blockBytes - 16) + 1);
    expect(size).toBe(begin.byteLength + boxes.byteLength + 1008);
  });

  test('but large ones are skipped without reading them', async () => {
    const large = box('mdat', Buffer.alloc(10_000_000));
    const file = Buffer.concat([begin, large, box('moov', noise), large, large]);
    const { reads, readBytes, size } = await walk(file);
    expect(size).toBeUndefined();
    expect([reads, readBytes <= 3 * blockBytes]).toEqual([3, true]);
  });

  test('also where a header is split by the end of a block', async () => {
    for (let before = blockBytes - 40; before <= blockBytes; before++) {
      const first = box('free', Buffer.alloc(before - begin.byteLength - 8));
      for (const last of [box('mdat', noise), largeBox('mdat', noise)]) {
        const file = Buffer.concat([begin, first, last]);
        expect(await declaredSize(file)).toBeUndefined();
        expect(await declaredSize(file.subarray(0, -1))).toBe(file.byteLength);
      }
    }
  });
});

test('a file that becomes shorter meanwhile ends the check', async () => {
  const boxes = Buffer.alloc(blockBytes, box('free'));
  let reads = 0;
  const size = await untruncatedSize(10 * blockBytes, async (block) => {
    block.set(boxes);
    return reads++ === 0 ? blockBytes : 0;
  });
  expect([size, reads]).toEqual([undefined, 2]);
});
