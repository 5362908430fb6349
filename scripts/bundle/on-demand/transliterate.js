// Replaces `@sindresorhus/transliterate` in dist.
export { default } from '@sindresorhus/transliterate';
