import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Stage } from '../harness/stage.ts';
import { both } from '../harness/videos.ts';

/** Each is a secret and a word that a fact contains. */
const secretsInFacts: readonly [name: string, env: Record<string, string>][] = [
  ['a proxy password in the URL', { http_proxy: 'http://user:downloads@127.0.0.1:9', no_proxy: '*' }],
  ['a proxy user in the type', { http_proxy: 'http://default@127.0.0.1:9', no_proxy: '*' }],
  ['an unused key that is a status', { CLOUDFLARE_API_KEY: 'ready' }],
  ['an unused key in the path of the results file', { CLOUDFLARE_API_KEY: 'stream' }],
  ['an unused key that is a digit', { CLOUDFLARE_API_KEY: '1' }],
  ['an unused key in the name of the saved file', { CLOUDFLARE_API_KEY: 'film' }],
];

test.each(secretsInFacts)('facts stay as they are with %s', async (_, env) => {
  await using stage = await Stage.open();
  const { uid } = stage.stream.addVideo(both);
  const inputs = { operation: 'list', 'video-id': uid, 'save-to': 'film-{type}.{ext}' };
  const plain = await stage.run(inputs);
  const step = await stage.run(inputs, { env });
  expect(step.exitCode).toBe(0);
  const { 'results-file': resultsFile = '', ...outputs } = step.outputs;
  const { 'results-file': _plainFile, ...plainOutputs } = plain.outputs;
  expect(outputs).toEqual(plainOutputs);
  expect(resultsFile.startsWith(`${stage.temp}/stream-downloads-`)).toBe(true);
  expect(JSON.parse(readFileSync(resultsFile, 'utf8'))).toEqual({ version: 1, downloads: plain.records });
});

test('the message of an error is text, and redacted', async () => {
  await using stage = await Stage.open();
  const { uid } = stage.stream.addVideo({ state: 'error' });
  const step = await stage.run({ 'video-id': uid }, { env: { CLOUDFLARE_API_KEY: 'upload' } });
  expect(step.exitCode).toBe(1);
  expect(step.message).not.toContain('upload');
  expect(step.message).toContain('***');
});
