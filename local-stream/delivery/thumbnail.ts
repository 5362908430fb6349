import { createHash } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import { type Reply, textReply } from '../../local-http/reply.ts';
import { testPattern } from '../library/media.ts';

type Colour = readonly [red: number, green: number, blue: number];

const maxPixels = 2000;
const white: Colour = [255, 255, 255];

/**
 * The picture of a video: a play button on two colours that its ID determines. It is a PNG, whose encoding needs no
 * more than zlib; Cloudflare sends a JPEG.
 * Follows https://developers.cloudflare.com/stream/viewing-videos/displaying-thumbnails/
 *
 * @param query may contain `width` and `height`, in pixels; one alone keeps the shape of the video
 */
export function thumbnail(uid: string, query: URLSearchParams): Reply {
  const [givenWidth, givenHeight] = [query.get('width'), query.get('height')];
  const shape = testPattern.width / testPattern.height;
  const height = Number(
    givenHeight ?? (givenWidth === null ? testPattern.height : Number(givenWidth) / shape),
  );
  const width = Number(givenWidth ?? height * shape);
  const [columns, rows] = [Math.round(width), Math.round(height)];
  if (!isSize(columns) || !isSize(rows))
    return textReply(400, `width and height: from 1 to ${maxPixels} pixels\n`);
  return {
    status: 200,
    headers: { 'content-type': 'image/png' },
    body: png(columns, rows, playButton(uid, columns, rows)),
  };
}

function isSize(pixels: number): boolean {
  return pixels >= 1 && pixels <= maxPixels;
}

/** Returns the colour of each pixel. Edges are smooth: a pixel is covered by its distance to the edge. */
function playButton(uid: string, width: number, height: number): (x: number, y: number) => Colour {
  const hue = createHash('sha256').update(uid).digest().readUInt16BE() % 360;
  const [from, to] = [colourOf(hue, 0.55, 0.5), colourOf(hue + 50, 0.6, 0.32)];
  const radius = height * 0.22;
  return (x, y) => {
    const [right, down] = [x + 0.5 - width / 2, y + 0.5 - height / 2];
    const ring = covered(radius - Math.hypot(right, down));
    // An equilateral triangle that points to the right: the distances to its left and its slanted edges.
    const slanted = radius * 0.26 - right / 2 - (Math.abs(down) * Math.sqrt(3)) / 2;
    const triangle = covered(Math.min(right + radius * 0.26, slanted));
    const background = mixed(from, to, (x / width + y / height) / 2);
    return mixed(mixed(background, white, ring * 0.25), white, triangle);
  };
}

function covered(insideBy: number): number {
  return Math.min(1, Math.max(0, insideBy + 0.5));
}

function mixed(from: Colour, to: Colour, share: number): Colour {
  const channel = (index: 0 | 1 | 2) => from[index] + (to[index] - from[index]) * share;
  return [channel(0), channel(1), channel(2)];
}

/**
 * @param hue in degrees
 * @see https://www.w3.org/TR/css-color-4/#hsl-to-rgb
 */
function colourOf(hue: number, saturation: number, lightness: number): Colour {
  const channel = (offset: number) => {
    const k = (offset + hue / 30) % 12;
    const chroma = saturation * Math.min(lightness, 1 - lightness);
    return 255 * (lightness - chroma * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return [channel(0), channel(8), channel(4)];
}

/** Encodes a picture of 8 bits per channel. Follows https://www.w3.org/TR/png-3/ */
function png(width: number, height: number, colourAt: (x: number, y: number) => Colour): Uint8Array {
  const lineBytes = 1 + 3 * width;
  const lines = Buffer.alloc(lineBytes * height);
  for (let y = 0; y < height; y += 1) {
    let left: Colour = [0, 0, 0];
    // Filter 1: each byte is the difference to the pixel on its left, so that gradients take little space.
    lines[y * lineBytes] = 1;
    for (let x = 0; x < width; x += 1) {
      const [red, green, blue] = colourAt(x, y);
      const colour: Colour = [Math.round(red), Math.round(green), Math.round(blue)];
      const difference = [colour[0] - left[0], colour[1] - left[1], colour[2] - left[2]];
      lines.set(difference, y * lineBytes + 1 + 3 * x);
      left = colour;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = [chunk('IHDR', header), chunk('IDAT', deflateSync(lines)), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([signature, ...chunks]);
}

function chunk(type: string, content: Uint8Array): Buffer {
  const typed = Buffer.concat([Buffer.from(type), content]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.byteLength);
  check.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, check]);
}
