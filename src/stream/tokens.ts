import { signedToken } from './answers.ts';
import type { StreamClient } from './client.ts';

/**
 * Makes a token that opens a private video's downloads.
 *
 * @param expSeconds when it ends, in seconds since 1970: at most 24 hours from now
 * @see https://developers.cloudflare.com/api/resources/stream/subresources/token/methods/create/
 */
export async function createToken(
  client: StreamClient,
  videoId: string,
  expSeconds: number,
): Promise<string> {
  const { token } = await client.call({
    doing: 'sign the URL',
    method: 'POST',
    videoId,
    path: ['token'],
    body: { exp: expSeconds, downloadable: true },
    result: signedToken,
  });
  return token;
}
