import { Failure } from '../core/failure.ts';
import type { Tools } from '../operations/tools.ts';
import type { VideoAtWork } from '../operations/video.ts';

/** A URL that works, and when it ends if it does. */
export interface Address {
  readonly url: string;
  /** In RFC 3339. */
  readonly expiresAt?: string;
}

/** Cloudflare's longest life for a token is 24 hours by its own clock, which this machine's may be ahead of. */
const longestMs = 24 * 3_600_000 - 60_000;

interface Token {
  readonly text: string;
  /** In ms since 1970. */
  readonly endMs: number;
}

/** Signs the URLs of one video: one token serves all its types, as long as at least half of its life is left. */
export class Signing {
  readonly #video: VideoAtWork;
  readonly #tools: Tools;
  readonly #lifeMs: number;
  #needed: Promise<boolean> | undefined;
  #making: Promise<Token> | undefined;
  #token: Token | undefined;

  constructor(video: VideoAtWork, tools: Tools) {
    this.#video = video;
    this.#tools = tools;
    this.#lifeMs = Math.min(tools.signedUrlTtlMs, longestMs);
  }

  /** Whether a URL must be signed; the video's details are looked up where they are not known, once. */
  isNeeded(): Promise<boolean> {
    this.#needed ??= this.#isNeeded();
    return this.#needed;
  }

  /**
   * Puts a token in the place of the video's id.
   *
   * @throws {StreamError} when Cloudflare refuses the token
   */
  async sign(url: string): Promise<Address> {
    if (!this.#lasting()) await this.#make();
    // To make it may have taken much of its life.
    const { endMs, text } = this.#lasting() ?? (await this.#make());
    return { url: withToken(url, this.#video.id, text), expiresAt: new Date(endMs).toISOString() };
  }

  /** Signs with a new token from here on, where this URL, which was refused, has the last one. */
  refused(url: string): void {
    if (this.#token && url.includes(this.#token.text)) this.#token = undefined;
  }

  async #isNeeded(): Promise<boolean> {
    const { signedUrl } = this.#tools;
    if (signedUrl !== 'auto') return signedUrl === 'always';
    return (await this.#video.knownDetails()).requireSignedURLs === true;
  }

  #lasting(): Token | undefined {
    const leftMs = (this.#token?.endMs ?? 0) - this.#tools.clock.epochMs();
    return leftMs < this.#lifeMs / 2 ? undefined : this.#token;
  }

  /** Those who need one at the same time share it. */
  #make(): Promise<Token> {
    this.#making ??= this.#request().finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  async #request(): Promise<Token> {
    const endSeconds = Math.floor((this.#tools.clock.epochMs() + this.#lifeMs) / 1000);
    this.#token = { text: await this.#video.token(endSeconds), endMs: endSeconds * 1000 };
    return this.#token;
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
