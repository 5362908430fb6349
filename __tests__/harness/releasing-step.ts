import { type LocalGitHub, startLocalGitHub } from '../../local-github/server.ts';
import type { LocalStreamOptions } from '../../local-stream/server.ts';
import { type SavingOptions, SavingStage } from './saving-step.ts';
import type { JudgedStep } from './step-on-stream.ts';

/** A stage for steps that save, with a local GitHub beside it: whole steps attach to its releases in this process. */
export class ReleasingStage implements AsyncDisposable {
  readonly saving: SavingStage;
  readonly github: LocalGitHub;

  private constructor(saving: SavingStage, github: LocalGitHub) {
    this.saving = saving;
    this.github = github;
  }

  static async open(options: Pick<LocalStreamOptions, 'readings'> = {}): Promise<ReleasingStage> {
    // What a step loads only when it attaches takes minutes of the fast clock to be translated for the tests.
    await import('../../src/release/octokit.ts');
    const github = await startLocalGitHub();
    const saving = await SavingStage.open(options);
    const hosts = [github.apiUrl, github.uploadsUrl];
    saving.intercept(async (input, init) => {
      try {
        return await fetch(input, init);
      } catch (error) {
        const isGitHubs = hosts.some((host) => String(input).startsWith(host));
        if (!isGitHubs || !init?.signal?.aborted) throw error;
        // Octokit asks for an Error, which in Jest one of Node's own is not: it would go on for half a minute.
        throw Object.assign(new Error('aborted', { cause: error }), { name: 'AbortError' });
      }
    });
    return new ReleasingStage(saving, github);
  }

  get stream() {
    return this.saving.stream;
  }

  /** Runs a step that attaches to the release `v1` with a token that may write, unless the inputs say otherwise. */
  run(
    inputs: Readonly<Record<string, string>>,
    { env = {}, ...options }: SavingOptions = {},
  ): Promise<JudgedStep> {
    return this.saving.run(
      { 'release-tag': 'v1', 'github-token': this.github.token, ...inputs },
      { ...options, env: { ...gitHubVariables(this.github), ...env } },
    );
  }

  /** The assets of the release `v1`, by name and state. */
  get assets(): string[] {
    return this.github
      .assets('v1')
      .map(({ name, state }) => (state === 'uploaded' ? name : `${name} (${state})`))
      .toSorted();
  }

  /** The bytes of an asset of the release `v1`. */
  bytesOf(name: string): Uint8Array | undefined {
    const asset = this.github.assets('v1').find((one) => one.name === name);
    return asset && this.github.bytesOf(asset.id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.github.close(), this.saving[Symbol.asyncDispose]()]);
  }
}

/** What GitHub's runner tells a step of the repository. */
export function gitHubVariables({ apiUrl, owner, repo }: LocalGitHub): Record<string, string> {
  return { GITHUB_API_URL: apiUrl, GITHUB_REPOSITORY: `${owner}/${repo}` };
}
