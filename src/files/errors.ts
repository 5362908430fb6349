import { Failure } from '../core/failure.ts';
import { RequestFailure } from '../http/request-failure.ts';

/** An attempt to fetch a file that failed. */
export class TransferError extends RequestFailure {}

/** Tells what a fault of the file system means for the file at `path`. */
export function diskFailure(path: string, error: unknown): Failure {
  const code = codeOf(error) ?? '';
  const why = reasons[code] ?? (Error.isError(error) ? error.message : String(error));
  const kind = code === 'ENOSPC' || code === 'EDQUOT' ? 'disk-full' : 'target-unwritable';
  return new Failure(kind, `${path} could not be written: ${why}${code && ` (${code})`}`, { cause: error });
}

/** Whether an error of the system is this one. */
export function hasCode(error: unknown, code: string): boolean {
  return codeOf(error) === code;
}

function codeOf(error: unknown): string | undefined {
  return Error.isError(error) && 'code' in error ? String(error.code) : undefined;
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the quota of the disk is used up',
  EEXIST: 'a file is where its folder would be',
  EFBIG: 'the disk takes no file of this size',
  EISDIR: 'there is a folder of that name',
  ENAMETOOLONG: 'the name is too long for this disk',
  ENOSPC: 'no space is left on the disk',
  ENOTDIR: 'a file is where its folder would be',
  EPERM: 'not permitted',
  EROFS: 'the disk is read-only',
};
