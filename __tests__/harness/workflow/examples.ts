import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { actionFolder, runAction } from '../../../local-runner/run-action.ts';
import type { LocalStream } from '../../../local-stream/server.ts';
import { readWorkflow, type Workflow } from './parse.ts';
import type { WorkflowOptions } from './run-workflow.ts';

/** Reads a workflow of the folder `examples`. */
export function readExample(name: string): Promise<Workflow> {
  return readWorkflow(name, readFileSync(join(actionFolder, 'examples', name), 'utf8'));
}

/** What an example needs to use the built action with a local Stream. */
export function examplesWith({ accountId, apiUrl, token }: LocalStream) {
  return {
    actions: {
      'OWNER/stream-downloads': (inputs, options) =>
        runAction({ ...options, inputs: { ...inputs, 'api-url': apiUrl } }),
    },
    secrets: { CLOUDFLARE_API_TOKEN: token },
    vars: { CLOUDFLARE_ACCOUNT_ID: accountId },
  } satisfies WorkflowOptions;
}
