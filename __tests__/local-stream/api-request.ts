import type { LocalStream } from '../../local-stream/server.ts';

/** Calls `/accounts/{account}/stream{path}` as the owner of the account would, unless `init` says otherwise. */
export function apiRequest(stream: LocalStream, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${stream.apiUrl}/accounts/${stream.accountId}/stream${path}`, {
    headers: { authorization: `Bearer ${stream.token}` },
    redirect: 'manual',
    ...init,
  });
}

/** Creates a download of type `default`, and moves on to when it is ready. */
export async function generate(
  stream: LocalStream,
  uid: string,
  clock: { advance(ms: number): void },
  generateMs = 2000,
): Promise<void> {
  await apiRequest(stream, `/${uid}/downloads`, { method: 'POST' });
  clock.advance(generateMs);
}
