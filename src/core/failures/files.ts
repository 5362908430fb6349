import type { FailureFacts } from './table.ts';

/** What can go wrong while one file is written to disk. */
export const fileFailures = {
  'target-taken': {
    title: 'Two files would have the same name',
    advice: 'Put `{id}` into the file name in `save-to`, so that each video gets its own file.',
  },
  'target-outside': {
    title: 'The file would be outside the workspace',
    advice:
      'A symbolic link leads there. Remove the link, or save to a folder in the workspace or in RUNNER_TEMP.',
  },
  'target-unwritable': {
    title: 'The file cannot be written',
    advice: 'Check `save-to`, and that this step may write there. No partial file was left behind.',
  },
} as const satisfies Record<string, FailureFacts>;
