/** How long to try while nothing has shown that the API is there at all: the address may be mistyped. */
export const unansweredMs = 60_000;

/** What an attempt needs before the time is over, in ms. */
export const lastAttemptMs = 2000;

/** How often one request is made at most, once the API has answered, unless there is something to wait for. */
export const maxAttempts = 5;
