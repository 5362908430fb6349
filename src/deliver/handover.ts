import { rm } from 'node:fs/promises';
import { Failure } from '../core/failure.ts';
import type { TypedRecord } from '../core/record.ts';
import { formatBytes } from '../core/text.ts';
import type { SavedFile } from '../files/saver.ts';
import { describe, settle } from '../operations/outcome.ts';
import type { Tools } from '../operations/tools.ts';
import type { VideoAtWork } from '../operations/video.ts';
import type { Release } from '../release/release.ts';
import { filenameFor, needsName } from './filename-parameter.ts';
import { latinFor } from './latin.ts';
import { type Address, Signing } from './signing.ts';

/** Hands a video's ready downloads over: its URL named and signed, its file saved, as far as each is asked for. */
export class Handover {
  readonly #video: VideoAtWork;
  readonly #tools: Tools;
  readonly #signing: Signing;
  readonly #begun: Promise<void>[] = [];
  /** Whether the URLs are to be signed, as far as is known by now. */
  #signed = false;
  /** What makes the URL of each record that was signed. */
  readonly #addresses = new Map<TypedRecord, () => Promise<Address>>();

  constructor(video: VideoAtWork, tools: Tools) {
    this.#video = video;
    this.#tools = tools;
    this.#signing = new Signing(video, tools);
    tools.atEnd(() => this.#renew());
  }

  /** Takes in what was learned of a record: one that is ready is handed over, any other is told of. */
  note(record: TypedRecord, leftMs?: number): void {
    if (record.status === 'ready') {
      this.#begun.push(settle(record, () => this.#handOver(record)));
    } else this.#tools.tell(describe(record, leftMs));
  }

  /** Resolves once all is handed over that was begun with; the URLs of `records` that are not ready are named too. */
  async end(records: readonly TypedRecord[]): Promise<void> {
    await Promise.all(this.#begun);
    for (const record of records) {
      if (record.url === null || record.status === 'ready') continue;
      // It does not work yet, so that its name is not worth a failure.
      record.url = await this.#named(record, record.url).catch(() => record.url);
    }
  }

  async #handOver(record: TypedRecord): Promise<void> {
    const readySinceMs = this.#tools.clock.now();
    const { url } = record;
    const { password, protocol, username } = (url !== null && URL.parse(url)) || {};
    if (url === null || !/^https?:$/.test(protocol ?? '') || username || password) {
      const given = username || password ? 'one with a user in it' : url;
      throw new Failure('unknown-answer', `The ${record.type} download is ready, but its URL is ${given}`);
    }
    const named = await this.#named(record, url);
    const address = async (): Promise<Address> => {
      const given = this.#signed ? await this.#signing.sign(named) : { url: named };
      if (this.#signed) this.#addresses.set(record, address);
      return Object.assign(record, given);
    };

    await this.#decide(record, address);
    this.#tools.tell(describe(record));
    if (this.#tools.saver) await this.#save(record, readySinceMs, address);
  }

  /** Signs URLs anew that would not last much longer, since others of the step took their time. */
  async #renew(): Promise<void> {
    for (const [record, address] of this.#addresses) {
      if (record.failure) continue;
      await address().catch((error: unknown) => {
        const what = `Video ${record.videoId}: its URL could not be signed anew and ends at ${record.expiresAt}`;
        this.#tools.warn(`${what}. ${Failure.from(error).message}`, 'A URL was not signed');
      });
    }
  }

  /** Signs the URL if it must be; where nobody insists, a URL that cannot be signed is given as it is. */
  async #decide(record: TypedRecord, address: () => Promise<Address>): Promise<void> {
    const { saver, signal, signedUrl, warn } = this.#tools;
    try {
      if (await this.#signing.isNeeded()) this.#signed = true;
      await address();
    } catch (error) {
      const insisted = saver || signedUrl === 'always' || signal.aborted;
      if (insisted || !(error instanceof Failure) || error.kind === 'video-not-found') throw error;
      const why = this.#signed
        ? 'The video is private, but its URL is given unsigned, so that it works for nobody'
        : 'The URL is given unsigned, though nobody knows whether the video is private';
      warn(`Video ${record.videoId}: ${why}. ${error.message}`, 'A URL was not signed');
    }
  }

  async #named(record: TypedRecord, address: string): Promise<string> {
    const { filename } = this.#tools;
    if (filename === undefined) return address;
    const video = { id: record.videoId, type: record.type, name: await this.#title(needsName(filename)) };
    const url = new URL(address);
    url.searchParams.set('filename', filenameFor(filename, video, await latinFor(video.name ?? '')));
    return url.href;
  }

  async #title(needed: boolean): Promise<string | undefined> {
    return needed ? (await this.#video.knownDetails()).meta.name : undefined;
  }

  async #save(record: TypedRecord, readySinceMs: number, address: () => Promise<Address>): Promise<void> {
    const { discardSaved, release, saver, showTransfer, signedUrl, tell } = this.#tools;
    if (!saver) return;
    const { type, videoId } = record;
    const video = { id: videoId, type, name: await this.#title(saver.needsName) };
    const saved = await saver.save(
      video,
      {
        readySinceMs,
        url: async () => record.url ?? '',
        renew: async (refused) => {
          if (signedUrl === 'never') {
            throw new Failure('private-video', refused.what, { said: refused.said, cause: refused });
          }
          if (!this.#signed && !(await this.#video.details()).requireSignedURLs) throw refused;
          this.#signed = true;
          this.#signing.refused(record.url ?? '');
          return (await address()).url;
        },
      },
      { show: () => showTransfer(type), tell: (text) => tell(`${type}: ${text}`) },
    );
    const { file, path, sha256, sizeBytes } = saved;
    Object.assign(record, { sha256, sizeBytes });
    if (!discardSaved) record.file = file;
    tell(`${type}: saved${discardSaved ? '' : ` as ${file}`}, ${formatBytes(sizeBytes)}, SHA-256 ${sha256}`);
    if (release) await this.#attach(record, release, saved);
    // What cannot be removed now goes with its folder.
    if (discardSaved) await rm(path, { force: true }).catch(() => {});
  }

  async #attach(
    record: TypedRecord,
    release: Release,
    { path, sha256, sizeBytes }: SavedFile,
  ): Promise<void> {
    const { type, videoId } = record;
    const { tell } = this.#tools;
    tell(`${type}: attaching to ${release.tag}`);
    // The title is known by now, if anybody needed it.
    const label = await this.#title(true).catch(() => undefined);
    const attached = { path, sha256, sizeBytes, label, videoId, contentType: contentTypeOf[type] };
    record.assetUrl = await release.attach(attached, (text) => tell(`${type}: ${text}`));
    tell(`${type}: attached, ${record.assetUrl}`);
  }
}

const contentTypeOf = { default: 'video/mp4', audio: 'audio/mp4' } as const;
