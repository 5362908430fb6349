import { apiFailures } from './api.ts';
import { deliveryFailures } from './delivery.ts';
import { fileFailures } from './files.ts';
import { gitHubFailures } from './github.ts';
import { networkFailures, proxyFailures } from './network.ts';
import { stepFailures } from './step.ts';

/** What to report about a kind of failure, for people who never read Cloudflare's or GitHub's documentation. */
export interface FailureFacts {
  /** The heading of its annotation. */
  readonly title: string;
  /** What to do about it, in whole sentences. */
  readonly advice: string;
  /** `type` if it concerns one download type; otherwise it concerns the whole video and is reported once. */
  readonly scope?: 'type';
  /** The service that sent the response, as a message names it; undefined if that is uncertain. */
  readonly service?: Service;
}

export type Service = 'Cloudflare' | 'GitHub' | 'the proxy';

const table = {
  ...stepFailures,
  ...withFacts({ service: 'Cloudflare' }, apiFailures),
  ...networkFailures,
  ...withFacts({ service: 'the proxy' }, proxyFailures),
  ...withFacts({ service: 'Cloudflare', scope: 'type' }, deliveryFailures),
  ...withFacts({ scope: 'type' }, fileFailures),
  ...withFacts({ service: 'GitHub' }, gitHubFailures),
};

export type FailureKind = keyof typeof table;

/** Every kind of failure. Messages, annotations and the troubleshooting page are made from this table. */
export const failures: Readonly<Record<FailureKind, FailureFacts>> = table;

/** Adds facts that all of the kinds share. */
function withFacts<Kind extends string>(
  facts: Pick<FailureFacts, 'scope' | 'service'>,
  kinds: Readonly<Record<Kind, FailureFacts>>,
): Record<Kind, FailureFacts> {
  const entries = Object.entries<FailureFacts>(kinds).map(([kind, own]) => [kind, { ...own, ...facts }]);
  return Object.fromEntries(entries) as Record<Kind, FailureFacts>;
}
