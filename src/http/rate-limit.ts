/** One limit of a service, as the headers of a response report it. */
export interface ReportedLimit {
  readonly name: string;
  /** How many requests are left in the current window. */
  readonly left: number;
  /** How long the window lasts from now, in whole seconds, which the service may have rounded up or down. */
  readonly resetSeconds: number;
  /** How many requests a whole window allows; undefined if `Ratelimit-Policy` does not say so. */
  readonly quota: number | undefined;
  /** How long a whole window lasts; undefined if `Ratelimit-Policy` does not say so. */
  readonly windowSeconds: number | undefined;
}

/** How many limits of a response are considered. */
export const maxLimits = 8;

/**
 * Parses `Ratelimit`, which may contain several limits, as in `"default";r=50;t=30`, and `Ratelimit-Policy`, as in
 * `"burst";q=1200;w=300`. A policy belongs to the limit of its name, or to the only one. Malformed limits are ignored.
 *
 * @see https://developers.cloudflare.com/fundamentals/api/reference/limits/
 */
export function parseRateLimit(header: string | null, policy: string | null): ReportedLimit[] {
  const policies = parseItems(policy);
  const items = parseItems(header);
  const onlyPolicy = items.length === 1 && policies.length === 1 ? policies[0] : undefined;
  const limits = items.flatMap(({ name, number }) => {
    const left = number('r');
    const resetSeconds = number('t');
    if (left === undefined || resetSeconds === undefined) return [];
    const own = policies.find((one) => one.name === name) ?? onlyPolicy;
    return [{ name, left, resetSeconds, quota: own?.number('q'), windowSeconds: own?.number('w') }];
  });
  return limits.slice(0, maxLimits);
}

/** Parses a list of names with parameters, of which only whole numbers of at most nine digits count. */
function parseItems(header: string | null) {
  return (header ?? '').split(',').map((item) => {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim());
    const number = (key: string) => {
      const parameter = parameters.find((one) => one.startsWith(`${key}=`)) ?? '';
      const digits = parameter.slice(key.length + 1);
      return /^\d{1,9}$/.test(digits) ? Number(digits) : undefined;
    };
    return { name, number };
  });
}
