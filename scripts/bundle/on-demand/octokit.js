// Stands for `src/release/octokit.ts` in dist.
export { getOctokit } from '@actions/github';
export { retry } from '@octokit/plugin-retry';
export { throttling } from '@octokit/plugin-throttling';
