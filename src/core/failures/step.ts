import type { FailureFacts } from './table.ts';

/** What can happen to the step as a whole. */
export const stepFailures = {
  'bad-input': {
    title: 'An input is wrong',
    advice: 'Correct the inputs of this step; no request was sent.',
  },
  'time-over': {
    title: 'The time limit was reached',
    advice:
      'Set a longer `timeout`, or run this step again: downloads that Cloudflare has created by then are used.',
    scope: 'type',
  },
  cancelled: {
    title: 'The run was cancelled',
    advice: 'Run this step again: downloads that Cloudflare has created by then are used.',
    scope: 'type',
  },
  'disk-full': {
    title: 'The disk is full',
    advice:
      'Free space before this step (hosted runners have only a few GB to spare: remove what the job does not need), lower `concurrency`, or save to another disk. No partial file was left behind.',
  },
  'no-outputs': {
    title: 'The results could not be written',
    advice:
      'Check that no earlier step changed GITHUB_OUTPUT or RUNNER_TEMP, or deleted the file or folder that they name, and that the disk is not full.',
  },
  'exposed-secret': {
    title: 'A response contains your credentials',
    advice:
      'A server sent your token or key back, so treat it as leaked: create a new one, and delete the old one. Check `api-url`, GITHUB_API_URL and proxies, since the server may not be Cloudflare or GitHub. The value was left out of the results.',
  },
  unexpected: {
    title: 'An error in this action',
    advice: 'Please report this with the log of a run that has debug logging enabled.',
  },
} as const satisfies Record<string, FailureFacts>;
