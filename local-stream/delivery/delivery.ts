import { URLPattern } from 'node:url';
import type { Clock } from '../clock.ts';
import { partOf } from '../http/byte-source.ts';
import type { Site } from '../http/exchange.ts';
import { type ReceivedRequest, type Reply, textReply } from '../http/reply.ts';
import {
  type Download,
  type DownloadType,
  downloadAt,
  downloadFiles,
  downloadTypes,
  handedOutFromMs,
  modifiedAtMs,
} from '../library/download.ts';
import type { Library } from '../library/library.ts';
import type { Video } from '../library/video.ts';
import type { Readings } from '../readings.ts';
import type { Tokens } from '../tokens.ts';
import { byteRange } from './byte-range.ts';

/** What the delivery host works on. */
export interface DeliveryContext {
  readonly library: Library;
  readonly tokens: Tokens;
  readonly readings: Readings;
  readonly clock: Clock;
}

const downloadPath = new URLPattern({ pathname: '/:subject/downloads/:file' });

/**
 * The host that hands out the files, under `/<id or token>/downloads/<file>`. It is no part of the API: it knows
 * neither its credentials nor its envelope.
 * Follows https://developers.cloudflare.com/stream/viewing-videos/download-videos/
 */
export function deliverySite(context: DeliveryContext): Site {
  return {
    host: 'delivery',
    targetOf: (method, path) => {
      const { subject, type } = partsOf(path) ?? {};
      const video = subject !== undefined && isToken(subject) ? context.tokens.subjectOf(subject) : subject;
      return { route: method === 'GET' || method === 'HEAD' ? 'delivery.get' : 'unknown', video, type };
    },
    answer: async (request) => {
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        return textReply(405, 'Method Not Allowed\n', undefined, { allow: 'GET, HEAD' });
      }
      const parts = partsOf(request.path);
      if (!parts) return notFound();
      const { subject, type } = parts;

      const video = await openedVideo(subject, context);
      if (!video) return notFound();
      if (video === 'unauthorized') return textReply(401, 'Unauthorized\n');

      const nowMs = context.clock.now();
      if (video.at(nowMs).state === 'error') return failed();
      const download = video.download(type, nowMs);
      if (!download) return notFound();
      switch (downloadAt(download, nowMs).status) {
        case 'inprogress':
          return notFound();
        case 'error':
          return failed();
        case 'ready':
          return nowMs < handedOutFromMs(download)
            ? notFound()
            : fileReply(download, request, context.readings);
      }
    },
  };
}

/** The id or token, and the type, that the path of a file names. */
function partsOf(path: string): { readonly subject: string; readonly type: DownloadType } | undefined {
  const { subject, file } = downloadPath.exec({ pathname: path })?.pathname.groups ?? {};
  const type = downloadTypes.find((known) => downloadFiles[known].name === file);
  return subject === undefined || type === undefined ? undefined : { subject, type };
}

/** An id has no dots, and a JWT has two. */
function isToken(subject: string): boolean {
  return subject.includes('.');
}

/** The video that an id or a token opens. */
async function openedVideo(
  subject: string,
  { library, tokens }: DeliveryContext,
): Promise<Video | 'unauthorized' | undefined> {
  if (isToken(subject)) {
    const claims = await tokens.verify(subject);
    return claims?.downloadable ? library.get(claims.uid) : 'unauthorized';
  }
  const video = library.get(subject);
  return video?.requireSignedURLs ? 'unauthorized' : video;
}

function fileReply(
  download: Download,
  { method, query, headers }: ReceivedRequest,
  { deliveryRanges, deliveryETag, deliveryLastModified, deliveryLength }: Readings,
): Reply {
  const { extension, contentType } = downloadFiles[download.type];
  const { media } = download;
  const { sizeBytes } = media;
  const filename = query.get('filename');
  if (filename !== null && !/^[\w-]{1,120}$/.test(filename)) {
    return textReply(400, 'filename: at most 120 characters of a-z A-Z 0-9 - _\n');
  }
  const etag = { strong: media.etag, weak: `W/${media.etag}`, none: undefined }[deliveryETag];
  const lastModified = deliveryLastModified ? new Date(modifiedAtMs(download)).toUTCString() : undefined;
  const fileHeaders = {
    'content-type': contentType,
    ...(deliveryRanges && { 'accept-ranges': 'bytes' }),
    ...(etag !== undefined && { etag }),
    ...(lastModified !== undefined && { 'last-modified': lastModified }),
    ...(filename !== null && { 'content-disposition': `attachment; filename="${filename}.${extension}"` }),
  };
  const isChunked = !deliveryLength;

  const { range: wanted, 'if-range': condition } = headers;
  const unchanged =
    condition === undefined ||
    condition === lastModified ||
    // Two weak tags that are alike do not say that the bytes are.
    (deliveryETag === 'strong' && condition === etag);
  const range =
    deliveryRanges && method === 'GET' && wanted !== undefined && unchanged
      ? byteRange(wanted, sizeBytes)
      : undefined;
  if (range === undefined) return { status: 200, headers: fileHeaders, body: media, isChunked };
  if (range === 'unsatisfiable') {
    return textReply(416, 'Range Not Satisfiable\n', undefined, { 'content-range': `bytes */${sizeBytes}` });
  }
  return {
    status: 206,
    headers: { ...fileHeaders, 'content-range': `bytes ${range.start}-${range.end}/${sizeBytes}` },
    body: partOf(media, range.start, range.end + 1),
    isChunked,
  };
}

function notFound(): Reply {
  return textReply(404, 'Not Found\n');
}

function failed(): Reply {
  return textReply(424, 'Failed Dependency\n');
}
