import type { LocalStream } from '../../local-stream/server.ts';

/** Requests `/accounts/{account}/stream{path}` with the read-write token, unless `init` has other headers. */
export function apiRequest(stream: LocalStream, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${stream.apiUrl}/accounts/${stream.accountId}/stream${path}`, {
    headers: { authorization: `Bearer ${stream.token}` },
    redirect: 'manual',
    ...init,
  });
}

/** Creates a `default` download and advances the clock until it is ready. */
export async function generate(
  stream: LocalStream,
  uid: string,
  clock: { advance(ms: number): void },
  generateMs = 2000,
): Promise<void> {
  await apiRequest(stream, `/${uid}/downloads`, { method: 'POST' });
  clock.advance(generateMs);
}
