import { URLPattern } from 'node:url';
import type { Clock } from '../clock.ts';
import type { Site } from '../http/exchange.ts';
import { type ReceivedRequest, type Reply, textReply } from '../http/reply.ts';
import { type Download, downloadAt, downloadFiles, downloadTypes } from '../library/download.ts';
import type { Library } from '../library/library.ts';
import type { Video } from '../library/video.ts';
import type { Tokens } from '../tokens.ts';
import { byteRange } from './byte-range.ts';

/** What the delivery host works on. */
export interface DeliveryContext {
  readonly library: Library;
  readonly tokens: Tokens;
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
    routeOf: (method) => (method === 'GET' || method === 'HEAD' ? 'delivery.get' : 'unknown'),
    answer: async (request) => {
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        return textReply(405, 'Method Not Allowed\n', undefined, { allow: 'GET, HEAD' });
      }
      const { subject, file } = downloadPath.exec({ pathname: request.path })?.pathname.groups ?? {};
      const type = downloadTypes.find((known) => downloadFiles[known].name === file);
      if (subject === undefined || type === undefined) return notFound();

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
          return fileReply(download, request);
      }
    },
  };
}

/** The video that an id or a token opens. */
async function openedVideo(
  subject: string,
  { library, tokens }: DeliveryContext,
): Promise<Video | 'unauthorized' | undefined> {
  // An id has no dots, and a JWT has two.
  if (subject.includes('.')) {
    const claims = await tokens.verify(subject);
    return claims?.downloadable ? library.get(claims.uid) : 'unauthorized';
  }
  const video = library.get(subject);
  return video?.requireSignedURLs ? 'unauthorized' : video;
}

function fileReply(download: Download, { method, query, headers }: ReceivedRequest): Reply {
  const { extension, contentType } = downloadFiles[download.type];
  const { bytes, etag } = download.media;
  const filename = query.get('filename');
  if (filename !== null && !/^[\w-]{1,120}$/.test(filename)) {
    return textReply(400, 'filename: at most 120 characters of a-z A-Z 0-9 - _\n');
  }
  const lastModified = new Date(download.startedAtMs + download.generateMs).toUTCString();
  const fileHeaders = {
    'content-type': contentType,
    'accept-ranges': 'bytes',
    etag,
    'last-modified': lastModified,
    ...(filename !== null && { 'content-disposition': `attachment; filename="${filename}.${extension}"` }),
  };

  const { range: wanted, 'if-range': condition } = headers;
  const unchanged = condition === undefined || condition === etag || condition === lastModified;
  const range =
    method === 'GET' && wanted !== undefined && unchanged ? byteRange(wanted, bytes.byteLength) : undefined;
  if (range === undefined) return { status: 200, headers: fileHeaders, body: bytes };
  if (range === 'unsatisfiable') {
    return textReply(416, 'Range Not Satisfiable\n', undefined, {
      'content-range': `bytes */${bytes.byteLength}`,
    });
  }
  return {
    status: 206,
    headers: { ...fileHeaders, 'content-range': `bytes ${range.start}-${range.end}/${bytes.byteLength}` },
    body: bytes.subarray(range.start, range.end + 1),
  };
}

function notFound(): Reply {
  return textReply(404, 'Not Found\n');
}

function failed(): Reply {
  return textReply(424, 'Failed Dependency\n');
}
