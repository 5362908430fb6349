import { statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { expect } from '@jest/globals';
import type { RecordedRequest } from '../../local-stream/exchange.ts';
import type { Fault, PlannedFault } from '../../local-stream/faults.ts';
import { type MediaSource, mediaFrom } from '../../local-stream/library/media.ts';
import type { VideoOptions } from '../../local-stream/library/video.ts';
import type { Readings } from '../../local-stream/readings.ts';
import type { LocalStream } from '../../local-stream/server.ts';
import { type DownloadType, downloadTypes } from '../../src/core/download-types.ts';
import { Failure } from '../../src/core/failure.ts';
import { failures } from '../../src/core/failures/table.ts';
import { deliveryPolicy } from '../../src/files/delivery-policy.ts';
import { type Destination, readDestination } from '../../src/files/destination.ts';
import type { NamedDownload } from '../../src/files/placeholders.ts';
import { type SavedFile, Saver, type SaverOptions } from '../../src/files/saver.ts';
import type { Source } from '../../src/files/transfer.ts';
import { Http } from '../../src/http/http.ts';
import type { ReceiveOptions } from '../../src/http/receive.ts';
import { shortenTokens } from '../../src/runner/redaction.ts';
import { sha256 } from './media.ts';
import { brokenAfter, fromResponse, toResponse } from './received.ts';
import { retryLines } from './retry-lines.ts';
import { Stage } from './stage.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** Large enough to arrive in many pieces, small enough to be written at once. */
export const film = { sizeBytes: 500_000, seed: 1 };

export interface SaveBenchOptions
  extends Partial<Pick<SaverOptions, 'concurrency' | 'leftMs' | 'workspace'>> {
  /** The first video's file; defaults to `film`. */
  readonly media?: Exclude<MediaSource, URL>;
  /** The input `save-to`; defaults to `film.mp4`. */
  readonly saveTo?: string;
  readonly severalVideos?: boolean;
  /** The destination in the workspace, for one that no input can describe. */
  readonly destination?: (root: string) => Destination;
  readonly readings?: Partial<Readings>;
  /** Answers requests in place of the server. */
  readonly intercept?: (request: FileRequest) => Promise<Response>;
  /** Why a host with this address is refused; defaults to the policy for the local Stream. */
  readonly refuseAddress?: (address: string) => string | undefined;
  /** Called before each request is sent, with its number from 1. */
  readonly before?: (request: number) => unknown;
  /**
   * After how many bytes the connection of a request, by its number from 1, breaks for the client. The fault `cut`
   * breaks it on the server's side instead, and the number of bytes that arrive is uncertain.
   */
  readonly breaks?: Readonly<Record<number, number>>;
}

/** A request for a file, before it is sent. */
export interface FileRequest extends Pick<ReceiveOptions, 'headers'> {
  readonly url: string;
  /** Sends it to the server, or with other headers. */
  readonly pass: (headers?: ReceiveOptions['headers']) => Promise<Response>;
}

/** A saver in front of a local Stream, with a workspace of its own, on a virtual clock. */
export interface SaveBench extends AsyncDisposable {
  readonly stream: LocalStream;
  readonly clock: VirtualClock;
  /** The workspace, in a folder of its own. */
  readonly root: string;
  /** The first video. */
  readonly video: NamedDownload;
  /** The lines that were logged, in order. */
  readonly log: string[];
  /** The numbers of bytes that were reported, in order. */
  readonly progress: number[];
  /** The requests for files, in order. */
  readonly requests: readonly RecordedRequest[];
  /** The failures for which another URL was requested, in order. */
  readonly refusals: Failure[];
  /** Ends the step. */
  cancel(reason?: Failure): void;
  /** Adds a video whose downloads are ready. */
  add(options?: VideoOptions & { readonly title?: string }): NamedDownload;
  /** Adds a fault for requests for files. */
  fault(fault: Fault, more?: Omit<PlannedFault, 'route' | 'fault'>): void;
  urlOf(video: NamedDownload): string;
  save(video?: NamedDownload, source?: Partial<Source>): Promise<SavedFile>;
  /** Expects that a file is not saved, and that the message is complete. */
  failure(video?: NamedDownload, source?: Partial<Source>): Promise<Failure>;
  /** Expects that the first video's file is saved completely, and that nothing else changes in the workspace. */
  expectSaved(media?: MediaSource, file?: string): Promise<void>;
  /** Everything in the workspace and beside it, sorted; folders end in a slash. */
  tree(): Promise<string[]>;
}

export async function openSaveBench({
  media = film,
  saveTo = 'film.mp4',
  severalVideos = false,
  readings = {},
  before = () => {},
  breaks = {},
  intercept = ({ pass }) => pass(),
  refuseAddress,
  destination,
  ...options
}: SaveBenchOptions = {}): Promise<SaveBench> {
  const stage = await Stage.open({ readings });
  // Loading it takes real time, which the virtual clock does not see.
  await import('undici');
  const { clock, stream } = stage;
  const folder = dirname(stage.workspace);
  const root = options.workspace ?? stage.workspace;
  const aborter = new AbortController();
  const log: string[] = [];
  const progress: number[] = [];
  const refusals: Failure[] = [];
  let requestCount = 0;

  const read = readDestination(saveTo, {
    workspace: root,
    temp: undefined,
    types: typesFor[extname(saveTo)] ?? downloadTypes,
    severalVideos,
    isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
  });
  if ('problems' in read) throw new Error(read.problems.join('\n'));
  const http = new Http({
    clock,
    debug: () => {},
    fetch: clock.fetch,
    receive: async (url, sent) => {
      const request = ++requestCount;
      before(request);
      const pass = async (headers = sent.headers) =>
        toResponse(await clock.receive(url, { ...sent, headers }));
      const response = fromResponse(await intercept({ url: url.href, headers: sent.headers, pass }));
      const bytes = breaks[request];
      return bytes === undefined ? response : brokenAfter(bytes, response);
    },
  });
  const policy = deliveryPolicy(stream.apiUrl);
  const saver = new Saver({
    destination: destination?.(root) ?? read.destination,
    workspace: root,
    concurrency: 4,
    http: http.guarded(refuseAddress ?? policy.refuseAddress),
    clock,
    random: () => 0,
    signal: aborter.signal,
    leftMs: () => 3_600_000,
    policy,
    redact: shortenTokens,
    ...options,
  });

  const bench: SaveBench = {
    stream,
    clock,
    root,
    log,
    progress,
    refusals,
    get requests() {
      return stream.requests.filter(({ route }) => route === 'delivery.get');
    },
    cancel: (reason = new Failure('cancelled', 'The run was cancelled (SIGTERM)')) => aborter.abort(reason),
    add: ({ title, ...video } = {}) => {
      const { uid } = stream.addVideo({ downloads: { default: 'ready', audio: 'ready' }, ...video });
      return { id: uid, type: 'default', name: title };
    },
    video: { id: '', type: 'default', name: undefined },
    fault: (fault, more = {}) => void stream.faults.add({ route: 'delivery.get', fault, ...more }),
    urlOf: ({ id, type }) =>
      `${stream.deliveryUrl}/${id}/downloads/${type === 'default' ? 'default.mp4' : 'audio.m4a'}`,
    save: (video = bench.video, source = {}) =>
      saver.save(
        video,
        {
          url: bench.urlOf(video),
          signAgain: async (refused) => {
            refusals.push(refused);
            return bench.urlOf(video);
          },
          hasFailed: async () => false,
          readySinceMs: clock.now() - 3_600_000,
          ...source,
        },
        {
          startTransfer: () => ({
            progress: (receivedBytes) => progress.push(receivedBytes),
            remainingMs: () => undefined,
            [Symbol.dispose]: () => {},
          }),
          retries: retryLines(log),
        },
      ),
    failure: async (...what) => {
      const failure: unknown = await bench.save(...what).then(
        () => new Error('The file was saved'),
        (error: unknown) => error,
      );
      if (!(failure instanceof Failure)) throw failure;
      expect(failure.message).toContain(failures[failure.kind].advice);
      expect(failure.message).toContain(failure.what);
      expect(shortenTokens(failure.message)).not.toMatch(/eyJ[\w-]{8}|undefined|NaN|\[object/);
      return failure;
    },
    expectSaved: async (expected = media, file = 'film.mp4') => {
      const beside = (await bench.tree()).filter((path) => path !== `workspace/${file}`);
      const saved = await bench.save();
      const digest = digestOf(expected);
      expect(saved).toEqual({ file, path: join(root, file), ...digest });
      expect(sha256(await readFile(join(root, file)))).toBe(digest.sha256);
      expect(await bench.tree()).toEqual([...beside, `workspace/${file}`].sort());
    },
    tree: async () => {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      return entries
        .map(
          (entry) =>
            join(entry.parentPath, entry.name).slice(folder.length + 1) + (entry.isDirectory() ? '/' : ''),
        )
        .filter((path) => path !== 'temp/')
        .sort();
    },
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
  const video = bench.add({ media: { default: media === film ? filmBytes() : media } });
  // A date identifies a version only once its second is over.
  await clock.sleep(2000, aborter.signal);
  return Object.assign(bench, { video });
}

/** The types that may be saved to a file with this extension. */
const typesFor: Readonly<Record<string, readonly DownloadType[]>> = {
  '.mp4': ['default'],
  '.m4a': ['audio'],
};

const digests = new Map<string, { readonly sizeBytes: number; readonly sha256: string }>();

let wholeFilm: Uint8Array | undefined;

/** The film, generated once, which takes longer than to send it. */
function filmBytes(): Uint8Array {
  wholeFilm ??= bytesOf(film);
  return wholeFilm;
}

/** The size and hash of a file. */
export function digestOf(media: MediaSource): { readonly sizeBytes: number; readonly sha256: string } {
  const whole = mediaFrom(media);
  const known = digests.get(whole.etag);
  if (known) return known;
  const digest = { sizeBytes: whole.sizeBytes, sha256: sha256(Buffer.concat([...whole.read()])) };
  digests.set(whole.etag, digest);
  return digest;
}

/** The bytes of a file from one position to another. */
export function bytesOf(media: MediaSource, start?: number, end?: number): Uint8Array {
  return Buffer.concat([...mediaFrom(media).read(start, end)]);
}
