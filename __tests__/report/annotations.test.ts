import { describe, expect, test } from '@jest/globals';
import { Failure, failures } from '../../src/core/failure.ts';
import { type DownloadRecord, type DownloadType, newRecord } from '../../src/core/record.ts';
import { annotations, failureMessage, trace } from '../../src/report/annotations.ts';

/** GitHub shows no more than 10 annotations of a step. */
const shown = 10;

function failed(videoId: string, type: DownloadType, failure: Failure): DownloadRecord {
  return { ...newRecord(videoId, type), failure };
}

/** One of its own for each video, as in a step. */
const refusal = () => new Failure('request-refused', 'Cloudflare refused');
const refused = refusal();
const vanished = new Failure('download-vanished', 'It vanished');

describe('the message of a record', () => {
  test('names the video', () => {
    expect(failureMessage(failed('v1', 'audio', refused))).toBe(`Video v1: ${refused.message}`);
  });

  test('is none where nothing failed', () => {
    expect(failureMessage(newRecord('v1', 'audio'))).toBeUndefined();
  });
});

describe('the annotations', () => {
  test('are none where nothing failed', () => {
    expect(annotations([], [newRecord('v1', 'default')])).toEqual([]);
  });

  test('are one for each fault of the step, and one for each failed record', () => {
    const input = new Failure('bad-input', '`timeout`: no');
    const records = [
      failed('v1', 'default', refused),
      newRecord('v2', 'default'),
      failed('v3', 'default', vanished),
    ];
    expect(annotations([input], records)).toEqual([
      { title: failures['bad-input'].title, message: input.message },
      { title: failures['request-refused'].title, message: `Video v1: ${refused.message}` },
      { title: failures['download-vanished'].title, message: `Video v3: ${vanished.message}` },
    ]);
  });

  test('are one for a fault of a whole video, not one for each of its types', () => {
    const unknown = () => new Failure('video-not-found', 'The account has no such video');
    const records = [failed('v1', 'default', unknown()), failed('v1', 'audio', unknown())];
    expect(annotations([], records)).toHaveLength(1);
  });

  test('are apart for two videos with the same fault, and for two faults of one video', () => {
    expect(
      annotations([], [failed('v1', 'default', refusal()), failed('v2', 'default', refusal())]),
    ).toHaveLength(2);
    expect(annotations([], [failed('v1', 'default', refused), failed('v1', 'audio', vanished)])).toHaveLength(
      2,
    );
  });

  test('are one for a fault that several videos share, without the id of any', () => {
    const absent = new Failure('release-not-found', 'There is no release v1 in o/r');
    const records = ['v1', 'v2', 'v3'].flatMap((id) => [
      failed(id, 'default', absent),
      failed(id, 'audio', absent),
    ]);
    expect(annotations([], records)).toEqual([
      { title: failures['release-not-found'].title, message: absent.message },
    ]);
  });

  test('name the video where the fault is shared by its types alone', () => {
    const absent = new Failure('release-not-found', 'There is no release v1 in o/r');
    expect(annotations([], [failed('v1', 'default', absent), failed('v1', 'audio', absent)])).toEqual([
      { title: failures['release-not-found'].title, message: `Video v1: ${absent.message}` },
    ]);
  });

  test('keep a fault of one video beside one that others share, and the order', () => {
    const shared = new Failure('time-over', 'The time limit of 1 s was reached');
    const records = [
      failed('v1', 'default', vanished),
      failed('v2', 'default', shared),
      failed('v3', 'default', shared),
    ];
    expect(annotations([], records).map(({ message }) => message)).toEqual([
      `Video v1: ${vanished.message}`,
      shared.message,
    ]);
  });

  test('are one where the step and its records share a fault', () => {
    const shared = new Failure('cancelled', 'The run was cancelled (SIGINT)');
    const records = [failed('v1', 'default', shared), failed('v2', 'default', shared)];
    expect(annotations([shared], records)).toHaveLength(1);
  });

  test.each([9, 10, 11, 250])(
    'are never more than GitHub shows, and none of %d is unaccounted for',
    (number) => {
      const records = Array.from({ length: number }, (_, index) => failed(`v${index}`, 'default', refusal()));
      const told = annotations([], records);
      expect(told.length).toBeLessThanOrEqual(shown);
      const own = told.filter(({ message }) => message.startsWith('Video '));
      expect(own.map(({ message }) => message)).toEqual(
        Array.from({ length: 9 }, (_, index) => `Video v${index}: ${refused.message}`),
      );
      const rest = told.slice(own.length);
      const more = number - own.length;
      expect(rest).toEqual(
        more === 0
          ? []
          : [
              {
                title: 'More failures',
                message: expect.stringMatching(`^${more} more failure${more === 1 ? '' : 's'}: `),
              },
            ],
      );
    },
  );

  test('count faults of whole videos once beyond the first as well', () => {
    const records = Array.from({ length: 12 }, (_, index) => [
      failed(`v${index}`, 'default', refusal()),
      failed(`v${index}`, 'audio', refusal()),
    ]).flat();
    expect(annotations([], records).at(-1)?.message).toMatch(/^3 more failures: /);
  });
});

describe('the trace', () => {
  test('has the stack of the failure and of all that caused it', () => {
    const deepest = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    const failure = new Failure('unreachable', 'No answer', {
      cause: new TypeError('fetch failed', { cause: deepest }),
    });
    const parts = trace(failure).split('\ncaused by ');
    expect(parts).toEqual([
      expect.stringMatching(/No answer\.[\s\S]*\n {4}at .*failures\.test\.ts/),
      expect.stringMatching(/^TypeError: fetch failed\n {4}at /),
      expect.stringMatching(/^Error: read ECONNRESET\n {4}at /),
    ]);
  });

  test('has what was thrown where that is no error, and the message of an error without a stack', () => {
    const bare = new Error('no stack');
    delete bare.stack;
    expect(trace(new Failure('unexpected', 'x', { cause: 'a text' }))).toMatch(/\ncaused by a text$/);
    expect(trace(new Failure('unexpected', 'x', { cause: bare }))).toMatch(/\ncaused by no stack$/);
  });

  test('ends where causes come round', () => {
    const cause = new Error('round');
    cause.cause = cause;
    expect(trace(new Failure('unexpected', 'x', { cause })).split('caused by')).toHaveLength(2);
  });
});
