import { describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { createdDownload, download, downloads, envelope, video } from '../../src/stream/answers.ts';

const url = 'https://customer-m033z5x00ks6nunl.cloudflarestream.com/ea95132c/downloads/default.mp4';
const ready = { status: 'ready', percentComplete: 100, url };

describe('the envelope', () => {
  test('has errors and messages, each with a code where it has one, and passes what it does not know', () => {
    const answer = {
      success: false,
      errors: [{ code: 10003, message: 'Not Found', documentation_url: 'x', source: { pointer: '/' } }],
      messages: [{ message: 'hello' }],
      result: null,
      result_info: { page: 1 },
    };
    expect(v.parse(envelope, answer)).toMatchObject({
      success: false,
      errors: [{ code: 10003, message: 'Not Found' }],
      messages: [{ message: 'hello' }],
      result: null,
    });
  });

  test.each([
    ['missing', { success: true }],
    ['null', { success: true, errors: null, messages: null, result: null }],
  ])('has no errors and messages where they are %s', (_, answer) => {
    expect(v.parse(envelope, answer)).toMatchObject({ success: true, errors: [], messages: [] });
  });

  test('has an empty message where an error says only its code', () => {
    expect(v.parse(envelope, { success: false, errors: [{ code: 1000 }] }).errors).toEqual([
      { code: 1000, message: '' },
    ]);
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'ok'],
    ['a list', []],
    ['another API’s object', { ok: true, result: {} }],
    ['an answer whose success is a text', { success: 'true' }],
  ])('is not %s', (_, answer) => {
    expect(v.safeParse(envelope, answer).success).toBe(false);
  });
});

describe('a download', () => {
  test.each(['ready', 'inprogress', 'error'])('may be %s', (status) => {
    expect(v.parse(download, { status, percentComplete: 39.5, url })).toEqual({
      status,
      percentComplete: 39.5,
      url,
    });
  });

  test.each([
    ['missing', { status: 'inprogress' }],
    ['null', { status: 'inprogress', percentComplete: null, url: null }],
  ])('has neither percentage nor URL where they are %s', (_, answer) => {
    expect(v.parse(download, answer)).toEqual({ status: 'inprogress', percentComplete: null, url: null });
  });

  test.each([-1, 100.1, 'soon', true])(
    'is told without a percentage that makes no sense: %j',
    (percentComplete) => {
      expect(v.parse(download, { ...ready, percentComplete })).toEqual({ ...ready, percentComplete: null });
    },
  );

  test('passes what it does not know', () => {
    expect(v.parse(download, { ...ready, size: 5 })).toMatchObject(ready);
  });

  test.each([
    ['its status is unknown', { status: 'done' }],
    ['it has no status', { url }],
    ['its URL is no text', { ...ready, url: 5 }],
  ])('is none where %s', (_, answer) => {
    expect(v.safeParse(download, answer).success).toBe(false);
  });
});

describe('the downloads of a video', () => {
  test('are those of the types that were created', () => {
    expect(v.parse(downloads, { default: ready })).toEqual({ default: ready, audio: undefined });
    const audio = { status: 'inprogress', percentComplete: 4, url };
    expect(v.parse(downloads, { default: ready, audio })).toEqual({ default: ready, audio });
  });

  test.each([
    ['an empty object', {}],
    ['null', null],
    ['nothing', undefined],
    ['null for each type', { default: null, audio: null }],
  ])('are none where the answer is %s', (_, answer) => {
    expect(v.parse(downloads, answer)).toEqual({ default: undefined, audio: undefined });
  });

  test('pass types that are not known yet', () => {
    expect(v.parse(downloads, { audio: ready, subtitles: ready })).toEqual({
      default: undefined,
      audio: ready,
    });
  });

  test('cannot be read where one of them cannot', () => {
    expect(v.safeParse(downloads, { default: { status: 'done' } }).success).toBe(false);
    expect(v.safeParse(downloads, 'ok').success).toBe(false);
  });
});

describe('a created download', () => {
  test.each(['default', 'audio'] as const)('of type %s is read flat and nested alike', (type) => {
    const schema = createdDownload(type);
    expect(v.parse(schema, ready)).toEqual(ready);
    expect(v.parse(schema, { [type]: ready })).toEqual(ready);
    expect(v.parse(schema, { [type]: ready, more: 1 })).toEqual(ready);
  });

  test('is not one of another type', () => {
    expect(v.safeParse(createdDownload('audio'), { default: ready }).success).toBe(false);
  });

  test.each([
    ['an empty object', {}],
    ['null', null],
    ['null inside', { default: null }],
    ['a text', 'ok'],
  ])('is not %s', (_, answer) => {
    expect(v.safeParse(createdDownload('default'), answer).success).toBe(false);
  });
});

describe('a video', () => {
  const uid = 'ea95132c15732412d22c1476fa83f27a';

  test('has what the action needs, and passes the rest', () => {
    const answer = {
      uid,
      readyToStream: true,
      status: { state: 'ready', step: 'encoding', pctComplete: '100.000000', errorReasonCode: '' },
      duration: 5.5,
      meta: { name: 'x' },
      requireSignedURLs: null,
    };
    expect(v.parse(video, answer)).toMatchObject({
      uid,
      readyToStream: true,
      status: { state: 'ready', percent: 100 },
      duration: 5.5,
    });
  });

  test('has what is assumed where fields are missing', () => {
    expect(v.parse(video, { uid })).toMatchObject({
      uid,
      readyToStream: false,
      status: { state: 'unknown' },
      duration: -1,
    });
    expect(v.parse(video, { uid, duration: null }).duration).toBe(-1);
  });

  test('needs an id', () => {
    expect(v.safeParse(video, { readyToStream: true }).success).toBe(false);
  });

  test.each([
    ['39.000000', 39],
    ['0', 0],
    ['100.000000', 100],
    [42.5, 42.5],
    ['', null],
    ['soon', null],
    ['-1', null],
    ['101', null],
    [null, null],
    [undefined, null],
  ])('says %j, which is %s percent', (pctComplete, percent) => {
    const { status } = v.parse(video, { uid, status: { state: 'inprogress', pctComplete } });
    expect(status).toMatchObject({ state: 'inprogress', percent });
  });

  test.each(['error', 'err'])('says why it failed in the spelling %sReason…', (prefix) => {
    const answer = {
      uid,
      status: {
        state: 'error',
        [`${prefix}ReasonCode`]: 'ERR_NON_VIDEO',
        [`${prefix}ReasonText`]: 'The upload is not a video.',
      },
    };
    expect(v.parse(video, answer).status).toMatchObject({
      state: 'error',
      reasonCode: 'ERR_NON_VIDEO',
      reasonText: 'The upload is not a video.',
    });
  });

  test.each([
    ['missing', {}],
    ['empty', { errorReasonCode: '', errorReasonText: '' }],
    ['null', { errorReasonCode: null, errorReasonText: null, errReasonCode: null, errReasonText: null }],
  ])('has no reason where it is %s', (_, reason) => {
    const { status } = v.parse(video, { uid, status: { state: 'ready', ...reason } });
    expect(status).toMatchObject({ reasonCode: undefined, reasonText: undefined });
  });

  test('may be in a state that is not known yet', () => {
    expect(v.parse(video, { uid, status: { state: 'archived' } }).status.state).toBe('archived');
  });
});
