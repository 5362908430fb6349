import { expect } from '@jest/globals';
import type { AssetResponse } from '../../local-github/api/responses.ts';
import type { LocalGitHub } from '../../local-github/server.ts';
import { waitUntil } from '../harness/wait-until.ts';

/** Requests `/repos/{owner}/{repo}/releases{path}` with the read-write token, unless `init` has other headers. */
export function githubRequest(github: LocalGitHub, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${github.apiUrl}/repos/${github.owner}/${github.repo}/releases${path}`, {
    headers: { authorization: `Bearer ${github.token}` },
    ...init,
  });
}

/** Uploads an asset to the release of a tag, with the read-write token by default. */
export function upload(
  github: LocalGitHub,
  tag: string,
  name: string,
  body: string | Uint8Array<ArrayBuffer>,
  init: RequestInit & { label?: string; token?: string } = {},
): Promise<Response> {
  const { label, token = github.token, ...more } = init;
  const url = new URL(github.release(tag)?.upload_url.replace(/\{.*$/, '') ?? '');
  url.searchParams.set('name', name);
  if (label !== undefined) url.searchParams.set('label', label);
  return fetch(url, {
    method: 'POST',
    body,
    headers: { authorization: `token ${token}`, 'content-type': 'video/mp4' },
    ...more,
  });
}

/** Returns the status and the body of a JSON response. */
export async function statusAndBody(response: Promise<Response>): Promise<{ status: number; body: unknown }> {
  const { status, json } = await response.then((received) => ({
    status: received.status,
    json: received.json(),
  }));
  return { status, body: await json };
}

/** Waits until an asset matches. Returns it. */
export async function assetWith(
  github: LocalGitHub,
  tag: string,
  matches: (asset: AssetResponse) => boolean,
): Promise<AssetResponse> {
  let found: AssetResponse | undefined;
  await waitUntil(() => {
    found = github.assets(tag).find(matches);
    return found !== undefined;
  });
  if (!found) throw new Error('No asset matches');
  return found;
}

/** Matches the 422 response for one invalid field. */
export function refusal(error: object): object {
  return {
    status: 422,
    body: expect.objectContaining({
      message: 'Validation Failed',
      errors: [{ resource: 'ReleaseAsset', ...error }],
    }),
  };
}
