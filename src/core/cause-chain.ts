/** An error followed by everything that caused it, the deepest cause last; of several errors at once, the first. */
export function causeChain(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let next = error; next !== undefined && !chain.includes(next); ) {
    chain.push(next);
    next = Error.isError(next) ? (firstOf(next) ?? next.cause) : undefined;
  }
  return chain;
}

/** The first of several errors, such as those of a host that was tried at several addresses. */
function firstOf(error: Error): unknown {
  return 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : undefined;
}
