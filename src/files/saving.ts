/** What a step loads only if it saves files. */
export { receive } from '../http/receive.ts';
export { readDestination } from './destination.ts';
export { createTemporaryFolder } from './folders.ts';
export { Saver } from './saver.ts';
