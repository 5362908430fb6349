import type { Reply } from '../../local-http/reply.ts';
import { type Download, downloadTypes } from '../library/download.ts';
import type { Video } from '../library/video.ts';
import { type ApiContext, type Handler, videoOf } from './context.ts';
import { ApiError, badRequest, notFound, success } from './envelope.ts';

/** Follows https://developers.cloudflare.com/api/resources/stream/subresources/downloads/methods/get/ */
export const listDownloads: Handler = (call, _request, context) => {
  const video = videoOf(call, context);
  const nowMs = context.clock.now();
  const downloads = video.downloads(nowMs);
  if (downloads.length === 0) return nothingGenerated(context);
  return success(
    Object.fromEntries(
      downloads.map((download) => [download.type, context.details.download(video, download, nowMs)]),
    ),
  );
};

function nothingGenerated({ readings }: ApiContext): Reply {
  switch (readings.nothingGenerated) {
    case 'empty':
      return success({});
    case 'null':
      return success(null);
    case 'not-found':
      throw notFound();
    case 'bad-request':
      throw badRequest('no download was generated for this video');
  }
}

/** Follows https://developers.cloudflare.com/stream/viewing-videos/download-videos/ */
export const createDownload: Handler = (call, _request, context) => {
  const video = videoOf(call, context);
  const nowMs = context.clock.now();
  const creation = video.createDownload(call.type ?? 'default', nowMs);
  switch (creation.outcome) {
    case 'exists':
      if (context.readings.createAgain === 'conflict') {
        throw new ApiError(409, { code: 10005, message: 'the download already exists' });
      }
      return created(video, creation.download, nowMs, context);
    case 'created':
      return created(video, creation.download, nowMs, context);
    case 'not-ready':
      throw badRequest('the video is not ready');
    case 'too-long':
      throw badRequest('the video duration is too long to generate a download');
    case 'refused':
      throw badRequest('Bad Request');
  }
};

function created(video: Video, download: Download, nowMs: number, { details, readings }: ApiContext): Reply {
  const described = details.download(video, download, nowMs);
  return success(readings.createAnswer === 'nested' ? { [download.type]: described } : described);
}

/** Follows https://developers.cloudflare.com/api/resources/stream/subresources/downloads/methods/delete/ */
export const deleteDownload: Handler = (call, _request, context) => {
  const video = videoOf(call, context);
  const nowMs = context.clock.now();
  const untyped = context.readings.untypedDelete === 'all' ? downloadTypes : (['default'] as const);
  const types = call.type === undefined ? untyped : [call.type];
  const deleted = types.filter((type) => video.deleteDownload(type, nowMs));
  if (deleted.length === 0 && context.readings.deleteAbsent === 'not-found') throw notFound();
  return success('ok');
};
