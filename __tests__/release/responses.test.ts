import { describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { asset, listedAsset, readResponse, release } from '../../src/release/responses.ts';
import { failureOf } from '../harness/release-bench.ts';

const hash = 'ab'.repeat(32);

const anAsset = {
  id: 1,
  name: 'a.mp4',
  state: 'uploaded',
  size: 3,
  digest: `sha256:${hash}`,
  browser_download_url: 'https://github.com/o/r/releases/download/v1/a.mp4',
};

const aRelease = {
  id: 1,
  tag_name: 'v1',
  upload_url: 'https://uploads.github.com/repos/o/r/releases/1/assets{?name,label}',
  draft: false,
  immutable: false,
};

const malformed: readonly [string, unknown][] = [
  ['id', undefined],
  ['id', 0],
  ['id', -1],
  ['id', 1.5],
  ['id', 2 ** 53],
  ['id', 1n],
  ['id', '1'],
  ['id', '../../x'],
  ['id', Number.NaN],
];

describe('an asset', () => {
  test('is read', () => {
    expect(v.parse(asset, { ...anAsset, uploader: {} })).toEqual(anAsset);
  });

  test.each<[string, unknown]>([
    ...malformed,
    ['name', undefined],
    ['name', 7],
    ['size', undefined],
    ['size', -1],
    ['size', '3'],
    ['browser_download_url', undefined],
    ['browser_download_url', '/a.mp4'],
    ['browser_download_url', 'javascript:alert(1)'],
    ['browser_download_url', 'ftp://github.com/a.mp4'],
    ['browser_download_url', 'https://user@github.com/a.mp4'],
    ['browser_download_url', 'https://:secret@github.com/a.mp4'],
    ['browser_download_url', `https://github.com/${'x'.repeat(8192)}`],
  ])('with the %s %j is not what GitHub documents', async (field, value) => {
    const read = async () => readResponse('do it', asset, { ...anAsset, [field]: value });
    const failure = await failureOf(read());
    expect(failure).toMatchObject({ kind: 'github-error', retryable: false });
    expect(failure.what).toBe(
      `Could not do it: the response is not what GitHub documents, in the field ${field}`,
    );
  });

  test.each([undefined, null, 7, {}])('without a usable state (%j) is complete', (state) => {
    expect(v.parse(asset, { ...anAsset, state }).state).toBe('uploaded');
  });

  test.each([undefined, null, 7, '', 'sha512:ab', `sha256:${hash}0`, `md5:${hash}`])(
    'with the digest %j has unknown contents',
    (digest) => {
      expect(v.parse(asset, { ...anAsset, digest }).digest).toBeUndefined();
    },
  );

  test('with a digest in upper case has known contents', () => {
    const digest = `sha256:${hash.toUpperCase()}`;
    expect(v.parse(asset, { ...anAsset, digest }).digest).toBe(anAsset.digest);
  });

  test.each([
    ['a.mp4\n::set-output name=x::y', '“a.mp4 ::set-output name=x::y”'],
    ['a.mp4\u202e', '“a.mp4”'],
    [' a.mp4', '“a.mp4”'],
    ['x'.repeat(300), 'an asset name of 300 characters'],
  ])('with the name %j is not mistaken for another one', (name, shown) => {
    expect(v.parse(asset, { ...anAsset, name }).name).toBe(shown);
  });

  test.each([
    ['starter\n##[error]', 'starter ##[error]'],
    ['x'.repeat(20_000), 'a state of 20,000 characters'],
  ])('has a state on one line: %j', (state, shown) => {
    expect(v.parse(asset, { ...anAsset, state }).state).toBe(shown);
  });

  test('has a URL without anything that could end its line', () => {
    const url = 'https://github.com/a\n::set-output b.mp4';
    expect(v.parse(asset, { ...anAsset, browser_download_url: url }).browser_download_url).toBe(
      'https://github.com/a::set-output%20b.mp4',
    );
  });
});

describe('an asset in a list', () => {
  test.each([
    ['size', -1],
    ['digest', undefined],
    ['state', 'uploaded'],
    ['browser_download_url', undefined],
  ])('may have an odd %s', (field, value) => {
    for (const odd of [null, {}, undefined]) {
      const read = v.parse(listedAsset, { ...anAsset, [field]: odd });
      expect(read).toEqual({ ...anAsset, [field]: value });
    }
  });

  test.each([...malformed, ['name', undefined]] as const)('needs its %s, which is %j', (field, value) => {
    expect(v.is(listedAsset, { ...anAsset, [field]: value })).toBe(false);
  });
});

describe('a release', () => {
  test('is read, its upload URL without the template', () => {
    expect(v.parse(release, { ...aRelease, draft: true, body: '' })).toEqual({
      id: 1,
      tag: 'v1',
      tagInUrl: 'v1',
      uploadUrl: new URL('https://uploads.github.com/repos/o/r/releases/1/assets'),
      isDraft: true,
      isImmutable: false,
    });
  });

  test.each<[string, unknown]>([
    ...malformed,
    ['tag_name', undefined],
    ['tag_name', {}],
    ['upload_url', undefined],
    ['upload_url', 'releases/1/assets'],
    ['upload_url', `https://uploads.github.com/${'x'.repeat(8192)}`],
  ])('with the %s %j is not what GitHub documents', (field, value) => {
    expect(() => readResponse('do it', release, { ...aRelease, [field]: value })).toThrow(
      `the field ${field}`,
    );
  });

  test.each([undefined, null, 'yes'])('without the flags (%j) of newer servers is published', (value) => {
    const read = v.parse(release, { ...aRelease, draft: value, immutable: value });
    expect(read).toMatchObject({ isDraft: false, isImmutable: false });
  });

  test.each([
    ['v1\n::set-output name=x::y', 'v1 ::set-output name=x::y', 'v1%0A%3A%3Aset-output%20name%3Dx%3A%3Ay'],
    ['v\ud800', 'v', 'v%EF%BF%BD'],
    ['v1-👩‍💻', 'v1-👩💻', encodeURIComponent('v1-👩‍💻')],
    ['x'.repeat(1001), 'a tag of 1,001 characters', 'a%20tag%20of%201%2C001%20characters'],
  ])('has a tag on one line, and an exact one in URLs: %j', (tag, shown, inUrl) => {
    expect(v.parse(release, { ...aRelease, tag_name: tag })).toMatchObject({ tag: shown, tagInUrl: inUrl });
  });
});

test.each([null, 7, 'text', []])('the response %j is none of them', (data) => {
  for (const schema of [asset, listedAsset, release]) {
    expect(() => readResponse('do it', schema, data)).toThrow('the response is not what GitHub documents');
  }
});
