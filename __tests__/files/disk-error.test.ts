import { describe, expect, test } from '@jest/globals';
import { type FailureKind, failures } from '../../src/core/failures/table.ts';
import { diskFailure } from '../../src/files/disk-error.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: the system's message, open '/x'`), { code });
}

describe('an error of the file system', () => {
  test.each<[string, FailureKind, string]>([
    ['EACCES', 'target-unwritable', 'permission denied'],
    ['EPERM', 'target-unwritable', 'not permitted'],
    ['EROFS', 'target-unwritable', 'the disk is read-only'],
    ['EEXIST', 'target-unwritable', 'one of its folders exists as a file'],
    ['ENOTDIR', 'target-unwritable', 'one of its folders exists as a file'],
    ['EISDIR', 'target-unwritable', 'a folder of this name exists'],
    ['ENAMETOOLONG', 'target-unwritable', 'the name is too long for this file system'],
    ['EFBIG', 'target-unwritable', 'the file system does not support files of this size'],
    ['ENOSPC', 'disk-full', 'no space left on the disk'],
    ['EDQUOT', 'disk-full', 'the disk quota is used up'],
    ['EIO', 'target-unwritable', "EIO: the system's message, open '/x'"],
  ])('%s becomes %s: %s', (code, kind, reason) => {
    const cause = systemError(code);
    const failure = diskFailure('/videos/film.mp4', cause);
    const what = `/videos/film.mp4 could not be written: ${reason} (${code})`;
    expect(failure).toMatchObject({ kind, cause, what });
    expect(failure.message).toBe(`${what}. ${failures[kind].advice}`);
  });

  test.each<[unknown, string]>([
    [new Error('odd'), 'odd'],
    ['odd', 'odd'],
    [undefined, 'undefined'],
  ])('without a code keeps its message: %p', (error, reason) => {
    const what = `/videos/film.mp4 could not be written: ${reason}`;
    expect(diskFailure('/videos/film.mp4', error)).toMatchObject({ kind: 'target-unwritable', what });
  });
});
