import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, jest } from '@jest/globals';
import type { AssetOptions } from '../../local-github/releases/asset.ts';
import type { ReleaseOptions } from '../../local-github/releases/release.ts';
import { type LocalGitHub, type LocalGitHubOptions, startLocalGitHub } from '../../local-github/server.ts';
import { systemClock } from '../../src/core/clock.ts';
import { Failure, failures } from '../../src/core/failure.ts';
import { GitHub, type GitHubOptions } from '../../src/release/github.ts';
import { type AttachedFile, Release, type ReleaseReference } from '../../src/release/release.ts';

let clients = 0;
let keepsSpacing = false;

/**
 * Makes the throttling plugin space the writes of a client as it does for everybody: 1 s apart.
 *
 * @returns puts an end to it
 */
export function spacedAsEver(): Disposable {
  keepsSpacing = true;
  return {
    [Symbol.dispose]: () => {
      keepsSpacing = false;
    },
  };
}

// The throttling plugin spaces the writes of a process 1 s apart, by an id: each client is a process of its own here,
// and its seconds are as short as those of the pauses.
jest.unstable_mockModule('../../src/release/octokit.ts', async () => {
  const { getOctokit } = await import('@actions/github');
  const { retry } = await import('@octokit/plugin-retry');
  const { throttling } = await import('@octokit/plugin-throttling');
  const { default: Bottleneck } = await import('bottleneck');
  const apart: typeof getOctokit = (token, options, ...plugins) => {
    clients += 1;
    const id = `client ${clients}`;
    const given = options?.throttle;
    if (!given || given.enabled === false) throw new Error('Nothing limits the requests.');
    const minTime = given.retryAfterBaseValue ?? 1000;
    const write = new Bottleneck.Group({ id, maxConcurrent: 1, minTime });
    const throttle = { ...given, id, ...(!keepsSpacing && { write }) };
    return getOctokit(token, { ...options, throttle }, ...plugins);
  };
  return { getOctokit: apart, retry, throttling };
});

/** A fault for every request to come. */
export const always = Number.POSITIVE_INFINITY;

/** What every release here is found by. */
export const tag = 'v1';

export interface ReleaseBenchOptions extends Partial<GitHubOptions> {
  readonly server?: LocalGitHubOptions;
  /** `v1` by default, published and empty. */
  readonly releases?: readonly Partial<ReleaseOptions>[];
}

/** What was sent, as the client's fetch saw it. */
export interface Sent {
  /** It was aborted before it began, so that nothing went out. */
  readonly stillborn: boolean;
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
}

/** A local GitHub, a folder with files for it, and a client before it. */
export interface ReleaseBench extends AsyncDisposable {
  readonly github: LocalGitHub;
  readonly folder: string;
  /** What was told of pauses and of assets, in order. */
  readonly told: string[];
  /** The lines for debugging, in order. */
  readonly lines: string[];
  readonly sent: Sent[];
  /** Ends everything with its reason. */
  cancel(reason?: unknown): void;
  /** The client of another job, before the same releases. */
  open(options?: Partial<GitHubOptions>): Promise<GitHub>;
  find(reference?: ReleaseReference, options?: Partial<GitHubOptions>): Promise<Release>;
  /** A file on the disk. */
  file(name: string, content?: string | Uint8Array, more?: Partial<AttachedFile>): Promise<AttachedFile>;
  /** Finds the release and attaches to it. */
  attach(file: AttachedFile, release?: Release): Promise<string>;
  /** The requests from the first that is not to find the release: route, asset by name or id, status. */
  asked(): string[];
  /** The assets of the release: their names, and what they hold. */
  has(): Record<string, string>;
}

export async function openReleaseBench({
  server = {},
  releases = [{}],
  ...options
}: ReleaseBenchOptions = {}): Promise<ReleaseBench> {
  const github = await startLocalGitHub(server);
  const folder = await mkdtemp(join(tmpdir(), 'release-'));
  const aborter = new AbortController();
  const told: string[] = [];
  const lines: string[] = [];
  const sent: Sent[] = [];
  for (const release of releases) github.addRelease({ tag, ...release });

  const bench: ReleaseBench = {
    github,
    folder,
    told,
    lines,
    sent,
    cancel: (reason = new Failure('cancelled', 'The run was cancelled (SIGTERM)')) => aborter.abort(reason),
    open: (more = {}) =>
      GitHub.open({
        apiUrl: github.apiUrl,
        repository: `${github.owner}/${github.repo}`,
        token: github.token,
        concurrency: 4,
        clock: systemClock,
        signal: aborter.signal,
        leftMs: () => 3_600_000,
        tell: (text) => told.push(text),
        debug: (line) => lines.push(line),
        pauseSecondMs: 10,
        ...options,
        ...more,
        fetch: async (input, init) => {
          sent.push({
            stillborn: init?.signal?.aborted ?? false,
            method: init?.method ?? 'GET',
            url: String(input),
            headers: new Headers(init?.headers),
          });
          try {
            return await (more.fetch ?? options.fetch ?? fetch)(input, init);
          } catch (error) {
            throw ofThisRealm(error);
          }
        },
      }),
    find: async (reference = { tag }, more) => Release.find(await bench.open(more), reference),
    file: async (name, content = `content of ${name}`, more = {}) => {
      const path = join(folder, name);
      await writeFile(path, content);
      return {
        path,
        sizeBytes: Buffer.byteLength(content),
        sha256: createHash('sha256').update(content).digest('hex'),
        contentType: 'video/mp4',
        label: undefined,
        videoId: 'a'.repeat(32),
        ...more,
      };
    },
    attach: async (file, release) =>
      (release ?? (await bench.find())).attach(file, (text) => told.push(text)),
    asked: () =>
      github.requests
        .filter(({ route }) => !route.startsWith('releases.'))
        .map(({ path, query, route, status }) => {
          const which = query['name'] ?? (/\/assets\/(\d+)$/.exec(path)?.[1] || '');
          return [route, which.replace(/[0-9a-f]{8}\.part$/, 'X.part'), status ?? 'none']
            .filter(Boolean)
            .join(' ');
        }),
    has: () =>
      Object.fromEntries(
        github.assets(tag).map(({ id, name, state }) => {
          const bytes = github.bytesOf(id);
          return [name, state === 'starter' ? state : bytes ? Buffer.from(bytes).toString() : 'not kept'];
        }),
      ),
    [Symbol.asyncDispose]: async () => {
      // What is left of a pause must not outlive the test.
      aborter.abort(new Error('The test is over'));
      await github.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return bench;
}

/** The failure that something ends with. What every failure must be is checked here. */
export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const failure: unknown = await work.then(
    () => new Error('It succeeded, though it was expected not to.'),
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

/** An asset as another job left it. */
export function asset(name: string, bytes: string, more: Partial<AssetOptions> = {}): AssetOptions {
  return { name, bytes, ...more };
}

/**
 * Jest's modules have an `Error` of their own, so that `instanceof` knows none of fetch's. Outside of it all have the
 * same, and Octokit relies on that.
 */
function ofThisRealm(error: unknown): unknown {
  if (error instanceof Error || !Error.isError(error)) return error;
  const { cause, message, name } = error;
  const own = name === 'TypeError' ? new TypeError(message) : new Error(message);
  if (cause !== undefined) own.cause = ofThisRealm(cause);
  return Object.assign(
    own,
    { name },
    'code' in error && typeof error.code === 'string' ? { code: error.code } : {},
  );
}
