import { expect } from '@jest/globals';
import { type ActionResult, type ActionRun, runAction } from '../../local-runner/run-action.ts';
import type { LocalStream } from '../../local-stream/server.ts';
import { expectNoSecret } from './check-step.ts';
import { waitUntil } from './wait-until.ts';

/** Longer than any run in the tests takes, in real ms. */
const hangingMs = 25_000;

/** A run of the built action that has ended. */
export interface EndedAction extends ActionResult {
  /** The time from its signal, or else from its last line, to its exit, in real ms. */
  readonly endingMs: number;
  /**
   * What `endingMs` must be below: a second, and the time that the process took to start, since a busy machine delays
   * both.
   */
  readonly promptMs: number;
  /** The lines that the runner turns into annotations. */
  readonly annotations: readonly string[];
}

export interface ActionOptions extends Pick<ActionRun, 'inputs' | 'env' | 'gitHubToken' | 'workspace'> {
  /** The signal to send as soon as a line of the log contains the text, or the promise is fulfilled. */
  readonly signal?: {
    readonly name: 'SIGINT' | 'SIGTERM' | 'SIGKILL';
    readonly when: string | Promise<unknown>;
  };
}

/**
 * Runs the built action as a runner does, as the owner of the local Stream's account unless the inputs override it,
 * and checks what the contract requires of every run: secrets are masked first, and no other line and no output
 * contains one.
 */
export async function runBuiltAction(
  stream: Pick<LocalStream, 'accountId' | 'apiUrl' | 'token'>,
  { env = {}, gitHubToken = '', inputs, signal, workspace }: ActionOptions,
): Promise<EndedAction> {
  const given = {
    'account-id': stream.accountId,
    'api-token': stream.token,
    'api-url': stream.apiUrl,
    ...inputs,
  };
  const startMs = performance.now();
  let startupMs: number | undefined;
  let sinceMs = startMs;
  let kill: (() => void) | undefined;
  const result = await runAction({
    inputs: given,
    env,
    gitHubToken,
    ...(workspace !== undefined && { workspace }),
    onStart: (child) => {
      // A run that hangs must fail its test rather than outlive it.
      setTimeout(() => child.kill('SIGKILL'), hangingMs).unref();
      kill = () => {
        kill = undefined;
        sinceMs = performance.now();
        child.kill(signal?.name);
      };
      if (signal && typeof signal.when !== 'string') void signal.when.then(() => kill?.());
    },
    onLine: (line) => {
      startupMs ??= performance.now() - startMs;
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
  expectNoSecret(
    text.join('\n'),
    secrets.map(([, secret]) => secret),
  );
  return {
    ...result,
    endingMs,
    promptMs: 1000 + (startupMs ?? 0),
    annotations: result.log.filter((line) => line.startsWith('::error')),
  };
}

/** Resolves once the local Stream has received a request on this route. */
export function requested(
  { requests }: Pick<LocalStream, 'requests'>,
  route: LocalStream['requests'][number]['route'],
): Promise<void> {
  return waitUntil(() => requests.some((request) => request.route === route));
}
