import pLimit, { type LimitFunction } from 'p-limit';
import type { Clock } from '../core/clock.ts';
import { formatDuration } from '../core/text.ts';
import { version } from '../http/version.ts';
import { gitHubFailure } from './errors.ts';
import { type GitHubFetchOptions, gitHubFetch, isGitHubs } from './git-hub-fetch.ts';

export interface GitHubOptions extends GitHubFetchOptions {
  /** `OWNER/NAME` */
  readonly repository: string;
  readonly token: string;
  /** Files in transfer at once. */
  readonly concurrency: number;
  readonly clock: Clock;
  /** Ends all requests with its reason. */
  readonly signal: AbortSignal;
  /** What is left of the step's time, in ms. */
  readonly leftMs: () => number;
  /** Tells of what passes, such as a pause that GitHub asks for. */
  readonly tell: (text: string) => void;
  /** What a second of a pause between two attempts takes, in ms. */
  readonly pauseSecondMs?: number;
}

type Octokit = ReturnType<typeof import('@actions/github')['getOctokit']>;

/** What requests are made with. */
export interface Client {
  readonly octokit: Octokit;
  /** Writes without waiting for the writes of others. */
  readonly prompt: Octokit;
  /** Aborted when the step ends. */
  readonly signal: AbortSignal;
  /** Aborted a little later, for what must not be left half-done. */
  readonly graced: AbortSignal;
}

/** How often a request is made again. */
const retries = 4;

/** One repository at GitHub. What speaks to it is loaded only here. */
export class GitHub {
  readonly owner: string;
  readonly repo: string;
  /** Lets so many files be in transfer at once. */
  readonly inTransfer: LimitFunction;
  readonly #options: GitHubOptions;
  readonly #octokit: Octokit;
  readonly #prompt: Octokit;

  private constructor(options: GitHubOptions, octokit: Octokit, prompt: Octokit) {
    const [owner = '', repo = ''] = options.repository.split('/');
    this.owner = owner;
    this.repo = repo;
    this.inTransfer = pLimit(options.concurrency);
    this.#options = options;
    this.#octokit = octokit;
    this.#prompt = prompt;
  }

  static async open(options: GitHubOptions): Promise<GitHub> {
    // The build makes a file of its own of them, which no other run reads.
    const { getOctokit, retry, throttling } = await import(/* webpackIgnore: true */ './octokit.ts');
    const { apiUrl, debug, leftMs, pauseSecondMs = 1000, tell, token } = options;
    const wait = (why: string) => (seconds: number, _: object, _octokit: object, retryCount: number) => {
      const worthIt = retryCount < retries && seconds * 1000 < leftMs();
      if (worthIt) tell(`GitHub: ${why}; next attempt in ${formatDuration(seconds * 1000)}`);
      return worthIt;
    };
    const fetch = gitHubFetch(options);
    // The plugin lets a client write once in a second: what must follow at once goes through one of its own.
    const client = (id: string) =>
      getOctokit(
        token,
        {
          baseUrl: apiUrl,
          userAgent: `stream-downloads/${version}`,
          log: { debug: () => {}, info: debug, warn: debug, error: debug },
          request: { fetch },
          // Limits are the throttling plugin's.
          retry: {
            retries,
            retryAfterBaseValue: pauseSecondMs,
            doNotRetry: [400, 401, 403, 404, 410, 422, 429, 451],
          },
          throttle: {
            id,
            retryAfterBaseValue: pauseSecondMs,
            onRateLimit: wait('the limit of requests is reached'),
            onSecondaryRateLimit: wait('too many requests at once'),
          },
        },
        retry,
        throttling,
      );
    return new GitHub(options, client('writes'), client('swaps'));
  }

  /**
   * Makes requests.
   *
   * @param doing what for, as in "could not DOING"
   * @param graceMs for how long what must not be left half-done may go on once the step ends
   * @throws {Failure} what it means when they fail
   * @throws the signal's reason soon after it is aborted
   */
  async ask<Answer>(doing: string, work: (client: Client) => Promise<Answer>, graceMs = 0): Promise<Answer> {
    const { apiUrl, signal } = this.#options;
    signal.throwIfAborted();
    // A reason of its own would be taken for a fault of the network, and tried again.
    const [ended, cut] = [new AbortController(), new AbortController()];
    const gone = Promise.withResolvers<never>();
    const end = () => {
      ended.abort();
      setTimeout(() => {
        cut.abort();
        gone.reject(signal.reason);
      }, graceMs);
    };
    signal.addEventListener('abort', end, { once: true });
    const client: Client = {
      octokit: this.#octokit,
      prompt: this.#prompt,
      signal: ended.signal,
      graced: cut.signal,
    };
    const asked = (async () => work(client))();
    try {
      // A pause of the plugins does not end with the signal.
      return await Promise.race([asked, gone.promise]);
    } catch (error) {
      asked.catch(() => {});
      signal.throwIfAborted();
      throw gitHubFailure(doing, new URL(apiUrl).host, error);
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  /** Whether the token may be sent to an address. */
  owns(address: string): boolean {
    return isGitHubs(address, this.#options.apiUrl);
  }

  /** Pauses between two attempts. */
  pause(seconds: number): Promise<void> {
    const { clock, pauseSecondMs = 1000, signal } = this.#options;
    return clock.sleep(seconds * pauseSecondMs, signal);
  }
}
