import { describe, expect, test } from '@jest/globals';
import type { DownloadType } from '../../src/core/download-types.ts';
import { Failure } from '../../src/core/failure.ts';
import { failures } from '../../src/core/failures/table.ts';
import type { DownloadRecord } from '../../src/core/record.ts';
import { annotate, reportedFailures, stackTrace } from '../../src/report/annotations.ts';
import { failureMessage } from '../../src/report/failure-message.ts';
import { recordingRunner } from '../harness/recording-runner.ts';

/** GitHub shows no more than 10 annotations of a step. */
const shown = 10;

function record(videoId: string, type: DownloadType): DownloadRecord {
  return { videoId, type, status: 'unknown', percentComplete: null, url: null };
}

function failed(videoId: string, type: DownloadType, failure: Failure): DownloadRecord {
  return { ...record(videoId, type), failure };
}

/** The annotations of a step, each with its title. */
function annotations(stepFailures: readonly Failure[], records: readonly DownloadRecord[]) {
  const { commands, runner } = recordingRunner();
  annotate(reportedFailures(stepFailures, records), runner);
  return commands.flatMap(({ command, name: title, text: message }) =>
    command === 'error' ? [{ title, message }] : [],
  );
}

/** A failure per video, as in a step. */
const refusal = () => new Failure('request-refused', 'Cloudflare refused');
const refused = refusal();
const vanished = new Failure('download-vanished', 'It vanished');

describe('the message of a record', () => {
  test('names the video', () => {
    expect(failureMessage(failed('v1', 'audio', refused))).toBe(`Video v1: ${refused.message}`);
  });

  test('has the title of the video as well, if that is known', () => {
    const titled = { ...failed('v1', 'audio', refused), title: 'Launch film' };
    expect(failureMessage(titled)).toBe(`Video v1 (“Launch film”): ${refused.message}`);
    // Its beginning could be half of a secret.
    const long = { ...titled, title: 'x'.repeat(81) };
    expect(failureMessage(long)).toBe(`Video v1: ${refused.message}`);
  });

  test('is undefined if nothing failed', () => {
    expect(failureMessage(record('v1', 'audio'))).toBeUndefined();
  });
});

