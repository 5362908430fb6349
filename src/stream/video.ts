import * as v from 'valibot';
import { type DownloadType, downloadTypeFacts, labelOf } from '../core/download-types.ts';
import { Failure } from '../core/failure.ts';
import { singleFlight } from '../core/single-flight.ts';
import { isRequestFailure, RequestFailure } from '../http/request-failure.ts';
import type { Call, StreamClient } from './client.ts';
import { isUnroutable, malformedId } from './fatal-failure.ts';
import {
  createdDownload,
  type Download,
  type Downloads,
  downloads,
  signedToken,
  unreadDownload,
} from './schemas.ts';
import type { VideoDetails } from './video-details.ts';

/**
 * One video of the account. Cloudflare answers "not found" both for a video without downloads and for a video that
 * the account does not have, so this looks the video up once to tell them apart.
 *
 * @see https://developers.cloudflare.com/api/resources/stream/subresources/downloads/
 */
export class StreamVideo {
  readonly id: string;
  readonly #client: StreamClient;
  /** Whether the account is known to have the video, so that "not found" concerns its downloads. */
  #exists = false;
  #notFound: Failure | undefined;
  #lastDetails: VideoDetails | undefined;

  /** @param listed its details, if a list of the account had them */
  constructor(id: string, client: StreamClient, listed?: VideoDetails) {
    this.id = id;
    this.#client = client;
    this.#lastDetails = listed;
    this.#exists = listed !== undefined;
  }

  /**
   * Looks up the video's current details; concurrent calls share one request.
   *
   * @throws {Failure} `video-not-found`
   */
  readonly details = singleFlight(() => this.#lookUp());

  /** The video's details as last received; undefined if none were received yet. */
  get lastDetails(): VideoDetails | undefined {
    return this.#lastDetails;
  }

  /** The video's details as last received; requested if none were received yet. */
  async knownDetails(): Promise<VideoDetails> {
    return this.#lastDetails ?? this.details();
  }

  /** The title, from the known details. */
  async title(): Promise<string | undefined> {
    return (await this.knownDetails()).meta.name;
  }

  /**
   * @param isPoll whether it only looks again, so that calls which start something go first
   * @throws {Failure} `video-not-found`
   */
  async downloads(isPoll = false): Promise<Downloads> {
    try {
      const found = await this.#call('list the downloads', 'GET', ['downloads'], downloads, { isPoll });
      // If these are "not found" later, the video itself may have been deleted.
      if (Object.values(found).some(Boolean)) this.#exists = false;
      return found;
    } catch (error) {
      // Cloudflare is reported to answer "bad request" as well for a video without downloads; so may a gateway.
      const mayHaveNone =
        isRequestFailure(error, 'video-not-found') ||
        (isRequestFailure(error, 'request-refused') && error.response?.isGenuine);
      if (!mayHaveNone) throw error;
      await this.#mustExist();
      return {};
    }
  }

  /**
   * Creates a download, or returns the existing one. If Cloudflare's response does not describe it, the list does.
   *
   * @param mayBeLate whether it may be missing in the list, since it is waited for
   * @throws {RequestFailure} `video-not-found` or `request-refused`, whose cause only the video's details show
   */
  async create(type: DownloadType, mayBeLate = false): Promise<Download> {
    const path = ['downloads', ...downloadTypeFacts[type].createPath];
    const action = `create the ${labelOf(type)} download`;
    try {
      const created = await this.#call(action, 'POST', path, createdDownload(type), { body: {} });
      if (created && (created.url !== null || created.unknownStatus === undefined)) return created;
      return created
        ? ((await this.downloads())[type] ?? created)
        : await this.#listed(type, action, mayBeLate);
    } catch (error) {
      const exists = isRequestFailure(error, 'request-refused') && error.response?.httpStatus === 409;
      const existing = exists ? (await this.downloads())[type] : undefined;
      if (existing) return existing;
      throw error;
    }
  }

  async #listed(type: DownloadType, action: string, mayBeLate: boolean): Promise<Download> {
    const listed = (await this.downloads())[type];
    if (listed) return listed;
    if (mayBeLate) return unreadDownload;
    const what = `Could not ${action}: Cloudflare accepted the request, but neither describes nor lists the download`;
    throw new RequestFailure('unknown-answer', what);
  }

  /**
   * Deletes a download by the path with its type: the path without one is documented in two ways.
   *
   * @returns whether there was one
   * @throws {Failure} `video-not-found`
   */
  async delete(type: DownloadType): Promise<boolean> {
    try {
      await this.#call(`delete the ${labelOf(type)} download`, 'DELETE', ['downloads', type], v.unknown());
      return true;
    } catch (error) {
      if (!isRequestFailure(error, 'video-not-found')) throw error;
      await this.#mustExist();
      return false;
    }
  }

  /**
   * Creates a token that gives access to the video's downloads.
   *
   * @param expSeconds when it expires, in seconds since 1970: at most 24 hours from now
   * @param isOptional whether a refusal says nothing about other videos, which may need no token
   * @see https://developers.cloudflare.com/api/resources/stream/subresources/token/methods/create/
   */
  async createToken(expSeconds: number, isOptional: boolean): Promise<string> {
    const body = { exp: expSeconds, downloadable: true };
    const { id: videoId } = this;
    const { token } = await this.#client.call({
      action: 'sign the URL',
      method: 'POST',
      path: [videoId, 'token'],
      videoId,
      body,
      // A token that may not sign is good for everything else.
      isOptional,
      result: signedToken,
    });
    this.#exists = true;
    return token;
  }

  /** Now by Cloudflare's clock, which decides when a token expires; in ms since 1970. */
  epochMs(): number {
    return this.#client.epochMs();
  }

  async #lookUp(): Promise<VideoDetails> {
    if (this.#notFound) throw this.#notFound;
    try {
      this.#lastDetails = await this.#client.lookUps.details(this.id, this.#lastDetails !== undefined);
      this.#exists = true;
      return this.#lastDetails;
    } catch (error) {
      if (!isRequestFailure(error, 'video-not-found')) throw error;
      // One object for all types, so that all report the same response.
      const what = isUnroutable(error) ? malformedId : 'The account has no such video';
      this.#notFound = new Failure('video-not-found', what, {
        response: error.response,
        cause: error,
      });
      throw this.#notFound;
    }
  }

  async #mustExist(): Promise<void> {
    if (!this.#exists) await this.details();
  }

  async #call<Result extends v.GenericSchema>(
    action: string,
    method: 'GET' | 'POST' | 'DELETE',
    path: readonly string[],
    result: Result,
    options: Pick<Call<Result>, 'body' | 'isPoll'> = {},
  ): Promise<v.InferOutput<Result>> {
    const found = await this.#client.call({
      action,
      method,
      path: [this.id, ...path],
      videoId: this.id,
      result,
      ...options,
    });
    this.#exists = true;
    return found;
  }
}
