/** What a step loads only if it saves files. */
export { createTemporaryFolder } from './folders.ts';
export { Saver } from './saver.ts';
