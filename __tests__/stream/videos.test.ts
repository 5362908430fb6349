import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Readings } from '../../local-stream/readings.ts';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import { StreamError } from '../../src/stream/errors.ts';
import { getVideo } from '../../src/stream/videos.ts';
import { connect } from '../harness/connect.ts';

let stream: LocalStream;

beforeEach(async () => {
  stream = await startLocalStream();
});

afterEach(() => stream.close());

describe('the details of a video', () => {
  test('are asked for with one request', async () => {
    const { uid } = stream.addVideo({ durationSeconds: 90 });
    expect(await getVideo(connect(stream).client, uid)).toMatchObject({
      uid,
      readyToStream: true,
      duration: 90,
      status: { state: 'ready', percent: 100 },
    });
    expect(stream.requests).toMatchObject([
      { method: 'GET', path: `/client/v4/accounts/${stream.accountId}/stream/${uid}`, body: '' },
    ]);
  });

  test('tell how far it is processed', async () => {
    const { uid } = stream.addVideo({ phases: { encodeMs: Number.POSITIVE_INFINITY } });
    expect(await getVideo(connect(stream).client, uid)).toMatchObject({
      readyToStream: false,
      status: { state: 'inprogress', percent: 0 },
    });
  });

  test.each<Readings['reasonSpelling']>(['errorReason', 'errReason'])(
    'tell why it failed, in the spelling %s…',
    async (reasonSpelling) => {
      await using other = await startLocalStream({ readings: { reasonSpelling } });
      const { uid } = other.addVideo({ errorReasonCode: 'ERR_NON_VIDEO', errorReasonText: 'Not a video.' });
      expect((await getVideo(connect(other).client, uid)).status).toMatchObject({
        state: 'error',
        reasonCode: 'ERR_NON_VIDEO',
        reasonText: 'Not a video.',
      });
    },
  );

  test('of one that the account does not have are refused', async () => {
    const asking = getVideo(connect(stream).client, '0'.repeat(32));
    await expect(asking).rejects.toBeInstanceOf(StreamError);
    await expect(asking).rejects.toMatchObject({
      kind: 'video-not-found',
      what: 'Could not look up the video: Cloudflare refused',
      said: { messages: [{ code: 10003 }], httpStatus: 404 },
    });
  });
});
