import { Failure } from '../core/failure.ts';
import type { DownloadType } from '../core/record.ts';
import type { Download, Downloads, Video } from '../stream/answers.ts';
import type { StreamClient } from '../stream/client.ts';
import { createDownload, deleteDownload, listDownloads } from '../stream/downloads.ts';
import { StreamError } from '../stream/errors.ts';
import { createToken } from '../stream/tokens.ts';
import { getVideo } from '../stream/videos.ts';

/**
 * One video, and what Cloudflare's answers mean for it. "Not found" is what Cloudflare answers both of a video
 * without downloads and of one that the account does not have, so it is looked into, once.
 */
export class VideoAtWork {
  readonly id: string;
  readonly #client: StreamClient;
  /** Whether the account is known to have the video, so that "not found" is said of its downloads. */
  #known = false;
  #missing: Failure | undefined;
  #look: Promise<Video> | undefined;
  #seen: Video | undefined;

  constructor(id: string, client: StreamClient) {
    this.id = id;
    this.#client = client;
  }

  /**
   * The video's details as they are now; those who ask at the same time share one look.
   *
   * @throws {Failure} `video-not-found`
   */
  details(): Promise<Video> {
    this.#look ??= this.#lookUp().finally(() => {
      this.#look = undefined;
    });
    return this.#look;
  }

  /** The video's details as they were when they were last looked at, which they are once at least. */
  async knownDetails(): Promise<Video> {
    return this.#seen ?? this.details();
  }

  /**
   * Makes a token that opens the video's downloads.
   *
   * @param expSeconds when it ends, in seconds since 1970
   */
  token(expSeconds: number): Promise<string> {
    return createToken(this.#client, this.id, expSeconds);
  }

  /** The video's downloads; "bad request" is another answer that is reported of a video without any. */
  async downloads(): Promise<Downloads> {
    try {
      const found = await this.#knowing(listDownloads(this.#client, this.id));
      // Were there nothing to find next time, the video itself may have been deleted.
      if (found.default || found.audio) this.#known = false;
      return found;
    } catch (error) {
      if (!isKind(error, 'video-not-found') && !isKind(error, 'request-refused')) throw error;
      await this.#mustExist();
      return { default: undefined, audio: undefined };
    }
  }

  /**
   * Creates a download, or finds the one that exists.
   *
   * @throws {StreamError} `video-not-found` or `request-refused`, of which only the details tell the cause
   */
  async create(type: DownloadType): Promise<Download> {
    try {
      return await this.#knowing(createDownload(this.#client, this.id, type));
    } catch (error) {
      const exists = isKind(error, 'request-refused') && error.said?.httpStatus === 409;
      const existing = exists ? (await this.downloads())[type] : undefined;
      if (existing) return existing;
      throw error;
    }
  }

  /**
   * Deletes a download.
   *
   * @returns whether there was one
   */
  async delete(type: DownloadType): Promise<boolean> {
    try {
      await this.#knowing(deleteDownload(this.#client, this.id, type));
      return true;
    } catch (error) {
      if (!isKind(error, 'video-not-found')) throw error;
      await this.#mustExist();
      return false;
    }
  }

  async #lookUp(): Promise<Video> {
    try {
      this.#seen = await this.#knowing(getVideo(this.#client, this.id));
      return this.#seen;
    } catch (error) {
      if (!isKind(error, 'video-not-found')) throw error;
      // One for all types, so that it is told once.
      this.#missing ??= new Failure('video-not-found', 'The account has no such video', {
        said: error.said,
        cause: error,
      });
      throw this.#missing;
    }
  }

  async #mustExist(): Promise<void> {
    if (!this.#known) await this.details();
  }

  async #knowing<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const answered = await answer;
    this.#known = true;
    return answered;
  }
}

/** Whether Cloudflare failed a request in this way. */
export function isKind(error: unknown, kind: StreamError['kind']): error is StreamError {
  return error instanceof StreamError && error.kind === kind;
}
