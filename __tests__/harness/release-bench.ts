import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from '@jest/globals';
import type { AssetOptions } from '../../local-github/releases/asset.ts';
import type { ReleaseOptions as LocalReleaseOptions } from '../../local-github/releases/release.ts';
import type { LocalGitHub, LocalGitHubOptions } from '../../local-github/server.ts';
import type { Clock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { failures } from '../../src/core/failures/table.ts';
import { Http } from '../../src/http/http.ts';
import type { AttachedFile } from '../../src/release/assets.ts';
import type { ReleaseReference } from '../../src/release/find-release.ts';
import { openRelease, type Release, type ReleaseOptions } from '../../src/release/release.ts';
import { sha256 } from './media.ts';
import { retryLines } from './retry-lines.ts';
import { Stage } from './stage.ts';

/** The tag of the release. */
export const tag = 'v1';

export interface ReleaseBenchOptions extends Partial<ReleaseOptions> {
  readonly server?: LocalGitHubOptions;
  /** Defaults to `v1`, published and empty. */
  readonly releases?: readonly Partial<LocalReleaseOptions>[];
  /** Called before a request is sent. */
  readonly beforeRequest?: (request: Request) => void | Promise<void>;
}

/** A request as it was passed to `fetch`. */
export interface SentRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
}

/** A local GitHub, a folder with files for it, and a client of it. */
export interface ReleaseBench extends AsyncDisposable {
  readonly github: LocalGitHub;
  readonly folder: string;
  /** Defaults to a virtual clock. */
  readonly clock: Clock;
  /** The log lines about retries and assets, in order. */
  readonly logged: string[];
  /** The debug lines, in order. */
  readonly debugLines: string[];
  readonly sent: SentRequest[];
  /** Ends the step with this reason. */
  cancel(reason?: unknown): void;
  /** Opens the release, by default `v1`, as another job would: with its own list of assets. */
  find(reference?: ReleaseReference, options?: Partial<ReleaseOptions>): Promise<Release>;
  /** Creates a file on the disk. */
  file(name: string, content?: string | Uint8Array, more?: Partial<AttachedFile>): Promise<AttachedFile>;
  /** Finds the release and attaches to it. */
  attach(file: AttachedFile, release?: Release): Promise<string>;
  /** The requests except those to find the release: route, asset by name or ID, status. */
  requested(): string[];
  /** The names and contents of the assets of the release. */
  assets(): Record<string, string>;
}

export async function openReleaseBench({
  server = {},
  releases = [{}],
  beforeRequest,
  ...options
}: ReleaseBenchOptions = {}): Promise<ReleaseBench> {
  const stage = await Stage.open({ github: server });
  const { github, workspace: folder } = stage;
  const aborter = new AbortController();
  const clock = options.clock ?? stage.clock;
  const logged: string[] = [];
  const debugLines: string[] = [];
  const sent: SentRequest[] = [];
  for (const release of releases) github.addRelease({ tag, ...release });

  const http = new Http({
    clock,
    debug: (line) => debugLines.push(line),
    receive: stage.clock.receive,
    fetch: async (input, init) => {
      const request = input instanceof Request ? input : new Request(input, init);
      sent.push({ method: request.method, url: request.url, headers: request.headers });
      await beforeRequest?.(request);
      return (clock === stage.clock ? stage.clock.fetch : fetch)(request, init);
    },
  });

  const bench: ReleaseBench = {
    github,
    folder,
    clock,
    logged,
    debugLines,
    sent,
    cancel: (reason = new Failure('cancelled', 'The run was cancelled (SIGTERM)')) => aborter.abort(reason),
    find: (reference = { tag }, more = {}) =>
      openRelease({
        reference,
        apiUrl: github.apiUrl,
        repository: `${github.owner}/${github.repo}`,
        token: github.token,
        concurrency: 4,
        http,
        clock,
        random: () => 0.5,
        signal: aborter.signal,
        leftMs: () => 3_600_000,
        observe: () => retryLines(logged),
        debug: (line) => debugLines.push(line),
        redact: (text) => text.replaceAll(github.token, '***'),
        ...options,
        ...more,
      }),
    file: async (name, content = `content of ${name}`, more = {}) => {
      const path = join(folder, name);
      await writeFile(path, content);
      return {
        path,
        name,
        sizeBytes: Buffer.byteLength(content),
        sha256: sha256(content),
        mediaType: 'video/mp4',
        label: undefined,
        videoId: 'a'.repeat(32),
        ...more,
      };
    },
    attach: async (file, release) =>
      (release ?? (await bench.find())).attach(file, (text) => logged.push(text)),
    requested: () =>
      github.requests
        .filter(({ route }) => !route.startsWith('releases.'))
        .map(({ path, query, route, status }) => {
          const which = query['name'] ?? (/\/assets\/(\d+)$/.exec(path)?.[1] || '');
          return [route, which.replace(/[0-9a-f]{8}\.(part|old)$/, 'X.$1'), status ?? 'none']
            .filter(Boolean)
            .join(' ');
        }),
    assets: () =>
      Object.fromEntries(
        github.assets(tag).map(({ id, name, state }) => {
          const bytes = github.bytesOf(id);
          return [name, state === 'starter' ? state : bytes ? Buffer.from(bytes).toString() : 'not kept'];
        }),
      ),
    [Symbol.asyncDispose]: async () => {
      // A pending pause must not outlive the test.
      aborter.abort(new Error('The test is over'));
      await stage[Symbol.asyncDispose]();
    },
  };
  return bench;
}

/** Returns the failure of the work, and checks what holds for every failure. */
export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const failure: unknown = await work.then(
    () => new Error('The work was expected to fail.'),
    (error: unknown) => error,
  );
  if (!(failure instanceof Failure)) throw failure;
  expect(failure.message).toContain(failures[failure.kind].advice);
  expect(failure.message).toContain(failure.what);
  expect(failure.message.length).toBeLessThan(1500);
  expect(failure.message).not.toMatch(/undefined|NaN|\[object/);
  expect(inspect(failure, { depth: null, showHidden: true })).not.toMatch(/LocalGitHubTokenThat/);
  return failure;
}

/** An asset of another job. */
export function asset(name: string, bytes: string, more: Partial<AssetOptions> = {}): AssetOptions {
  return { name, bytes, ...more };
}
