import type { FailureFacts } from './table.ts';

/** How GitHub refuses a request about a release, and what rules a release out. */
export const gitHubFailures = {
  'release-not-found': {
    title: 'The release does not exist',
    advice:
      'Create it in a step before this one, such as `gh release create TAG --draft --verify-tag` with GH_TOKEN set to `${{ github.token }}`. Only a token that may write can see drafts: give the job `permissions: contents: write`.',
  },
  'release-ambiguous': {
    title: 'Several drafts have the tag',
    advice:
      'Delete all of them but one, on the page of the releases or with `gh api --method DELETE repos/OWNER/REPO/releases/ID`. Or, in a workflow with `on: release`, set `release-tag: auto` to use the release that started it.',
  },
  'release-immutable': {
    title: 'The release is published and immutable',
    advice:
      'An immutable release accepts no more files. Attach files while it is a draft, then publish it: `gh release edit TAG --draft=false` in a step after this one.',
  },
  'github-token': {
    title: 'GitHub does not accept the token',
    advice:
      'Remove `github-token`, so that the token of the job is used, or set it to a token for this repository that has not expired.',
  },
  'github-permission': {
    title: 'The token may not write to the release',
    advice:
      'Give the job the permission in the workflow: `permissions: contents: write`. In runs for pull requests from forks the token is always read-only. A personal access token needs “Contents: Read and write”. An archived repository accepts no files.',
  },
  'github-not-found': {
    title: 'GitHub cannot find the release or the repository',
    advice:
      'One of them was deleted in the meantime, or the token has no access to it: check `github-token`, the permission of the job (`permissions: contents: write`), and GITHUB_API_URL, if your workflow sets it.',
  },
  'github-rate-limited': {
    title: 'Too many requests to GitHub',
    advice:
      'GitHub allows the tokens of jobs 1,000 requests an hour per repository, all jobs together. Run fewer jobs at once, or run this step again later.',
  },
  'github-error': {
    title: 'GitHub failed to handle the request',
    advice:
      'Look at githubstatus.com and run this step again later: files that are attached already are kept.',
    scope: 'type',
  },
  'github-refused': {
    title: 'GitHub refused the request',
    advice: 'Read the response in this message. If it is not from GitHub, check GITHUB_API_URL and proxies.',
    scope: 'type',
  },
  'github-unreachable': {
    title: 'GitHub could not be reached',
    advice:
      'Check that this runner can reach it: DNS, firewall, and the proxy if one is configured. If the network is down, run this step again later.',
    scope: 'type',
  },
  'asset-too-large': {
    title: 'The file is too large for a release',
    advice:
      'GitHub accepts files up to 2 GiB, and a proxy or gateway may accept less. Use `save-to` without `release-tag` and store the file elsewhere, or attach only the audio (`type: audio`).',
    scope: 'type',
  },
} as const satisfies Record<string, FailureFacts>;
