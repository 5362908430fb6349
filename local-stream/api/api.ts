import { type Reply, textReply } from '../../local-http/reply.ts';
import type { Site, StreamRequest } from '../exchange.ts';
import type { ApiContext, Handler } from './context.ts';
import { credentials, permissionOf } from './credentials.ts';
import { createDownload, deleteDownload, listDownloads } from './downloads.ts';
import { ApiError, failure } from './envelope.ts';
import type { RateLimit } from './rate-limit.ts';
import { type ApiRoute, apiBase, apiCall } from './routes.ts';
import { createToken } from './tokens.ts';
import { deleteVideo, getVideo, listVideos, uploadVideo } from './videos.ts';

const calls: Readonly<Record<ApiRoute, Handler>> = {
  'videos.list': listVideos,
  'videos.upload': uploadVideo,
  'videos.get': getVideo,
  'videos.delete': deleteVideo,
  'downloads.list': listDownloads,
  'downloads.create': createDownload,
  'downloads.delete': deleteDownload,
  'tokens.create': createToken,
};

/** The API host: everything under `/client/v4`. */
export function apiSite(context: ApiContext, rateLimit: RateLimit): Site {
  return {
    host: 'api',
    targetOf: (method, path) => apiCall(method, path) ?? { route: 'unknown' },
    answer: async (request) => {
      if (!isUnderBase(request.path)) {
        return textReply(404, '<html><head><title>404 Not Found</title></head></html>\n', 'text/html');
      }
      const admission = rateLimit.admit();
      const reply = admission.admitted
        ? await carryOut(request, context).catch(replyOf)
        : tooManyRequests(admission.retryAfterSeconds);
      return { ...reply, headers: { ...reply.headers, ...admission.headers } };
    },
  };
}

function isUnderBase(path: string): boolean {
  return path === apiBase || path.startsWith(`${apiBase}/`);
}

async function carryOut(request: StreamRequest, context: ApiContext): Promise<Reply> {
  const call = apiCall(request.method, request.path);
  if (!call) throw new ApiError(404, { code: 7000, message: 'No route for that URI' });
  if (!/^[0-9a-f]{32}$/.test(call.account)) {
    throw new ApiError(
      404,
      {
        code: 7003,
        message: `Could not route to ${request.path}, perhaps your object identifier is invalid?`,
      },
      { code: 7000, message: 'No route for that URI' },
    );
  }
  const permission = permissionOf(request.headers);
  if (call.account !== credentials.accountId) {
    throw new ApiError(403, {
      code: 7403,
      message: 'The given account is not valid or is not authorized to access this service',
    });
  }
  if (permission === 'read' && request.method !== 'GET') {
    throw new ApiError(403, { code: 10000, message: 'Authentication error' });
  }
  return calls[call.route](call, request, context);
}

function replyOf(error: unknown): Reply {
  if (error instanceof ApiError) return failure(error);
  throw error;
}

function tooManyRequests(retryAfterSeconds: number): Reply {
  const reply = failure(
    new ApiError(429, { code: 971, message: 'Please wait and consider throttling your request speed' }),
  );
  return { ...reply, headers: { ...reply.headers, 'retry-after': String(retryAfterSeconds) } };
}
