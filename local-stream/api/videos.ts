import * as v from 'valibot';
import type { StreamRequest } from '../exchange.ts';
import { instantNs } from '../library/instant.ts';
import type { Listing } from '../library/library.ts';
import { videoStates } from '../library/video-states.ts';
import type { Readings } from '../readings.ts';
import { type Handler, videoOf } from './context.ts';
import { badRequest, notFound, success, undecodable } from './envelope.ts';

const instant = v.pipe(v.string(), v.transform(instantNs), v.bigint('not a timestamp of RFC 3339'));
const flag = v.pipe(
  v.picklist(['true', 'false']),
  v.transform((text) => text === 'true'),
);

/** The query of a list request. Unsupported parameters are ignored, as Cloudflare ignores unknown ones. */
const listQuery = v.object({
  limit: v.optional(v.pipe(v.string(), v.digits(), v.toNumber(), v.minValue(1), v.maxValue(1000)), '1000'),
  before: v.optional(instant),
  end: v.optional(instant),
  after: v.optional(instant),
  start: v.optional(instant),
  asc: v.optional(flag, 'false'),
  id: v.optional(v.string()),
  live_input_id: v.optional(v.string()),
  status: v.optional(v.picklist(videoStates)),
  type: v.optional(v.picklist(['vod', 'live'])),
  creator: v.optional(v.string()),
  search: v.optional(v.string()),
  video_name: v.optional(v.string()),
  include_counts: v.optional(flag, 'false'),
});

/** Follows https://developers.cloudflare.com/api/resources/stream/methods/list/ */
export const listVideos: Handler = (_call, request, { library, details, clock, readings }) => {
  const parsed = v.safeParse(listQuery, Object.fromEntries(request.query));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw badRequest(`${v.getDotPath(issue)}: ${issue.message}`);
  }
  const query = parsed.output;
  const nowMs = clock.now();
  const listing: Listing = {
    limit: query.limit,
    beforeNs: query.before ?? query.end,
    afterNs: query.after ?? query.start,
    ascending: query.asc,
    ids: idsOf(query.id, readings),
    liveInput: query.live_input_id,
    status: query.status,
    type: query.type,
    creator: query.creator,
    search: query.search,
    name: query.video_name,
  };
  return success(
    library.list(listing, nowMs).map((video) => details.video(video, nowMs)),
    query.include_counts ? { ...library.count(listing, nowMs) } : {},
  );
};

function idsOf(text: string | undefined, { listById }: Readings): ReadonlySet<string> | undefined {
  if (text === undefined || listById === 'ignored') return undefined;
  const ids = text.split(',');
  return new Set(listById === 'first' ? ids.slice(0, 1) : ids);
}

/** Follows https://developers.cloudflare.com/api/resources/stream/methods/get/ */
export const getVideo: Handler = (call, _request, context) =>
  success(context.details.video(videoOf(call, context), context.clock.now()));

/** Follows https://developers.cloudflare.com/api/resources/stream/methods/delete/ */
export const deleteVideo: Handler = (call, _request, { library }) => {
  if (!library.remove(call.video)) throw notFound();
  return success(null);
};

/**
 * The basic upload: a form with the video in its field `file`, which becomes the file of the default download.
 * Follows https://developers.cloudflare.com/stream/uploading-videos/upload-video-file/
 */
export const uploadVideo: Handler = async (_call, request, { library, details, clock, uploads }) => {
  const file = await uploadedFile(request);
  const nowMs = clock.now();
  // The file is not parsed, so its duration is unknown.
  const options = {
    ...uploads,
    name: file.name,
    durationSeconds: -1,
    media: { default: await file.bytes() },
  };
  return success(details.video(library.add(options, nowMs), nowMs));
};

async function uploadedFile({ headers, body }: StreamRequest): Promise<File> {
  const form = await new Response(body, { headers: { 'content-type': headers['content-type'] ?? '' } })
    .formData()
    .catch(() => undefined);
  const file = form?.get('file');
  if (!(file instanceof File))
    throw undecodable('expected a form (multipart/form-data) with a file in its field "file"');
  return file;
}
