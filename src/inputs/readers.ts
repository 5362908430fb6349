import type { filenameProblems } from '../deliver/filename.ts';
import type { readDestination } from '../files/destination.ts';
import type { InputSource } from './input-names.ts';
import type { readRelease } from './release-input.ts';
import type { readResumeFrom } from './resume-from.ts';

/** The readers of inputs that are loaded only if their input is set. */
export interface Readers {
  readonly filenameProblems?: typeof filenameProblems | undefined;
  readonly readDestination?: typeof readDestination | undefined;
  readonly readRelease?: typeof readRelease | undefined;
  readonly readResumeFrom?: typeof readResumeFrom | undefined;
}

export async function loadReaders({ input }: InputSource): Promise<Readers> {
  // Dynamic import: built as its own chunk, loaded only when needed.
  const filename = input('filename') ? await import('../deliver/filename.ts') : undefined;
  const saving = input('save-to') ? await import('../files/saving.ts') : undefined;
  const release = input('release-tag') ? await import('./release-input.ts') : undefined;
  const resume = input('resume-from') ? await import('./resume-from.ts') : undefined;
  return {
    filenameProblems: filename?.filenameProblems,
    readDestination: saving?.readDestination,
    readRelease: release?.readRelease,
    readResumeFrom: resume?.readResumeFrom,
  };
}
