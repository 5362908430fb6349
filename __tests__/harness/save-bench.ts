import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type { Fault, PlannedFault } from '../../local-stream/faults.ts';
import type { RecordedRequest } from '../../local-stream/http/exchange.ts';
import { type MediaSource, mediaFrom } from '../../local-stream/library/media.ts';
import type { VideoOptions } from '../../local-stream/library/video.ts';
import type { Readings } from '../../local-stream/readings.ts';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import type { Clock } from '../../src/core/clock.ts';
import { Failure, failures } from '../../src/core/failure.ts';
import { type DownloadType, downloadTypes } from '../../src/core/record.ts';
import { readDestination } from '../../src/files/destination.ts';
import type { NamedVideo } from '../../src/files/placeholders.ts';
import { type SavedFile, Saver, type SaverOptions } from '../../src/files/saver.ts';
import type { Source } from '../../src/files/transfer.ts';
import { cutTokens } from '../../src/runner/redaction.ts';
import { fastClock } from './fast-clock.ts';

/** A fault for every request to come. */
export const always = Number.POSITIVE_INFINITY;

/** Enough for many chunks of a connection, and little enough to be written in one batch. */
export const film = { sizeBytes: 500_000, seed: 1 };

export interface SaveBenchOptions extends Partial<SaverOptions> {
  /** The first video's file; `film` by default. */
  readonly media?: Exclude<MediaSource, URL>;
  /** As somebody would write it; `film.mp4` by default. */
  readonly saveTo?: string;
  readonly severalVideos?: boolean;
  readonly readings?: Partial<Readings>;
  /** Called before each request, with its number from 1: what happens on the host's side meanwhile. */
  readonly before?: (request: number) => void;
  /**
   * After how many bytes the connection of which request, counted from 1, breaks for the one who reads. A `cut` breaks
   * it on the host's side, from where on fetch drops what was not read yet, so that nobody knows how many bytes come.
   */
  readonly breaks?: Readonly<Record<number, number>>;
}

/** A saver before a local Stream, with a folder of its own to save to, and all that it did. */
export interface SaveBench extends AsyncDisposable {
  readonly stream: LocalStream;
  readonly saver: Saver;
  readonly clock: Clock;
  /** The workspace; nothing else is in the folder that it is in. */
  readonly root: string;
  /** The first video. */
  readonly video: NamedVideo;
  /** What was told of transfers, in order. */
  readonly told: string[];
  /** How many bytes there were, in order. */
  readonly progress: number[];
  /** The requests for files, in order. */
  readonly requests: readonly RecordedRequest[];
  /** How often another address was asked for. */
  readonly renewals: Failure[];
  /** Ends everything with its reason. */
  cancel(reason?: Failure): void;
  /** Adds a video whose download is ready. */
  add(options?: VideoOptions & { readonly title?: string }): NamedVideo;
  /** Makes something go wrong with requests for files. */
  fault(fault: Fault, more?: Omit<PlannedFault, 'route' | 'fault'>): void;
  urlOf(video: NamedVideo): string;
  save(video?: NamedVideo, source?: Partial<Source>): Promise<SavedFile>;
  /** Why a file is not saved. What every failure's message must be is checked here. */
  failure(video?: NamedVideo, source?: Partial<Source>): Promise<Failure>;
  /** Whether the first video's file arrives and is all there is, beside what else was there. */
  arrives(media?: MediaSource, file?: string): Promise<void>;
  /** Everything in the workspace, and beside it, sorted; folders end in a slash. */
  tree(): Promise<string[]>;
}

