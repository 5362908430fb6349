import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMetadata } from '../local-runner/metadata.ts';
import { withTables } from './readme-tables.ts';
import { troubleshooting } from './troubleshooting.ts';

/** Writes the documents, or the parts of them, that are generated from the code and from `action.yml`. */

const root = join(import.meta.dirname, '..');
const readme = join(root, 'README.md');

writeFileSync(join(root, 'docs', 'troubleshooting.md'), troubleshooting());
writeFileSync(readme, withTables(readFileSync(readme, 'utf8'), readMetadata(join(root, 'action.yml'))));
