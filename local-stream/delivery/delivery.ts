import { URLPattern } from 'node:url';
import { slice } from '../../local-http/byte-source.ts';
import type { Clock } from '../../local-http/clock.ts';
import { type Reply, textReply } from '../../local-http/reply.ts';
import type { Site, StreamRequest } from '../exchange.ts';
import {
  availableFromMs,
  type Download,
  type DownloadType,
  downloadAt,
  downloadFiles,
  downloadTypes,
  modifiedAtMs,
} from '../library/download.ts';
import type { Library } from '../library/library.ts';
import type { Video } from '../library/video.ts';
import type { Readings } from '../readings.ts';
import type { Tokens } from '../tokens.ts';
import { byteRange } from './byte-range.ts';
import { thumbnail } from './thumbnail.ts';

/** What the delivery host depends on. */
export interface DeliveryContext {
  readonly library: Library;
  readonly tokens: Tokens;
  readonly readings: Readings;
  readonly clock: Clock;
}

const downloadPath = new URLPattern({ pathname: '/:subject/downloads/:file' });
const thumbnailPath = new URLPattern({ pathname: '/:subject/thumbnails/thumbnail.jpg' });

/**
 * The host that serves the files, under `/<id or token>/downloads/<file>`, and the thumbnails. It is separate from the
 * API: it uses neither the API's credentials nor its envelope.
 * Follows https://developers.cloudflare.com/stream/viewing-videos/download-videos/ and
 * https://developers.cloudflare.com/stream/viewing-videos/displaying-thumbnails/
 */
export function deliverySite(context: DeliveryContext): Site {
  return {
    host: 'delivery',
    targetOf: (method, path) => {
      const { subject, file } = parsePath(path) ?? {};
      const video = subject !== undefined && isToken(subject) ? context.tokens.subjectOf(subject) : subject;
      if (method !== 'GET' && method !== 'HEAD') return { route: 'unknown', video };
      if (file === 'thumbnail') return { route: 'thumbnails.get', video };
      return { route: 'delivery.get', video, type: file };
    },
    answer: async (request) => {
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        return textReply(405, 'Method Not Allowed\n', undefined, { allow: 'GET, HEAD' });
      }
      const parts = parsePath(request.path);
      if (!parts) return notFound();
      const { subject, file } = parts;

      const video = await authorizedVideo(subject, file, context);
      if (!video) return notFound();
      if (video === 'unauthorized') return textReply(401, 'Unauthorized\n');

      const nowMs = context.clock.now();
      const { state } = video.at(nowMs);
      if (state === 'error') return failedDependency();
      if (file === 'thumbnail') return state === 'ready' ? thumbnail(video.uid, request.query) : notFound();
      const download = video.download(file, nowMs);
      if (!download) return notFound();
      switch (downloadAt(download, nowMs).status) {
        case 'inprogress':
          return notFound();
        case 'error':
          return failedDependency();
        case 'ready':
          if (nowMs >= availableFromMs(download)) return fileReply(download, request, context.readings);
          return context.readings.deliveryLag === 'not-found' ? notFound() : failedDependency();
      }
    },
  };
}

/** The files of a video. */
type VideoFile = DownloadType | 'thumbnail';

/** Returns the ID or token and the file in a path. */
function parsePath(path: string): { readonly subject: string; readonly file: VideoFile } | undefined {
  const ofThumbnail = thumbnailPath.exec({ pathname: path })?.pathname.groups['subject'];
  if (ofThumbnail !== undefined) return { subject: ofThumbnail, file: 'thumbnail' };
  const { subject, file } = downloadPath.exec({ pathname: path })?.pathname.groups ?? {};
  const type = downloadTypes.find((known) => downloadFiles[known].name === file);
  return subject === undefined || type === undefined ? undefined : { subject, file: type };
}

/** A JWT contains dots; a video ID does not. */
function isToken(subject: string): boolean {
  return subject.includes('.');
}

/** Returns the video that an ID or a token gives access to, or why there is none. */
async function authorizedVideo(
  subject: string,
  file: VideoFile,
  { library, tokens }: DeliveryContext,
): Promise<Video | 'unauthorized' | undefined> {
  if (isToken(subject)) {
    const claims = await tokens.verify(subject);
    return claims && (claims.downloadable || file === 'thumbnail') ? library.get(claims.uid) : 'unauthorized';
  }
  const video = library.get(subject);
  return video?.requireSignedURLs ? 'unauthorized' : video;
}

function fileReply(
  download: Download,
  { method, query, headers }: StreamRequest,
  { deliveryETag, deliveryLastModified, deliveryLength, deliveryRanges, deliveryRepeatsValidators }: Readings,
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
  const validators = {
    ...(etag !== undefined && { etag }),
    ...(lastModified !== undefined && { 'last-modified': lastModified }),
  };
  const fileHeaders = {
    'content-type': contentType,
    ...(deliveryRanges && { 'accept-ranges': 'bytes' }),
    ...(filename !== null && { 'content-disposition': `attachment; filename="${filename}.${extension}"` }),
  };
  const isChunked = !deliveryLength;

  const { range: requested, 'if-range': condition } = headers;
  const unchanged =
    condition === undefined ||
    condition === lastModified ||
    // Equal weak tags do not prove that the bytes are equal.
    (deliveryETag === 'strong' && condition === etag);
  const range =
    deliveryRanges && method === 'GET' && requested !== undefined && unchanged
      ? byteRange(requested, sizeBytes)
      : undefined;
  if (range === undefined) {
    return { status: 200, headers: { ...fileHeaders, ...validators }, body: media, isChunked };
  }
  if (range === 'unsatisfiable') {
    return textReply(416, 'Range Not Satisfiable\n', undefined, { 'content-range': `bytes */${sizeBytes}` });
  }
  return {
    status: 206,
    headers: {
      ...fileHeaders,
      ...((condition === undefined || deliveryRepeatsValidators) && validators),
      'content-range': `bytes ${range.start}-${range.end}/${sizeBytes}`,
    },
    body: slice(media, range.start, range.end + 1),
    isChunked,
  };
}

function notFound(): Reply {
  return textReply(404, 'Not Found\n');
}

function failedDependency(): Reply {
  return textReply(424, 'Failed Dependency\n');
}
