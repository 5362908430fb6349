import { recreateDownload } from './recreate.ts';
import type { FailureFacts } from './table.ts';

/** How Cloudflare's API refuses a request, and what it reports about videos and downloads that failed. */
export const apiFailures = {
  'token-invalid': {
    title: 'The credentials are not valid',
    advice:
      'Check whether the token has expired or was deleted, whether the secret was mistyped, and whether the token is for Stream and this account. Otherwise create a new one with the permission "Account · Stream · Edit" in the Cloudflare dashboard: an account token, which stays valid when the person who created it leaves (Manage Account → Account API Tokens), or a user token (My Profile → API Tokens). Store it as a repository secret and pass it as `api-token`.',
  },
  'token-permission': {
    title: 'The token lacks a permission',
    advice:
      'Give the token the permission "Account · Stream · Edit" for this account (in the Cloudflare dashboard under Manage Account → Account API Tokens, or My Profile → API Tokens); "Stream · Read" is enough to `list` public videos. An expired, deleted or mistyped token can cause the same error.',
  },
  'account-wrong': {
    title: 'The account is wrong, or the token has no access to it',
    advice:
      'Compare `account-id` with the 32 characters shown in the Cloudflare dashboard under Stream (or in its address, dash.cloudflare.com/ACCOUNT_ID), and check that the token covers this account.',
  },
  'video-not-found': {
    title: 'The account has no such video',
    advice:
      'Check `video-id` (the `uid` that the upload returned) and that the video belongs to `account-id`, not to another account. A deleted video causes the same error.',
  },
  'list-incomplete': {
    title: 'Some videos of the account cannot be listed',
    advice:
      'More than 2,000 videos were created at the same instant, and Cloudflare lists no more than that. All others were processed. Process the missing ones in another run: select them with `creator` or `live-input`, or list their IDs in `video-id`.',
  },
  'not-ready': {
    title: 'The video is still being processed',
    advice: 'Set `wait: true` to wait until Cloudflare has processed it, or run this step later.',
  },
  'not-uploaded': {
    title: 'Nothing has been uploaded to the video yet',
    advice:
      'Check that the step that uploads it ran before this one and succeeded, and that `video-id` is what it returned. Set `wait: true` to wait for an upload that is still running.',
  },
  'still-live': {
    title: 'The video is still being broadcast',
    advice:
      'A download can be created once the broadcast has ended and its recording is processed. Set `wait: true` to wait for that.',
  },
  'encode-failed': {
    title: 'Cloudflare could not encode the video',
    advice: 'Retrying does not help: fix the source file and upload it again.',
  },
  'too-long': {
    title: 'The recording is too long for a download',
    advice:
      'Cloudflare creates no downloads of live recordings over 4 hours. It offers instant clips of up to 60 s instead, without this action: https://customer-CODE.cloudflarestream.com/VIDEO_ID/clip.mp4?time=600s&duration=30s, with the host of your other URLs.',
  },
  'create-refused': {
    title: 'Cloudflare refused to create the download',
    advice:
      'The video itself is ready, so only Cloudflare can explain this: look at the video in the dashboard, try again later, and contact Cloudflare support with the Ray ID if it persists.',
    scope: 'type',
  },
  'download-error': {
    title: 'Cloudflare could not generate the download',
    advice: `It stays failed until it is deleted, so ${recreateDownload}`,
    scope: 'type',
  },
  'download-vanished': {
    title: 'The download vanished while it was being generated',
    advice:
      'Something else deleted it, or Cloudflare lost it. Check that no other job deletes downloads of this video, and run this step again.',
    scope: 'type',
  },
  'request-refused': {
    title: 'Cloudflare refused the request',
    advice:
      "Cloudflare's response says what to fix; if it does not, contact Cloudflare support with the Ray ID.",
    scope: 'type',
  },
  'rate-limited': {
    title: 'Too many requests',
    advice:
      'Cloudflare allows 1,200 API requests in 5 minutes: each account token has its own limit, and all user tokens of a user share one with the dashboard. Run fewer jobs at once, lower `concurrency`, or set a longer `poll-interval`.',
  },
  'server-error': {
    title: 'A server failed to handle the request',
    advice:
      'Look at cloudflarestatus.com and run this step again later. If a proxy or gateway is in between, it may be the one that failed.',
  },
  'unknown-answer': {
    title: "This version does not understand Cloudflare's response",
    advice:
      'Use a newer version of this action; if there is none, report this with the log of a run that has debug logging enabled.',
  },
  redirected: {
    title: 'The API redirected the request',
    advice:
      'Redirects are not followed, since they could carry the credentials to another host. If the target is right, set `api-url` to it.',
  },
  'private-video': {
    title: 'The delivery host refused an unsigned URL',
    advice:
      'If the video is private (it requires signed URLs), set `signed-url: auto`, the default; the token needs the permission "Account · Stream · Edit" for that. If the video is public, a rule limits who may fetch it: check its allowed origins, and firewalls.',
  },
} as const satisfies Record<string, FailureFacts>;
