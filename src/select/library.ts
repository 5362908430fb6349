/** What a step loads only if it works on the videos of an account. */
export { whyNoDownload } from './can-download.ts';
export { describeLibrary } from './describe-library.ts';
export { listLibrary } from './list-library.ts';
