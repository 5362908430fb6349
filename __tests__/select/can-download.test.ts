import { describe, expect, test } from '@jest/globals';
import { type WaitingRules, whyNoDownload } from '../../src/select/can-download.ts';
import { listed } from './library.ts';

const waiting: WaitingRules = { wait: true, isLiveInputGiven: false };
const patience = { waiting, impatient: { ...waiting, wait: false } };

function why(fields: Readonly<Record<string, unknown>>, options: WaitingRules): string | undefined {
  return whyNoDownload(listed('a', fields), options);
}

function inState(state: string, options: WaitingRules): string | undefined {
  return why({ status: { state } }, options);
}

describe('a listed video', () => {
  test.each(['ready', 'unheard-of', ''])('can have a download in the state %j', (state) => {
    expect(inState(state, patience.waiting)).toBeUndefined();
    expect(inState(state, patience.impatient)).toBeUndefined();
  });

  test('can have a download if nothing is known of it', () => {
    expect(why({ status: null }, patience.impatient)).toBeUndefined();
  });

  test.each(['downloading', 'queued', 'inprogress'])(
    'can have one in the state %s only if it is waited for',
    (state) => {
      expect(inState(state, patience.waiting)).toBeUndefined();
      expect(inState(state, patience.impatient)).toContain('`wait: true`');
    },
  );

  test('cannot have one if nothing was uploaded to it', () => {
    expect(inState('pendingupload', patience.waiting)).toContain('uploaded');
  });

  test('cannot have one if Cloudflare could not encode it, with the reason', () => {
    const status = { state: 'error', errorReasonCode: 'ERR_NON_VIDEO' };
    expect(why({ status }, patience.waiting)).toContain('the upload is not a video (ERR_NON_VIDEO)');
    expect(inState('error', patience.waiting)).toContain('no reason given');
  });

  test('that is being broadcast can have one only if its live input was given and it is waited for', () => {
    const live = 'live-inprogress';
    expect(inState(live, { wait: true, isLiveInputGiven: true })).toBeUndefined();
    expect(inState(live, { wait: false, isLiveInputGiven: true })).toContain('`wait: true`');
    expect(inState(live, { wait: true, isLiveInputGiven: false })).toContain('broadcast');
    expect(inState(live, { wait: false, isLiveInputGiven: false })).toContain('broadcast');
  });

  test.each<[what: string, fields: Readonly<Record<string, unknown>>, isAble: boolean]>([
    ['a recording of 4 h', { liveInput: 'a1', duration: 4 * 3600 }, true],
    ['a recording of over 4 h', { liveInput: 'a1', duration: 4 * 3600 + 1 }, false],
    ['a recording of unknown length', { liveInput: 'a1', duration: -1 }, true],
    ['an upload of over 4 h', { duration: 5 * 3600 }, true],
  ])('can be %s', (_, fields, isAble) => {
    expect(why(fields, patience.waiting) === undefined).toBe(isAble);
  });
});
