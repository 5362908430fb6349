import { describe, expect, test } from '@jest/globals';
import type { Readings } from '../../local-stream/readings.ts';
import { startLocalStream } from '../../local-stream/server.ts';
import { downloadTypes } from '../../src/core/record.ts';
import { createDownload, deleteDownload, listDownloads } from '../../src/stream/downloads.ts';
import { connect } from '../harness/connect.ts';

/** A local Stream that reads the documentation in a certain way, with a client and the path of its videos. */
async function start(readings: Partial<Readings> = {}) {
  const stream = await startLocalStream({ readings });
  return {
    ...stream,
    ...connect(stream),
    path: `/client/v4/accounts/${stream.accountId}/stream`,
    [Symbol.asyncDispose]: stream.close,
  };
}

describe('listing', () => {
  test('asks once and finds every type there is', async () => {
    await using stream = await start();
    const { uid } = stream.addVideo({ downloads: { default: 'ready', audio: 'error' } });
    expect(await listDownloads(stream.client, uid)).toEqual({
      default: {
        status: 'ready',
        percentComplete: 100,
        url: `${stream.deliveryUrl}/${uid}/downloads/default.mp4`,
      },
      audio: expect.objectContaining({ status: 'error' }),
    });
    expect(stream.requests).toMatchObject([
      { method: 'GET', path: `${stream.path}/${uid}/downloads`, body: '', query: {} },
    ]);
  });

  test.each<Readings['nothingGenerated']>(['empty', 'null'])(
    'finds none in an answer that is %s',
    async (nothingGenerated) => {
      await using stream = await start({ nothingGenerated });
      const { uid } = stream.addVideo();
      expect(await listDownloads(stream.client, uid)).toEqual({ default: undefined, audio: undefined });
    },
  );

  test.each<[Readings['nothingGenerated'], string]>([
    ['not-found', 'video-not-found'],
    ['bad-request', 'request-refused'],
  ])('leaves it to the caller what an answer "%s" means', async (nothingGenerated, kind) => {
    await using stream = await start({ nothingGenerated });
    const { uid } = stream.addVideo();
    await expect(listDownloads(stream.client, uid)).rejects.toMatchObject({
      kind,
      what: 'Could not list the downloads: Cloudflare refused',
    });
    expect(stream.requests).toHaveLength(1);
  });
});

describe('creating', () => {
  test.each<[(typeof downloadTypes)[number], string, Readings['createAnswer']]>([
    ['default', '', 'nested'],
    ['default', '', 'flat'],
    ['audio', '/audio', 'nested'],
    ['audio', '/audio', 'flat'],
  ])('%s posts an empty object to …/downloads%s, and reads a %s answer', async (type, end, createAnswer) => {
    await using stream = await start({ createAnswer });
    const { uid } = stream.addVideo({ generateMs: Number.POSITIVE_INFINITY });
    expect(await createDownload(stream.client, uid, type)).toEqual({
      status: 'inprogress',
      percentComplete: 0,
      url: expect.stringMatching(`^${stream.deliveryUrl}/${uid}/downloads/${type}\\.m(p4|4a)$`),
    });
    expect(stream.requests).toMatchObject([
      {
        method: 'POST',
        path: `${stream.path}/${uid}/downloads${end}`,
        body: '{}',
        headers: { 'content-type': 'application/json' },
      },
    ]);
  });

  test('reads an answer without a URL', async () => {
    await using stream = await start({ urlFromStart: false });
    const { uid } = stream.addVideo({ generateMs: Number.POSITIVE_INFINITY });
    expect(await createDownload(stream.client, uid, 'default')).toMatchObject({ url: null });
  });

  test('what exists answers its state, or is refused with 409 in the other reading', async () => {
    await using stream = await start();
    const { uid } = stream.addVideo({ downloads: { default: 'ready' } });
    expect(await createDownload(stream.client, uid, 'default')).toMatchObject({ status: 'ready' });

    await using strict = await start({ createAgain: 'conflict' });
    const other = strict.addVideo({ downloads: { default: 'ready' } });
    await expect(createDownload(strict.client, other.uid, 'default')).rejects.toMatchObject({
      kind: 'request-refused',
      said: { httpStatus: 409 },
    });
  });

  test('says which type it could not create', async () => {
    await using stream = await start();
    const { uid } = stream.addVideo({ phases: { queuedMs: Number.POSITIVE_INFINITY } });
    await expect(createDownload(stream.client, uid, 'audio')).rejects.toMatchObject({
      kind: 'request-refused',
      what: 'Could not create the audio download: Cloudflare refused',
    });
  });
});

describe('deleting', () => {
  test.each(downloadTypes)(
    '%s asks by its type, since what no type means is documented in two ways',
    async (type) => {
      // Here a path without a type would delete both.
      await using stream = await start({ untypedDelete: 'all' });
      const { uid } = stream.addVideo({ downloads: { default: 'ready', audio: 'ready' } });
      await deleteDownload(stream.client, uid, type);
      expect(stream.requests).toMatchObject([
        { method: 'DELETE', path: `${stream.path}/${uid}/downloads/${type}`, body: '' },
      ]);
      const left = await listDownloads(stream.client, uid);
      expect(downloadTypes.filter((one) => left[one])).toEqual(downloadTypes.filter((one) => one !== type));
    },
  );

  test('what is not there is refused, or taken in the other reading', async () => {
    await using stream = await start();
    const { uid } = stream.addVideo();
    await expect(deleteDownload(stream.client, uid, 'default')).rejects.toMatchObject({
      kind: 'video-not-found',
      what: 'Could not delete the default download: Cloudflare refused',
    });

    await using lenient = await start({ deleteAbsent: 'ok' });
    const other = lenient.addVideo();
    await deleteDownload(lenient.client, other.uid, 'default');
    expect(lenient.requests).toHaveLength(1);
  });
});
