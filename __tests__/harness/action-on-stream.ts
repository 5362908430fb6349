import { setTimeout as pause } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { type ActionResult, type ActionRun, runAction } from '../../local-runner/run-action.ts';
import type { LocalStream } from '../../local-stream/server.ts';

/** Longer than any run here takes, in real ms. */
const hangingMs = 25_000;

/** A run of the built action that has ended. */
export interface EndedAction extends ActionResult {
  /** How long it went on after it was told to end, or else after its last line, in real ms. */
  readonly endingMs: number;
  /** The lines that the runner makes annotations of. */
  readonly annotations: readonly string[];
}

export interface ActionOptions extends Pick<ActionRun, 'inputs' | 'env' | 'gitHubToken' | 'workspace'> {
  /** The signal to send, as soon as the log has a line with the text or the promise is fulfilled. */
  readonly signal?: { readonly name: 'SIGINT' | 'SIGTERM'; readonly when: string | Promise<unknown> };
}

/**
 * Runs the built action as a runner does, as the owner of the local Stream's account unless the inputs say
 * otherwise, and holds the run to what the contract says of every one: secrets are masked first, and are in no
 * other line and in no output.
 */
export async function runOnStream(
  stream: Pick<LocalStream, 'accountId' | 'apiUrl' | 'token'>,
  { env = {}, gitHubToken = '', inputs, signal, workspace }: ActionOptions,
): Promise<EndedAction> {
  const given = {
    'account-id': stream.accountId,
    'api-token': stream.token,
    'api-url': stream.apiUrl,
    ...inputs,
  };
  let sinceMs = performance.now();
  let kill: (() => void) | undefined;
  const result = await runAction({
    inputs: given,
    env,
    gitHubToken,
    ...(workspace !== undefined && { workspace }),
    onStart: (child) => {
      // A run that hangs must fail its test, and not outlive it.
      setTimeout(() => child.kill('SIGKILL'), hangingMs).unref();
      kill = () => {
        kill = undefined;
        sinceMs = performance.now();
        child.kill(signal?.name);
      };
      if (signal && typeof signal.when !== 'string') void signal.when.then(() => kill?.());
    },
    onLine: (line) => {
      if (!signal) sinceMs = performance.now();
      else if (typeof signal.when === 'string' && line.includes(signal.when)) kill?.();
    },
  });
  const endingMs = performance.now() - sinceMs;

  expect(result.log[0]).toMatch(/^::add-mask::/);
  const text = [
    ...result.log.filter((line) => !line.startsWith('::add-mask::')),
    ...Object.values(result.outputs),
  ];
  const secrets = Object.entries({ gitHubToken, ...given, ...env }).filter(([name]) =>
    /token|key/i.test(name),
  );
  for (const line of secrets.flatMap(([, secret]) => secret.split('\n'))) {
    if (line.length >= 8) expect(text.join('\n')).not.toContain(line.slice(0, 16));
  }
  return { ...result, endingMs, annotations: result.log.filter((line) => line.startsWith('::error')) };
}

/** Resolves once the local Stream has taken in a request on this route. */
export async function requested(
  { requests }: Pick<LocalStream, 'requests'>,
  route: LocalStream['requests'][number]['route'],
): Promise<void> {
  while (!requests.some((request) => request.route === route)) {
    await pause(10, undefined, { ref: false });
  }
}
