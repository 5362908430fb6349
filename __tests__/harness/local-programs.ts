import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTemporaryFolder } from './temporary-folder.ts';

/** Programs that stand in for those of a machine. */
export interface LocalPrograms extends Disposable {
  /** The variables of a machine that has them. */
  readonly machine: Readonly<Record<string, string>>;
}

/** @param scripts what each program does, by its name; with the line that names the interpreter */
export function openLocalPrograms(scripts: Readonly<Record<string, string>>): LocalPrograms {
  const folder = openTemporaryFolder();
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder.path, name), script);
    chmodSync(join(folder.path, name), 0o755);
  }
  return {
    machine: { PATH: `${folder.path}:${process.env['PATH']}` },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}
