// Replaces `src/release/octokit.ts` in dist.
export { getOctokit } from '@actions/github';
