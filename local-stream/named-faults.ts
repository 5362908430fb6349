import { UsageError } from '../local-http/command-line.ts';
import { apiRoutes } from './api/routes.ts';
import {
  badGateway,
  blocked,
  type Fault,
  garbage,
  gatewayTimeout,
  type PlannedFault,
  rateLimited,
} from './faults.ts';
import {
  endlessHeaders,
  flood,
  gzipBomb,
  injected,
  interimResponses,
  manyErrors,
  surplus,
} from './hostile-faults.ts';

/** The ready-made faults that need no parameters, by their names on the command line. */
export const namedFaults: Readonly<Record<string, () => Fault>> = {
  'answer-lost': () => ({ kind: 'answer-lost' }),
  'bad-gateway': badGateway,
  blocked,
  cut: () => ({ kind: 'cut' }),
  'endless-headers': endlessHeaders,
  flood,
  garbage,
  'gateway-timeout': gatewayTimeout,
  'gzip-bomb': gzipBomb,
  injected,
  'interim-responses': interimResponses,
  'many-errors': manyErrors,
  'rate-limited': rateLimited,
  reset: () => ({ kind: 'reset' }),
  stall: () => ({ kind: 'stall' }),
  surplus,
};

/** What `--fault-rate` mixes. */
export const transientFaults: readonly Fault[] = [
  badGateway(),
  gatewayTimeout(),
  rateLimited(1),
  { kind: 'reset' },
  { kind: 'answer-lost' },
  { kind: 'cut' },
];

/** The routes that a fault on the command line can name. */
export const faultRoutes = [...apiRoutes, 'delivery.get', 'thumbnails.get', 'any'] as const;

/**
 * Parses `ROUTE=NAME`, a fault for every request to the route.
 *
 * @throws {UsageError} when there is no such route, or no fault with the name
 */
export function plannedFault(text: string): PlannedFault {
  const [routeName, faultName = ''] = text.split('=', 2);
  const route = faultRoutes.find((known) => known === routeName);
  const fault = Object.hasOwn(namedFaults, faultName) ? namedFaults[faultName] : undefined;
  if (!route) throw new UsageError(`--fault: "${text}" does not begin with a route and "="`);
  if (!fault) throw new UsageError(`--fault: there is no fault with the name "${faultName}"`);
  return { route, fault: fault(), times: Number.POSITIVE_INFINITY };
}
