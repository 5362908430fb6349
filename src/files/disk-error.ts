import { Failure } from '../core/failure.ts';

/** The failure that a system's error means for the file at `path`: `disk-full` or `target-unwritable`. */
export function diskFailure(path: string, error: unknown): Failure {
  const code = errorCode(error) ?? '';
  const why = reasons[code] ?? (Error.isError(error) ? error.message : String(error));
  const kind = code === 'ENOSPC' || code === 'EDQUOT' ? 'disk-full' : 'target-unwritable';
  return new Failure(kind, `${path} could not be written: ${why}${code && ` (${code})`}`, { cause: error });
}

/** The system's code, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  return Error.isError(error) && 'code' in error ? String(error.code) : undefined;
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'one of its folders exists as a file',
  EFBIG: 'the file system does not support files of this size',
  EISDIR: 'a folder of this name exists',
  ENAMETOOLONG: 'the name is too long for this file system',
  ENOSPC: 'no space left on the disk',
  ENOTDIR: 'one of its folders exists as a file',
  EPERM: 'not permitted',
  EROFS: 'the disk is read-only',
};
