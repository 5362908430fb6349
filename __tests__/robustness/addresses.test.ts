import { describe, expect, test } from '@jest/globals';
import { downloadUrl, hostileTokens, hostileUrls, signedToken } from '../../local-stream/hostile-faults.ts';
import { failures } from '../../src/core/failures/table.ts';
import { always } from '../harness/responses.ts';
import { textOf } from '../harness/run-step.ts';
import { Stage } from '../harness/stage.ts';
import { both } from '../harness/videos.ts';

/** What a step does that only appears to use Cloudflare's own API, over https: its requests reach the local Stream. */
async function runOverHttps(stage: Stage, inputs: Readonly<Record<string, string>>) {
  const requested: string[] = [];
  const { stream } = stage;
  stage.intercept(async ({ call, init, url }) => {
    requested.push(url);
    if (!url.startsWith('https://api.cloudflare.com/')) throw new Error(`${call} must not be sent`);
    return fetch(url.replace('https://api.cloudflare.com/client/v4', stream.apiUrl), init);
  });
  const step = await stage.run({ 'api-url': 'https://api.cloudflare.com/client/v4', ...inputs });
  return { step, files: requested.filter((url) => !url.startsWith('https://api.cloudflare.com/')) };
}

describe('a file is never requested from', () => {
  test.each(hostileUrls)('%s', async (url) => {
    await using stage = await Stage.open();
    const { uid } = stage.stream.addVideo({ ...both, requireSignedURLs: true });
    stage.stream.faults.add({ route: 'downloads.list', fault: downloadUrl(url), times: always });
    const { files, step } = await runOverHttps(stage, {
      operation: 'list',
      type: 'default',
      'video-id': uid,
      'signed-url': 'auto',
      'save-to': 'v/',
    });
    expect(files).toEqual([]);
    expect(step.exitCode).toBe(1);
    expect([failures['unsafe-url'].title, failures['unknown-answer'].title]).toContain(step.errors[0]?.title);
    expect(stage.count('POST token')).toBe(0);
    expect([textOf(step), ...Object.values(step.outputs)].join()).not.toContain('secret');
  });
});
