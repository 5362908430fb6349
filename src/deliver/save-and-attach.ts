/** What a delivery loads only if it saves the file. */
export { attachFile } from './attach.ts';
export { saveFile } from './save.ts';
