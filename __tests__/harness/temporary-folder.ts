import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary folder, removed when it is disposed of. */
export interface TemporaryFolder extends Disposable {
  readonly path: string;
  /** Everything in it, sorted, hidden files included. */
  entries(): string[];
  read(file: string): Buffer;
}

export function openTemporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'test-'));
  return {
    path,
    entries: () => readdirSync(path, { recursive: true }).map(String).toSorted(),
    read: (file) => readFileSync(join(path, file)),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
