import { describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { createdDownload, download, downloads, envelope, signedToken } from '../../src/stream/schemas.ts';
import { videoDetails } from '../../src/stream/video-details.ts';

const url = 'https://customer-m033z5x00ks6nunl.cloudflarestream.com/ea95132c/downloads/default.mp4';
const ready = { status: 'ready', percentComplete: 100, url };

describe('the envelope', () => {
  test('has errors and messages, each with its code if it has one; unknown fields are ignored', () => {
    const response = {
      success: false,
      errors: [{ code: 10003, message: 'Not Found', documentation_url: 'x', source: { pointer: '/' } }],
      messages: [{ message: 'hello' }],
      result: null,
      result_info: { page: 1 },
    };
    expect(v.parse(envelope, response)).toMatchObject({
      success: false,
      messages: [{ code: 10003, message: 'Not Found' }, { message: 'hello' }],
      result: null,
    });
  });

  test.each([
    ['missing', { success: true }],
    ['null', { success: true, errors: null, messages: null, result: null }],
  ])('has no errors and messages if they are %s', (_, response) => {
    expect(v.parse(envelope, response)).toMatchObject({ success: true, messages: [], omitted: 0 });
  });

  const message = 'Not available on your plan';

  test.each<[form: string, errors: unknown, messages: unknown]>([
    ['text', [message], [{ message }]],
    ['text without a list', message, [{ message }]],
    ['an object without a list', { code: 10005, message }, [{ code: 10005, message }]],
    ['a code as text', [{ code: '10005', message }], [{ code: 10005, message }]],
    [
      'a code that is no number',
      [{ code: Number.POSITIVE_INFINITY, message }],
      [{ message: `Infinity: ${message}` }],
    ],
    ['a word as its code', [{ code: 'PLAN', message }], [{ message: `PLAN: ${message}` }]],
    ['a code of 9 digits', [{ code: 123456789, message }], [{ code: 123456789, message }]],
    ['a code of 10 digits', [{ code: 1234567890, message }], [{ message: `1234567890: ${message}` }]],
    ['no code', [{ code: null, message }], [{ message }]],
    ['no message', [{ code: 10005, message: null }], [{ code: 10005, message: '' }]],
    [
      'a chain of causes',
      [{ code: 1000, message: 'No', error_chain: [{ code: 10005, message, error_chain: ['and more'] }] }],
      [{ code: 1000, message: 'No' }, { code: 10005, message }, { message: 'and more' }],
    ],
    ['odd ones beside it', [null, 7, [], { code: 10005, message }], [{ code: 10005, message }]],
  ])('has errors that are given as %s', (_, errors, messages) => {
    const parsed = v.parse(envelope, { success: false, errors });
    expect(parsed.messages.filter((one) => one.message !== '' || one.code !== undefined)).toEqual(messages);
  });

  test('has at most 20 messages, those of chains among them, and the number of the others', () => {
    const errors = [{ message: 'a', error_chain: Array(19).fill('b') }, ...Array(40).fill('c')];
    const { messages, omitted } = v.parse(envelope, { success: false, errors });
    expect([messages.length, messages[0], messages[19]]).toEqual([20, { message: 'a' }, { message: 'b' }]);
    expect(omitted).toBe(40);
  });

  test('has the number of the others even if a single chain has more than 20', () => {
    const errors = [{ message: 'a', error_chain: Array(30).fill('b') }, ...Array(40).fill('c')];
    expect(v.parse(envelope, { success: false, errors }).omitted).toBe(51);
  });

  test('has at most 20 messages, however deep their chain is', () => {
    let error: object = { message: 'the root' };
    for (let depth = 0; depth < 20_000; depth++) error = { message: 'a', error_chain: [error] };
    expect(v.parse(envelope, { success: false, errors: [error] }).messages).toEqual(
      Array(20).fill({ message: 'a' }),
    );
  });

  test("has a gateway's message after the errors and messages, if it is text", () => {
    const response = { success: false, errors: ['a'], messages: ['b'] };
    const read = (message: unknown) => v.parse(envelope, { ...response, message }).messages;
    expect(read('c')).toEqual([{ message: 'a' }, { message: 'b' }, { message: 'c' }]);
    expect(read({ c: 1 })).toEqual([{ message: 'a' }, { message: 'b' }]);
  });

  test.each([
    [{ success: 'true', result: 1 }, true],
    [{ success: 1, result: 1 }, true],
    [{ success: 'False', errors: [] }, false],
    [{ errors: [], result: 1 }, true],
    [{ errors: [{ code: 10005 }], result: null }, false],
  ])('may have its flag in another form, or not at all: %j', (response, success) => {
    expect(v.parse(envelope, response).success).toBe(success);
  });

  test.each([
    [{ errors: [{ code: 1, detail: 'No' }] }, { code: 1, message: 'No' }],
    [{ errors: [{ code: 1, message: { text: 'No' } }] }, { code: 1, message: 'No' }],
    [{ errors: [[{ code: 1, message: 'No' }]] }, { code: 1, message: 'No' }],
    [{ error: 'No' }, { message: 'No' }],
    [{ message: 'No' }, { message: 'No' }],
  ])('may give its reason in another field: %j', (fields, message) => {
    expect(v.parse(envelope, { success: false, ...fields }).messages).toEqual([message]);
  });

  test('has an empty message if an error has only a code', () => {
    expect(v.parse(envelope, { success: false, errors: [{ code: 1000 }] }).messages).toEqual([
      { code: 1000, message: '' },
    ]);
  });

  test('has the first 20 errors and messages, of which no other is read, and how many more there are', () => {
    const errors = Array.from({ length: 15 }, (_, index) => ({ code: index, message: 'No' }));
    const messages = Array.from({ length: 20 }, (_, index) => ({ code: 100 + index, message: 'Hello' }));
    const { messages: read, omitted } = v.parse(envelope, {
      success: false,
      errors,
      messages: [...messages, 5],
    });
    expect(read).toEqual([...errors, ...messages.slice(0, 5)]);
    expect(omitted).toBe(16);
  });

  test('has the length of a message that is longer than 1,000 characters', () => {
    const errors = [{ message: 'x'.repeat(1000) }, { message: 'x'.repeat(1001) }];
    expect(v.parse(envelope, { success: false, errors }).messages).toEqual([
      { message: 'x'.repeat(1000) },
      { message: 'a message of 1,001 characters' },
    ]);
  });

  test.each([undefined, null, 'ok', [], { ok: true, result: {} }, { result: {} }, { success: 'maybe' }])(
    'is not %j',
    (response) => {
      expect(v.safeParse(envelope, response).success).toBe(false);
    },
  );
});

describe('a download', () => {
  test.each(['ready', 'inprogress', 'error'])('may be %s', (status) => {
    const response = { status, percentComplete: 39.5, url };
    expect(v.parse(download, { ...response, sizeUnknownToUs: 5 })).toEqual(response);
  });

  test.each([
    ['missing', { status: 'inprogress' }],
    ['null', { status: 'inprogress', percentComplete: null, url: null }],
  ])('has neither percentage nor URL if they are %s', (_, response) => {
    expect(v.parse(download, response)).toEqual({ status: 'inprogress', percentComplete: null, url: null });
  });

  test.each([-1, 100.1, 'soon', true])('has no percentage if it is malformed: %j', (percentComplete) => {
    expect(v.parse(download, { ...ready, percentComplete })).toEqual({ ...ready, percentComplete: null });
  });

  test.each(['done', 'queued', 'READY!', 7, true])(
    'counts as in progress with an unknown status: %s',
    (status) => {
      expect(v.parse(download, { ...ready, status })).toEqual({
        ...ready,
        status: 'inprogress',
        unknownStatus: String(status),
      });
    },
  );

  test('may have its status in capitals', () => {
    expect(v.parse(download, { ...ready, status: 'Ready' })).toEqual(ready);
  });

  test.each([5, {}, ['https://a.example']])('has no URL if it is no text: %j', (odd) => {
    expect(v.parse(download, { ...ready, url: odd })).toEqual({ ...ready, url: null });
  });

  test.each([{ url }, { status: {} }, { status: null }, null, 'ok'])('must have a status: %j', (response) => {
    expect(v.safeParse(download, response).success).toBe(false);
  });
});

describe('the downloads of a video', () => {
  const inProgress = { status: 'inprogress', percentComplete: 4, url };

  test.each([
    ['one type', { default: ready }, { default: ready }],
    ['both types', { default: ready, audio: inProgress }, { default: ready, audio: inProgress }],
    ['a type that is not known yet', { audio: ready, subtitles: ready }, { audio: ready }],
    ['an empty object', {}, {}],
    ['null', null, {}],
    ['nothing', undefined, {}],
    ['null for each type', { default: null, audio: null }, {}],
  ])('are read from %s', (_, response, expected) => {
    const none = { default: undefined, audio: undefined };
    expect({ ...none, ...v.parse(downloads, response) }).toEqual({ ...none, ...expected });
  });

  test('count as in progress if they have no status', () => {
    const found = v.parse(downloads, { default: ready, audio: { url } });
    expect(found.default).toEqual(ready);
    expect(found.audio).toMatchObject({ status: 'inprogress', percentComplete: null, url: null });
  });

  test.each([{}, 'ok', 7, [], false, ''])('are not there if there is only %j', (empty) => {
    expect(v.parse(downloads, { default: ready, audio: empty })).toEqual({
      default: ready,
      audio: undefined,
    });
  });

  test.each(['ok', 7, [], [{ type: 'default', status: 'ready' }]])(
    'are nothing but an object, unlike %j',
    (odd) => {
      expect(v.safeParse(downloads, odd).success).toBe(false);
    },
  );
});

describe('a created download', () => {
  test.each(['default', 'audio'] as const)('of type %s may be flat or nested', (type) => {
    const schema = createdDownload(type);
    for (const response of [ready, { [type]: ready }, { [type]: ready, more: 1 }]) {
      expect(v.parse(schema, response)).toEqual(ready);
    }
  });

  test.each([
    ['one of another type', { audio: ready }],
    ['an empty object', {}],
    ['null', null],
    ['null for its type', { default: null }],
    ['a string', 'ok'],
  ])('is not described by %s', (_, response) => {
    expect(v.parse(createdDownload('default'), response)).toBeUndefined();
  });
});

describe('a video', () => {
  const uid = 'ea95132c15732412d22c1476fa83f27a';

  test('has the fields that the action reads', () => {
    const response = {
      uid,
      readyToStream: true,
      status: { state: 'ready', step: 'encoding', pctComplete: '100.000000', errorReasonCode: '' },
      duration: 5.5,
      meta: { name: 'x', more: 1 },
      requireSignedURLs: null,
    };
    expect(v.parse(videoDetails, response)).toMatchObject({
      meta: { name: 'x' },
      requireSignedURLs: false,
      readyToStream: true,
      status: { state: 'ready', percent: 100 },
      duration: 5.5,
    });
  });

  test('has defaults for missing and null fields', () => {
    const defaults = {
      meta: { name: undefined },
      requireSignedURLs: false,
      readyToStream: false,
      status: { state: 'unknown' },
      duration: null,
      isLiveRecording: false,
    };
    expect(v.parse(videoDetails, { uid })).toMatchObject(defaults);
    const nulls = { meta: null, requireSignedURLs: null, readyToStream: null, status: null, duration: null };
    expect(v.parse(videoDetails, { uid, ...nulls })).toMatchObject(defaults);
  });

  test('has no name if it is not a string', () => {
    expect(v.parse(videoDetails, { uid, meta: { name: 5 } }).meta.name).toBeUndefined();
  });

  test.each([
    [false, 'https://a.example/v1/thumbnails/thumbnail.jpg', true],
    ['false', 'https://a.example/v1/thumbnails/thumbnail.jpg', true],
    [true, 'https://a.example/v1/thumbnails/thumbnail.jpg', false],
    [null, 'https://a.example/v1/thumbnails/thumbnail.jpg', false],
    [undefined, 'https://a.example/v1/thumbnails/thumbnail.jpg', false],
    [false, 'javascript:alert(1)', false],
    [false, 'https://user:secret@a.example/thumbnail.jpg', false],
    [false, 7, false],
  ])('have a picture only if everyone may see it: %j, %j', (requireSignedURLs, thumbnail, isShown) => {
    const { thumbnailUrl } = v.parse(videoDetails, { uid, requireSignedURLs, thumbnail });
    expect(thumbnailUrl !== undefined).toBe(isShown);
  });

  test('has a name of at most 4,096 characters, on one line', () => {
    expect(v.parse(videoDetails, { uid, meta: { name: 'A\nfilm ' } }).meta.name).toBe('A film');
    const name = 'x'.repeat(4096);
    expect(v.parse(videoDetails, { uid, meta: { name } }).meta.name).toBe(name);
    expect(v.parse(videoDetails, { uid, meta: { name: `${name}x` } }).meta.name).toBeUndefined();
  });

  test.each([
    [{ duration: '12.4' }, { duration: 12.4 }],
    [{ duration: -1 }, { duration: null }],
    [{ duration: 1e300 }, { duration: null }],
    [{ duration: 'long' }, { duration: null }],
    [{ requireSignedURLs: 'true' }, { requireSignedURLs: true }],
    [{ requireSignedURLs: 'TRUE' }, { requireSignedURLs: true }],
    [{ requireSignedURLs: 1 }, { requireSignedURLs: true }],
    [{ requireSignedURLs: 'false' }, { requireSignedURLs: false }],
    [{ requireSignedURLs: 0 }, { requireSignedURLs: false }],
    [{ requireSignedURLs: {} }, { requireSignedURLs: false }],
    [{ readyToStream: 'true' }, { readyToStream: true }],
    [{ status: 'ready' }, { status: { state: 'unknown' } }],
    [{ status: { state: 'Ready' } }, { status: { state: 'ready' } }],
    [{ status: { state: 5 } }, { status: { state: 'unknown' } }],
    [
      { status: { state: 'error', errorReasonCode: 5 } },
      { status: { state: 'error', reasonCode: undefined } },
    ],
    [{ meta: 'none' }, { meta: { name: undefined } }],
    [{ uid: 5 }, { duration: null }],
    [{ liveInput: 'f'.repeat(32) }, { isLiveRecording: true }],
    [{ liveInput: '' }, { isLiveRecording: false }],
  ])('may have a field in another form: %j', (fields, expected) => {
    expect(v.parse(videoDetails, fields)).toMatchObject(expected);
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
  ])('with pctComplete %j is at %s percent', (pctComplete, percent) => {
    const { status } = v.parse(videoDetails, { uid, status: { state: 'inprogress', pctComplete } });
    expect(status).toMatchObject({ state: 'inprogress', percent });
  });

  test.each(['error', 'err'])('has a reason in the spelling %sReason…', (prefix) => {
    const response = {
      uid,
      status: {
        state: 'error',
        [`${prefix}ReasonCode`]: 'ERR_NON_VIDEO',
        [`${prefix}ReasonText`]: 'The upload is not a video.',
      },
    };
    expect(v.parse(videoDetails, response).status).toMatchObject({
      state: 'error',
      reasonCode: 'ERR_NON_VIDEO',
      reasonText: 'The upload is not a video.',
    });
  });

  test.each(['error', 'err'])(
    'has the length of a state or a reason that is too long: %sReason…',
    (prefix) => {
      const read = (wordLength: number, sentenceLength: number) => {
        const status = {
          state: 'x'.repeat(wordLength),
          [`${prefix}ReasonCode`]: 'x'.repeat(wordLength),
          [`${prefix}ReasonText`]: 'x'.repeat(sentenceLength),
        };
        return v.parse(videoDetails, { uid, status }).status;
      };
      expect(read(64, 1000)).toMatchObject({
        state: 'x'.repeat(64),
        reasonCode: 'x'.repeat(64),
        reasonText: 'x'.repeat(1000),
      });
      expect(read(65, 1001)).toMatchObject({
        state: 'a state of 65 characters',
        reasonCode: 'a code of 65 characters',
        reasonText: 'a reason of 1,001 characters',
      });
    },
  );

  test.each([
    ['missing', {}],
    ['empty', { errorReasonCode: '', errorReasonText: '' }],
    ['null', { errorReasonCode: null, errorReasonText: null, errReasonCode: null, errReasonText: null }],
  ])('has no reason if it is %s', (_, reason) => {
    const { status } = v.parse(videoDetails, { uid, status: { state: 'ready', ...reason } });
    expect(status).toMatchObject({ reasonCode: undefined, reasonText: undefined });
  });

  test('may be in a state that is not known yet', () => {
    expect(v.parse(videoDetails, { uid, status: { state: 'archived' } }).status.state).toBe('archived');
  });
});

describe('a token for a signed URL', () => {
  test('consists of characters that a URL keeps', () => {
    expect(v.parse(signedToken, { token: 'eyJh-b_c.d~e', more: 1 })).toEqual({ token: 'eyJh-b_c.d~e' });
  });

  test('has at most 4,096 characters', () => {
    const token = 'x'.repeat(4096);
    expect(v.parse(signedToken, { token })).toEqual({ token });
    expect(v.safeParse(signedToken, { token: `${token}x` }).success).toBe(false);
  });

  test.each(['', 'a/b', 'a?b', 'a b', 5, undefined])('is not %j', (token) => {
    expect(v.safeParse(signedToken, { token }).success).toBe(false);
  });
});
