import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { troubleshooting } from './troubleshooting.ts';

/** Writes the documents that are generated from the code. */

writeFileSync(join(import.meta.dirname, '..', 'docs', 'troubleshooting.md'), troubleshooting());
