import { Failure } from '../failure.ts';
import type { Tools } from './tools.ts';
import type { VideoAtWork } from './video.ts';

/** A URL that works, and when it ends if it does. */
export interface Address {
  readonly url: string;
  /** In RFC 3339. */
  readonly expiresAt?: string;
}

/** Cloudflare's longest life for a token is 24 hours by its own clock, which this machine's may be ahead of. */
const longestMs = 24 * 3_600_000 - 60_000;

/** Signs the URLs of one video: one token serves all its types, as long as at least half of its life is left. */
export class Signing {
  readonly #video: VideoAtWork;
  readonly #tools: Tools;
  #token: Promise<{ readonly text: string; readonly endMs: number }> | undefined;
  #endMs = 0;

  constructor(video: VideoAtWork, tools: Tools) {
    this.#video = video;
    this.#tools = tools;
  }

  /** Whether a URL must be signed; the video's details are looked up where they are not known. */
  async isNeeded(): Promise<boolean> {
    const { signedUrl } = this.#tools;
    if (signedUrl !== 'auto') return signedUrl === 'always';
    return (await this.#video.knownDetails()).requireSignedURLs === true;
  }

  /**
   * Puts a token in the place of the video's id.
   *
   * @throws {StreamError} when Cloudflare refuses the token
   */
  async sign(url: string): Promise<Address> {
    const lifeMs = Math.min(this.#tools.signedUrlTtlMs, longestMs);
    if (this.#endMs - this.#tools.clock.epochMs() < lifeMs / 2) this.forget();
    this.#token ??= this.#make(lifeMs);
    const { endMs, text } = await this.#token.catch((error: unknown) => {
      this.forget();
      throw error;
    });
    return { url: withToken(url, this.#video.id, text), expiresAt: new Date(endMs).toISOString() };
  }

  /** Signs with a new token from here on. */
  forget(): void {
    this.#token = undefined;
  }

  async #make(lifeMs: number) {
    const endSeconds = Math.floor((this.#tools.clock.epochMs() + lifeMs) / 1000);
    this.#endMs = endSeconds * 1000;
    return { text: await this.#video.token(endSeconds), endMs: this.#endMs };
  }
}

function withToken(address: string, videoId: string, token: string): string {
  const url = new URL(address);
  const parts = url.pathname.split('/');
  const place = parts.indexOf(videoId);
  if (place < 0) {
    throw new Failure(
      'unknown-answer',
      `The URL cannot be signed: it does not hold the video's id, but is ${address}`,
    );
  }
  url.pathname = parts.with(place, token).join('/');
  return url.href;
}
