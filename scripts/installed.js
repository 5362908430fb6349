import { existsSync } from 'node:fs';

/**
 * Ends a command that was started before `npm ci`, with a sentence in place of a stack trace. It is loaded with
 * `--import` before the command itself, and is JavaScript since Node 20, which npm then uses, cannot load TypeScript.
 */

// npm writes this file last.
const isInstalled = existsSync(new URL('../node_modules/.package-lock.json', import.meta.url));
const isNode24 = Number.parseInt(process.versions.node, 10) >= 24;

if (!isInstalled || !isNode24) {
  console.error(
    'Please run npm ci first: it installs what this command needs, and the Node 24 that it runs on.',
  );
  process.exit(1);
}
