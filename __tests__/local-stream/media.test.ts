import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ByteSource } from '../../local-http/byte-source.ts';
import { generatedMedia, type MediaSource, mediaFrom } from '../../local-stream/library/media.ts';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';

const mebibyte = 2 ** 20;

function sha256(source: ByteSource): string {
  const hash = createHash('sha256');
  for (const piece of source.read()) hash.update(piece);
  return hash.digest('hex');
}

function bytesOf(source: ByteSource, start?: number, end?: number): Buffer {
  return Buffer.concat([...source.read(start, end)]);
}

/** Returns the types and sizes of the boxes of an ISO media file, reading only their headers. */
function boxesIn(source: ByteSource): [type: string, sizeBytes: number][] {
  const boxes: [string, number][] = [];
  for (let at = 0; at < source.sizeBytes; at += boxes.at(-1)?.[1] ?? 0) {
    const head = bytesOf(source, at, Math.min(at + 16, source.sizeBytes));
    const size = head.readUInt32BE();
    boxes.push([head.toString('latin1', 4, 8), size === 1 ? Number(head.readBigUInt64BE(8)) : size]);
  }
  return boxes;
}

describe('generated media', () => {
  test.each([24, 25, 100, mebibyte, 3 * mebibyte + 1])('of %d bytes consists of two boxes', (sizeBytes) => {
    const media = generatedMedia({ sizeBytes });
    expect(bytesOf(media).byteLength).toBe(sizeBytes);
    expect(boxesIn(media)).toEqual([
      ['ftyp', 16],
      ['mdat', sizeBytes - 16],
    ]);
  });

  test.each([2 ** 32 + 15, 2 ** 32 + 16, 5 * 2 ** 30])(
    'of %d bytes consists of two boxes, with a 64-bit size if needed',
    (sizeBytes) => {
      const media = generatedMedia({ sizeBytes });
      expect(boxesIn(media)).toEqual([
        ['ftyp', 16],
        ['mdat', sizeBytes - 16],
      ]);
      expect(bytesOf(media, 16, 20).readUInt32BE()).toBe(sizeBytes === 2 ** 32 + 15 ? 0xffff_ffff : 1);
      expect(bytesOf(media, sizeBytes - 7).byteLength).toBe(7);
      expect(bytesOf(media, sizeBytes - 7, sizeBytes + 7).byteLength).toBe(7);
    },
  );

  test('has the same bytes wherever a read begins and ends', () => {
    const media = generatedMedia({ sizeBytes: 2 * mebibyte + 100 });
    const whole = bytesOf(media);
    const ends = [
      0,
      1,
      16,
      23,
      24,
      25,
      mebibyte,
      mebibyte + 6,
      mebibyte + 7,
      mebibyte + 8,
      2 * mebibyte + 100,
    ];
    for (const start of ends) {
      for (const end of ends.filter((later) => later >= start)) {
        expect(bytesOf(media, start, end).equals(whole.subarray(start, end))).toBe(true);
      }
    }
  });

  test('is determined by size and seed', () => {
    const sizeBytes = 2 * mebibyte;
    const others = [{ sizeBytes }, { sizeBytes, seed: 2 }, { sizeBytes: sizeBytes + 1 }].map(generatedMedia);
    expect(new Set(others.map(sha256)).size).toBe(3);
    expect(new Set(others.map(({ etag }) => etag)).size).toBe(3);
    const again = generatedMedia({ sizeBytes, seed: 1 });
    expect([sha256(again), again.etag]).toEqual([sha256(others[0] ?? again), others[0]?.etag]);
    expect(sha256(generatedMedia({ sizeBytes: 4096 }))).toBe(
      '16e539b30ccc337974eecf34a2a13c521157b8d5598a7c56c14fe47ff4214c39',
    );
  });

  test('takes no memory until it is read', () => {
    const bufferBytes = () => process.memoryUsage().arrayBuffers;
    const before = bufferBytes();
    const files = Array.from({ length: 100 }, (_, seed) => generatedMedia({ sizeBytes: 2 * mebibyte, seed }));
    expect(bufferBytes() - before).toBeLessThan(mebibyte);
    expect(files).toHaveLength(100);
  });

  test('has the same content when files of one seed and several sizes are read in turn', () => {
    const [small, large] = [generatedMedia({ sizeBytes: 100 }), generatedMedia({ sizeBytes: 2 * mebibyte })];
    const others = [small, large, small].map((media) => bytesOf(media, 30, 90));
    expect(others.map((bytes) => others[0]?.equals(bytes))).toEqual([true, true, true]);
  });

  test.each([23, 0, -1, 30.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses a size of %d bytes',
    (sizeBytes) => {
      expect(() => generatedMedia({ sizeBytes })).toThrow(RangeError);
    },
  );
});

describe('delivering generated media', () => {
  let stream: LocalStream;

  beforeEach(async () => {
    stream = await startLocalStream();
  });

  afterEach(() => stream.close());

  function urlOf(media: MediaSource): string {
    const { uid } = stream.addVideo({ downloads: { audio: 'ready' }, media: { audio: media } });
    return `${stream.deliveryUrl}/${uid}/downloads/audio.m4a`;
  }

  test('serves the whole file', async () => {
    const film = { sizeBytes: 5 * mebibyte + 3, seed: 7 };
    const response = await fetch(urlOf(film));
    expect(response.headers.get('content-length')).toBe(String(film.sizeBytes));
    expect(response.headers.get('etag')).toBe(generatedMedia(film).etag);
    const bytes = await response.bytes();
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256(generatedMedia(film)));
  });

  test('serves a range', async () => {
    const film = { sizeBytes: 5 * 2 ** 30 };
    const [start, end] = [2 ** 32 - 5, 2 ** 32 + 2 * mebibyte];
    const response = await fetch(urlOf(film), { headers: { range: `bytes=${start}-${end - 1}` } });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/${film.sizeBytes}`);
    expect(bytesOf(generatedMedia(film), start, end).equals(await response.bytes())).toBe(true);
  });

  test('answers HEAD at once, whatever the size', async () => {
    const response = await fetch(urlOf({ sizeBytes: 2 ** 50 }), { method: 'HEAD' });
    expect(response.headers.get('content-length')).toBe(String(2 ** 50));
  });

  test('waits for a client that does not read, and stops when it disconnects', async () => {
    const piece = new Uint8Array(mebibyte);
    let pieces = 0;
    let ended = false;
    const body: ByteSource = {
      sizeBytes: 2 ** 40,
      *read() {
        try {
          for (; ; pieces += 1) yield piece;
        } finally {
          ended = true;
        }
      },
    };
    stream.faults.add({ route: 'delivery.get', fault: { kind: 'status', status: 200, body } });
    const asked = request(urlOf({ sizeBytes: 24 }));
    await new Promise((resolve) => {
      asked.once('response', (response) => response.once('readable', resolve)).end();
    });
    // The kernel buffers a few MiB on both ends.
    for (let before = -1; before !== pieces; await setTimeout(20)) before = pieces;
    expect(pieces).toBeLessThan(50);
    expect(ended).toBe(false);
    asked.once('error', () => undefined).destroy();
    while (!ended) await setTimeout(1);
  });

  test('serves one file that is opened once for several videos', async () => {
    const film = mediaFrom(new Uint8Array(100));
    expect(mediaFrom(film)).toBe(film);
    for (const url of [urlOf(film), urlOf(film)]) {
      const response = await fetch(url);
      expect(response.headers.get('etag')).toBe(film.etag);
      expect(await response.bytes()).toEqual(new Uint8Array(100));
    }
  });

  test('reports its size as that of the video', () => {
    expect(stream.addVideo({ media: { default: { sizeBytes: 2 ** 40 } } }).size).toBe(2 ** 40);
    expect(() => stream.addVideo({ media: { default: { sizeBytes: 1 } } })).toThrow(RangeError);
  });
});
