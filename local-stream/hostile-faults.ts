import { replaceStrings } from '../local-http/alterations.ts';
import { byteSource, concat, repeat } from '../local-http/byte-source.ts';
import { filler, gzippedFiller } from '../local-http/filler.ts';
import { injection, injectionText } from '../local-http/injection.ts';
import { failure } from './api/envelope.ts';
import type { Fault } from './faults.ts';

export { injectionText };

/** What a hostile body claims to be: a response of the API that begins as a success, or a video. */
export type Disguise = 'json' | 'file';

const disguises = {
  json: { prefix: '{"success":true,"result":', contentType: 'application/json' },
  file: { prefix: '', contentType: 'video/mp4' },
};

/**
 * A decompression bomb: a body with `Content-Encoding: gzip` that decodes to this many spaces, a thousand times its size,
 * or endlessly for `Infinity`. As JSON, the spaces follow the beginning of an envelope.
 */
export function gzipBomb(decodedBytes = 10 * 2 ** 30, as: Disguise = 'json'): Fault {
  const { prefix, contentType } = disguises[as];
  const body = gzippedFiller(decodedBytes, prefix);
  return { kind: 'status', status: 200, contentType, body, headers: { 'content-encoding': 'gzip' } };
}

/** A body of this many spaces at full speed; endless by default, without a length. As JSON, after the same beginning. */
export function flood(bytes = Number.POSITIVE_INFINITY, as: Disguise = 'json'): Fault {
  const { prefix, contentType } = disguises[as];
  return { kind: 'status', status: 200, contentType, body: filler(bytes, prefix) };
}

/** A part (206) that announces itself as a whole file of so many bytes, and is an endless video at full speed. */
export function surplus(announcedBytes = 10): Fault {
  const start = Buffer.from('\0\0\0\x10ftypisom\0\0\x02\0\0\0\0\0mdat', 'latin1');
  return {
    kind: 'status',
    status: 206,
    contentType: 'video/mp4',
    headers: { 'content-range': `bytes 0-${announcedBytes - 1}/${announcedBytes}` },
    body: concat([byteSource(start), repeat(Buffer.alloc(65_536), Number.POSITIVE_INFINITY)]),
  };
}

/** A refusal of the API (status 400) with this many entries in `errors`. */
export function manyErrors(count = 200_000): Fault {
  const error = { code: 10005, message: 'Bad Request' };
  const { body } = failure({
    status: 400,
    errors: [error, ...Array.from({ length: count - 1 }, () => error)],
  });
  return { kind: 'status', status: 400, contentType: 'application/json', body };
}

/** This many interim responses (status 103) before the real one; endless by default. */
export function interimResponses(count = Number.POSITIVE_INFINITY): Fault {
  return { kind: 'raw', bytes: repeat(Buffer.from('HTTP/1.1 103 Early Hints\r\n\r\n'), count) };
}

/** A response whose headers never end: at full speed, or one line every `everyMs`, in real time. */
export function endlessHeaders(everyMs?: number): Fault {
  const line = Buffer.from('x-filler: 0123456789abcdef\r\n');
  const bytes = concat([
    byteSource(Buffer.from('HTTP/1.1 200 OK\r\n')),
    repeat(line, Number.POSITIVE_INFINITY),
  ]);
  return {
    kind: 'raw',
    bytes,
    ...(everyMs !== undefined && { drip: { bytes: line.byteLength, everyMs } }),
  };
}

/** The keys of all strings that a client may show. */
const textKeys = [
  'state',
  'step',
  'pctComplete',
  'errorReasonCode',
  'errorReasonText',
  'errReasonCode',
  'errReasonText',
  'name',
  'creator',
  'status',
  'url',
  'token',
  'message',
];

/**
 * The real response with `text` at the end of every string at these keys (by default all that a client may show), and,
 * as far as HTTP can send it, in `CF-Ray`, `Content-Type` and the reason phrase.
 */
export function injected(text = injectionText, keys: readonly string[] = textKeys): Fault {
  return injection(text, keys, { 'cf-ray': '8f0c1d2e3a4b5c6d-LCL', 'content-type': 'application/json; x=' });
}

/** The real response with every string at this key extended to `length` characters. */
export function oversized(key: string, length: number): Fault {
  return { kind: 'alter', alter: replaceStrings([key], (real) => real.padEnd(length, 'x')) };
}

/** The real response with another download URL, such as one of `hostileUrls`. */
export function downloadUrl(url: string): Fault {
  return { kind: 'alter', alter: replaceStrings(['url'], () => url) };
}

/** The real response with another signed token, such as one of `hostileTokens`. */
export function signedToken(token: string): Fault {
  return { kind: 'alter', alter: replaceStrings(['token'], () => token) };
}

/** Hosts of the metadata services of cloud providers, in every notation of their addresses. */
export const metadataHosts = [
  '169.254.169.254',
  '2852039166',
  '0xa9fea9fe',
  '0251.0376.0251.0376',
  '169.254.43518',
  '[::ffff:169.254.169.254]',
  '[::ffff:a9fe:a9fe]',
  '[fd00:ec2::254]',
  'metadata.google.internal',
  'metadata.google.internal.',
];

/** URLs that a client must not request although a response names them. */
export const hostileUrls = [
  'https://user:secret@customer-x.cloudflarestream.com/v/downloads/default.mp4',
  'http://customer-x.cloudflarestream.com/v/downloads/default.mp4',
  'file:///etc/passwd',
  'data:video/mp4;base64,AAAA',
  'javascript:alert(1)',
  'ftp://customer-x.cloudflarestream.com/v/downloads/default.mp4',
  ...metadataHosts.flatMap((host) => [
    `http://${host}/latest/meta-data/`,
    `https://${host}/latest/meta-data/`,
  ]),
];

/** Signed tokens that would change more than one segment of a URL's path. */
export const hostileTokens = [
  '',
  '.',
  '..',
  '%2e%2e',
  'a/b',
  '../../x',
  '/',
  '//other.example',
  'a\\b',
  'a?b',
  'a#b',
];