export async function openSaveBench({
  media = film,
  saveTo = 'film.mp4',
  severalVideos = false,
  readings = {},
  before = () => {},
  breaks = {},
  ...options
}: SaveBenchOptions = {}): Promise<SaveBench> {
  const clock = options.clock ?? fastClock(1000);
  const stream = await startLocalStream({ readings, clock: { now: () => clock.epochMs() } });
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'save-')));
  const root = options.workspace ?? join(folder, 'workspace');
  await mkdir(join(folder, 'workspace'));
  const aborter = new AbortController();
  const told: string[] = [];
  const progress: number[] = [];
  const renewals: Failure[] = [];
  let requestCount = 0;

  const read = readDestination(saveTo, {
    workspace: root,
    temp: undefined,
    types: typesFor[extname(saveTo)] ?? downloadTypes,
    severalVideos,
    isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
  });
  if ('problems' in read) throw new Error(read.problems.join('\n'));
  const saver = new Saver({
    destination: read.destination,
    workspace: root,
    concurrency: 4,
    clock,
    random: () => 0,
    signal: aborter.signal,
    leftMs: () => 3_600_000,
    silenceMs: 10_000,
    debug: () => {},
    cut: cutTokens,
    ...options,
    fetch: async (input, init) => {
      const request = ++requestCount;
      before(request);
      const response = await (options.fetch ?? fetch)(input, init);
      const bytes = breaks[request];
      return bytes === undefined ? response : brokenAfter(bytes, response);
    },
  });

  const bench: SaveBench = {
    stream,
    saver,
    clock,
    root,
    told,
    progress,
    renewals,
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
          url: async () => bench.urlOf(video),
          renew: async (refused) => {
            renewals.push(refused);
            return bench.urlOf(video);
          },
          readySinceMs: clock.now() - 3_600_000,
          ...source,
        },
        {
          show: () => ({ progress: (haveBytes) => progress.push(haveBytes), [Symbol.dispose]: () => {} }),
          tell: (text) => told.push(text),
        },
      ),
    failure: async (...what) => {
      const failure: unknown = await bench.save(...what).then(
        () => new Error('The file was saved, though it was expected not to be.'),
        (error: unknown) => error,
      );
      if (!(failure instanceof Failure)) throw failure;
      expect(failure.message).toContain(failures[failure.kind].advice);
      expect(failure.message).toContain(failure.what);
      expect(failure.message).not.toMatch(/eyJ[\w-]{8}|undefined|NaN|\[object/);
      return failure;
    },
    arrives: async (expected = media, file = 'film.mp4') => {
      const beside = (await bench.tree()).filter((path) => path !== `workspace/${file}`);
      const saved = await bench.save();
      const { sizeBytes, sha256 } = digestOf(expected);
      expect(saved).toEqual({ file, path: join(root, file), sizeBytes, sha256 });
      expect(sha256Of(await readFile(join(root, file)))).toBe(sha256);
      expect(await bench.tree()).toEqual([...beside, `workspace/${file}`].sort());
    },
    tree: async () => {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      return entries
        .map(
          (entry) =>
            join(entry.parentPath, entry.name).slice(folder.length + 1) + (entry.isDirectory() ? '/' : ''),
        )
        .sort();
    },
    [Symbol.asyncDispose]: async () => {
      await stream.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  const video = bench.add({ media: { default: media === film ? filmBytes() : media } });
  // A date tells a version once no other can be of its second.
  await clock.sleep(2000, aborter.signal);
  return Object.assign(bench, {
    video,
  });
}

/** What may be saved to a file with an extension. */
const typesFor: Readonly<Record<string, readonly DownloadType[]>> = {
  '.mp4': ['default'],
  '.m4a': ['audio'],
};

const digests = new Map<string, { readonly sizeBytes: number; readonly sha256: string }>();

let wholeFilm: Uint8Array | undefined;

/** The film, made once: to make it for each test would take longer than to send it. */
function filmBytes(): Uint8Array {
  wholeFilm ??= bytesOf(film);
  return wholeFilm;
}

/** What a whole file must be. */
export function digestOf(media: MediaSource): { readonly sizeBytes: number; readonly sha256: string } {
  const whole = mediaFrom(media);
  const known = digests.get(whole.etag);
  if (known) return known;
  const digest = { sizeBytes: whole.sizeBytes, sha256: sha256Of(Buffer.concat([...whole.read()])) };
  digests.set(whole.etag, digest);
  return digest;
}

/** The bytes of a file from one position to another. */
export function bytesOf(media: MediaSource, start?: number, end?: number): Uint8Array {
  return Buffer.concat([...mediaFrom(media).read(start, end)]);
}

/** The answer, of which no more than so many bytes can be read. */
function brokenAfter(bytes: number, { body, headers, status }: Response): Response {
  const reader = body?.getReader();
  let leftBytes = bytes;
  const rest = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const part = leftBytes > 0 ? await reader?.read() : undefined;
        if (!part || part.done) {
          await reader?.cancel();
          throw new TypeError('terminated');
        }
        controller.enqueue(part.value.slice(0, leftBytes));
        leftBytes -= part.value.byteLength;
      },
      cancel: (reason) => reader?.cancel(reason),
    },
    // Nothing is read ahead, which would be dropped as well.
    { highWaterMark: 0 },
  );
  return new Response(rest, { headers, status });
}

/** Resolves once something is so; rejects where that takes longer than a machine that is busy might need. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + 4000; !(await isSo()); await delay(5)) {
    if (performance.now() > endMs) throw new Error('It did not come to be.');
  }
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
