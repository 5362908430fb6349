import { expect, test } from '@jest/globals';
import type { DownloadRecord } from '../../src/core/record.ts';
import { withoutSecrets } from '../../src/report/without-secrets.ts';
import { recordingRunner } from '../harness/recording-runner.ts';

const secret = 'Zq7xW2vKp9LmT4sRb8YdHn3cJf6G';

const record: DownloadRecord = {
  videoId: 'v1',
  type: 'default',
  status: 'ready',
  percentComplete: 100,
  url: 'https://a.example/v',
  file: 'v.mp4',
  assetUrl: 'https://b.example/v.mp4',
};

function runnerWith(...secrets: readonly string[]) {
  const { runner } = recordingRunner();
  for (const one of secrets) runner.mask(one);
  return runner;
}

test('a record without a secret stays as it is', () => {
  expect(withoutSecrets(record, runnerWith(secret))).toBe(record);
});

test.each([
  ['url', `https://a.example/${secret}/v`, null],
  ['url', `https://a.example/${secret.replace('Z', '%5A')}/v`, null],
  ['url', `https://a.example/?x=${Buffer.from(secret).toString('base64')}`, null],
  ['file', `${secret}.mp4`, undefined],
  ['assetUrl', `https://b.example/${secret}.mp4`, undefined],
] as const)('a %s with a secret is left out, and fails the record: %s', (name, value, without) => {
  const safe = withoutSecrets({ ...record, [name]: value }, runnerWith(secret));
  expect(safe).toMatchObject({ ...record, [name]: without });
  expect(safe.failure).toMatchObject({ kind: 'exposed-secret', what: expect.stringContaining(name) });
});

test('a file with a secret is left out with its size and hash', () => {
  const saved = { ...record, file: `${secret}.mp4`, sizeBytes: 5, sha256: 'ab' };
  const { file, sizeBytes, sha256, url } = withoutSecrets(saved, runnerWith(secret));
  expect({ file, sizeBytes, sha256, url }).toEqual({ url: record.url });
});

test('a failure that the record already has is kept', () => {
  const { failure } = withoutSecrets({ ...record, url: secret }, runnerWith(secret));
  const other = withoutSecrets({ ...record, url: secret, failure }, runnerWith(secret));
  expect(other.failure).toBe(failure);
});

test.each([19, 20])('only a secret of at least 20 characters is no chance: %d', (length) => {
  const runner = runnerWith('s'.repeat(length));
  const safe = withoutSecrets({ ...record, file: `${'s'.repeat(length)}.mp4` }, runner);
  expect(safe.failure === undefined).toBe(length < 20);
});
