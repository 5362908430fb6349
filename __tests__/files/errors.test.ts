import { describe, expect, test } from '@jest/globals';
import { type FailureKind, failures } from '../../src/core/failure.ts';
import { diskFailure, TransferError } from '../../src/files/errors.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: what the system says, open '/x'`), { code });
}

describe('a fault of the disk', () => {
  test.each<[string, FailureKind, string]>([
    ['EACCES', 'target-unwritable', 'permission denied'],
    ['EPERM', 'target-unwritable', 'not permitted'],
    ['EROFS', 'target-unwritable', 'the disk is read-only'],
    ['EEXIST', 'target-unwritable', 'a file is where its folder would be'],
    ['ENOTDIR', 'target-unwritable', 'a file is where its folder would be'],
    ['EISDIR', 'target-unwritable', 'there is a folder of that name'],
    ['ENAMETOOLONG', 'target-unwritable', 'the name is too long for this disk'],
    ['EFBIG', 'target-unwritable', 'the disk takes no file of this size'],
    ['ENOSPC', 'disk-full', 'no space is left on the disk'],
    ['EDQUOT', 'disk-full', 'the quota of the disk is used up'],
    ['EIO', 'target-unwritable', 'EIO: what the system says, open ’/x’'.replaceAll('’', "'")],
  ])('%s is told as %s: %s', (code, kind, why) => {
    const cause = systemError(code);
    const failure = diskFailure('/videos/film.mp4', cause);
    expect(failure).toMatchObject({
      kind,
      cause,
      what: `/videos/film.mp4 could not be written: ${why} (${code})`,
    });
    expect(failure.message).toBe(`${failure.what}. ${failures[kind].advice}`);
  });

  test.each<[unknown, string]>([
    [new Error('odd'), '/videos/film.mp4 could not be written: odd'],
    ['odd', '/videos/film.mp4 could not be written: odd'],
    [undefined, '/videos/film.mp4 could not be written: undefined'],
  ])('that is none the system has is told as it is: %p', (error, what) => {
    expect(diskFailure('/videos/film.mp4', error)).toMatchObject({ kind: 'target-unwritable', what });
  });
});

describe('an error of a transfer', () => {
  test('is final, unless it says otherwise', () => {
    expect(new TransferError('file-missing', 'gone')).toMatchObject({
      passing: false,
      retryAfterMs: undefined,
    });
    const said = { messages: [], httpStatus: 503 };
    expect(
      new TransferError('delivery-error', 'busy', { said, passing: true, retryAfterMs: 1000 }),
    ).toMatchObject({ kind: 'delivery-error', said, passing: true, retryAfterMs: 1000 });
  });
});
