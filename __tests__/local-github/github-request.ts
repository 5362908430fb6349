import { createHash } from 'node:crypto';
import { expect } from '@jest/globals';
import type { AssetAnswer } from '../../local-github/api/answers.ts';
import type { LocalGitHub } from '../../local-github/server.ts';

/** Calls `/repos/{owner}/{repo}/releases{path}` with the token that may write, unless `init` says otherwise. */
export function githubRequest(github: LocalGitHub, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${github.apiUrl}/repos/${github.owner}/${github.repo}/releases${path}`, {
    headers: { authorization: `Bearer ${github.token}` },
    ...init,
  });
}

/** Uploads an asset to the release of a tag as a client with the token that may write would. */
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

/** Status and body of an answer that is JSON. */
export async function answerOf(response: Promise<Response>): Promise<{ status: number; body: unknown }> {
  const { status, json } = await response.then((answer) => ({ status: answer.status, json: answer.json() }));
  return { status, body: await json };
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Waits for an asset to be there. */
export async function assetWith(
  github: LocalGitHub,
  tag: string,
  isMeant: (asset: AssetAnswer) => boolean,
): Promise<AssetAnswer> {
  for (;;) {
    const found = github.assets(tag).find(isMeant);
    if (found) return found;
    await new Promise(setImmediate);
  }
}

/** What the API says in a 422 about one field. */
export function refusal(error: object): object {
  return {
    status: 422,
    body: expect.objectContaining({
      message: 'Validation Failed',
      errors: [{ resource: 'ReleaseAsset', ...error }],
    }),
  };
}