describe('the annotations', () => {
  test('are none if nothing failed', () => {
    expect(annotations([], [record('v1', 'default')])).toEqual([]);
  });

  test('are one per failure of the step, and one per failed record', () => {
    const input = new Failure('bad-input', '`timeout`: no');
    const records = [
      failed('v1', 'default', refused),
      record('v2', 'default'),
      failed('v3', 'default', vanished),
    ];
    expect(annotations([input], records)).toEqual([
      { title: failures['bad-input'].title, message: input.message },
      { title: failures['request-refused'].title, message: `Video v1: ${refused.message}` },
      { title: failures['download-vanished'].title, message: `Video v3: ${vanished.message}` },
    ]);
  });

  test('are one for a failure of a whole video, not one per type', () => {
    const unknown = () => new Failure('video-not-found', 'The account has no such video');
    const records = [failed('v1', 'default', unknown()), failed('v1', 'audio', unknown())];
    expect(annotations([], records)).toHaveLength(1);
  });

  test('are one for a failure of a whole video that its types describe differently, with the first description', () => {
    const outage = (progress: string) => new Failure('server-error', `It failed; ${progress}`);
    const [first, second] = [outage('4 %'), outage('8 %')];
    expect(annotations([], [failed('v1', 'default', first), failed('v1', 'audio', second)])).toEqual([
      { title: failures['server-error'].title, message: `Video v1: ${first.message}` },
    ]);
  });

  test('are two for the same failure of two videos, and for two failures of one video', () => {
    expect(
      annotations([], [failed('v1', 'default', refusal()), failed('v2', 'default', refusal())]),
    ).toHaveLength(2);
    expect(annotations([], [failed('v1', 'default', refused), failed('v1', 'audio', vanished)])).toHaveLength(
      2,
    );
  });

  test('are one for a failure that several videos share, without an ID', () => {
    const absent = new Failure('release-not-found', 'There is no release v1 in o/r');
    const records = ['v1', 'v2', 'v3'].flatMap((id) => [
      failed(id, 'default', absent),
      failed(id, 'audio', absent),
    ]);
    expect(annotations([], records)).toEqual([
      { title: failures['release-not-found'].title, message: `${absent.message} This concerns 3 videos.` },
    ]);
  });

  test('name the video if only its types share the failure', () => {
    const absent = new Failure('release-not-found', 'There is no release v1 in o/r');
    expect(annotations([], [failed('v1', 'default', absent), failed('v1', 'audio', absent)])).toEqual([
      { title: failures['release-not-found'].title, message: `Video v1: ${absent.message}` },
    ]);
  });

  test('are in the order of the records, shared or not', () => {
    const shared = new Failure('time-over', 'The time limit of 1 s was reached');
    const records = [
      failed('v1', 'default', vanished),
      failed('v2', 'default', shared),
      failed('v3', 'default', shared),
    ];
    expect(annotations([], records).map(({ message }) => message)).toEqual([
      `Video v1: ${vanished.message}`,
      `${shared.message} This concerns 2 videos.`,
    ]);
  });

  test('are one if the step and its records share a failure', () => {
    const shared = new Failure('cancelled', 'The run was cancelled (SIGINT)');
    const records = [failed('v1', 'default', shared), failed('v2', 'default', shared)];
    expect(annotations([shared], records)).toHaveLength(1);
  });

  test.each([9, 10, 11, 250])(
    'are never more than GitHub shows, and the last one has the number of the others: %d',
    (number) => {
      const records = Array.from({ length: number }, (_, index) => failed(`v${index}`, 'default', refusal()));
      const all = annotations([], records);
      expect(all.length).toBeLessThanOrEqual(shown);
      const own = all.filter(({ message }) => message.startsWith('Video '));
      expect(own.map(({ message }) => message)).toEqual(
        Array.from({ length: 9 }, (_, index) => `Video v${index}: ${refused.message}`),
      );
      const rest = all.slice(own.length);
      const more = number - own.length;
      expect(rest).toEqual(
        more === 0
          ? []
          : [
              {
                title: 'More failures',
                message: expect.stringMatching(
                  `^${more} more failure${more === 1 ? '' : 's'}: .*results-file`,
                ),
              },
            ],
      );
    },
  );

  test('are followed by a group of the log with the others, before their number', () => {
    const { commands, runner } = recordingRunner();
    const records = Array.from({ length: 11 }, (_, index) => failed(`v${index}`, 'default', refusal()));
    annotate(reportedFailures([], records), runner);
    const { title } = failures['request-refused'];
    expect(commands.slice(9).map(({ command, text }) => `${command} ${text}`)).toEqual([
      'group 2 more failures',
      `info ${title}: Video v9: ${refused.message}`,
      `info ${title}: Video v10: ${refused.message}`,
      'endgroup ',
      expect.stringMatching(/^error 2 more failures: in the log above/),
    ]);
  });

  test('are no more than a thousand lines of the log', () => {
    const { runner, texts } = recordingRunner();
    const records = Array.from({ length: 2000 }, (_, index) => failed(`v${index}`, 'default', refusal()));
    annotate(reportedFailures([], records), runner);
    expect(texts('info')).toHaveLength(1001);
    expect(texts('info').at(-1)).toBe('991 more failures: in the results file alone');
  });

  test('count a failure of a whole video once beyond the limit as well', () => {
    const records = Array.from({ length: 12 }, (_, index) => [
      failed(`v${index}`, 'default', refusal()),
      failed(`v${index}`, 'audio', refusal()),
    ]).flat();
    expect(annotations([], records).at(-1)?.message).toMatch(/^3 more failures: /);
  });
});

describe('the stack trace', () => {
  test('has the stacks of the failure and of everything that caused it', () => {
    const deepest = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    const failure = new Failure('unreachable', 'No response', {
      cause: new TypeError('fetch failed', { cause: deepest }),
    });
    const parts = stackTrace(failure).split('\ncaused by ');
    expect(parts).toEqual([
      expect.stringMatching(/No response\.[\s\S]*\n {4}at .*annotations\.test\.ts/),
      expect.stringMatching(/^TypeError: fetch failed\n {4}at /),
      expect.stringMatching(/^Error: read ECONNRESET\n {4}at /),
    ]);
  });

  test('has a cause that is no error, and the message of an error without a stack', () => {
    const bare = new Error('no stack');
    delete bare.stack;
    expect(stackTrace(new Failure('unexpected', 'x', { cause: 'a text' }))).toMatch(/\ncaused by a text$/);
    expect(stackTrace(new Failure('unexpected', 'x', { cause: bare }))).toMatch(/\ncaused by no stack$/);
  });

  test('ends if causes form a cycle', () => {
    const cause = new Error('round');
    cause.cause = cause;
    expect(stackTrace(new Failure('unexpected', 'x', { cause })).split('caused by')).toHaveLength(2);
  });
});
