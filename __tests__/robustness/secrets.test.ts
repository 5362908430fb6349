import { expect, test } from '@jest/globals';
import { downloadUrl, signedToken } from '../../local-stream/hostile-faults.ts';
import { failures } from '../../src/core/failures/table.ts';
import { always } from '../harness/responses.ts';
import { textOf } from '../harness/run-step.ts';
import { Stage } from '../harness/stage.ts';
import { privately, ready } from '../harness/videos.ts';

const exposed = failures['exposed-secret'].title;

/** The text in full-width letters, which transliteration turns into the same letters. */
function fullWidth(text: string): string {
  return text.replace(/[!-~]/g, (letter) => String.fromCodePoint(letter.charCodeAt(0) + 0xfee0));
}

// That no output contains the token is checked after every step.
test.each<[what: string, url: (token: string) => string]>([
  ['as it is', (token) => `https://a.example/${token}/v`],
  ['with a tab in it, which URLs drop', (token) => `https://a.example/${token.replace('T', '\tT')}/v`],
  ['with a line break in it', (token) => `https://a.example/${token.replace('T', '\nT')}/v`],
  ['percent-encoded', (token) => `https://a.example/${token.replace('T', '%54')}/v`],
  ['in the query', (token) => `https://a.example/v?token=${token}`],
])('a URL with the token %s is left out', async (_, url) => {
  await using stage = await Stage.open();
  const { uid } = stage.stream.addVideo(ready);
  const fault = downloadUrl(url(stage.stream.token));
  stage.stream.faults.add({ route: 'downloads.list', fault, times: always });
  const step = await stage.run({ operation: 'list', 'video-id': uid });
  expect(step.errors.map(({ title }) => title)).toEqual([exposed]);
  expect(step.record).toMatchObject({ status: 'ready', url: null });
});

test('a URL that is signed with the API token itself is left out', async () => {
  await using stage = await Stage.open({ inputs: { 'signed-url': 'auto' } });
  const { uid } = stage.stream.addVideo({ ...ready, ...privately });
  const fault = signedToken(stage.stream.token);
  stage.stream.faults.add({ route: 'tokens.create', fault, times: always });
  const step = await stage.run({ operation: 'list', 'video-id': uid });
  expect(step.errors.map(({ title }) => title)).toEqual([exposed]);
});

test.each(['film-{name}.mp4', '{name}.mp4'])(
  'a title cannot put the token into a file name: %s',
  async (saveTo) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ ...ready, name: stage.stream.token });
    const step = await stage.run({ operation: 'list', type: 'default', 'video-id': uid, 'save-to': saveTo });
    expect(step.errors.map(({ title }) => title)).toEqual([exposed]);
  },
);

test('a title cannot put the token into the name in the URL, also in other letters', async () => {
  await using stage = await Stage.open();
  const { uid } = stage.stream.addVideo({ ...ready, name: fullWidth(stage.stream.token) });
  const step = await stage.run({ operation: 'list', 'video-id': uid, filename: '{name}' });
  expect(step.errors.map(({ title }) => title)).toEqual([exposed]);
});

test('text in which invisible characters split the token is redacted', async () => {
  for (const splitter of ['\u200b', '\u0000', '\u202e', '\ufeff']) {
    await using stage = await Stage.open();
    const { token } = stage.stream;
    const { uid } = stage.stream.addVideo({
      errorReasonCode: 'ERR_UNKNOWN',
      errorReasonText: `no ${token.slice(0, 8)}${splitter}${token.slice(8)}`,
    });
    const step = await stage.run({ 'video-id': uid });
    expect(step.message).toContain('“no ***”');
    expect(textOf(step)).not.toContain(token.slice(8));
  }
});
