import { expect, test } from '@jest/globals';
import { Stage } from '../harness/stage.ts';
import { privately, ready } from '../harness/videos.ts';

const hourMs = 3_600_000;

test.each([
  ['two hours behind', -2 * hourMs, '1h'],
  ['ten minutes ahead', 600_000, '24h'],
  ['a year behind', -365 * 24 * hourMs, '1h'],
  ['right', 0, '24h'],
])('a runner whose clock is %s signs URLs by Cloudflare’s clock', async (_, aheadMs, ttl) => {
  await using stage = await Stage.open();
  const { uid } = stage.stream.addVideo({ ...ready, ...privately });
  const inputs = { 'video-id': uid, 'signed-url': 'auto', 'signed-url-ttl': ttl };
  const step = await stage.run(inputs, { aheadMs });
  expect(step.exitCode).toBe(0);
  const { exp } = JSON.parse(
    stage.stream.requests.findLast(({ route }) => route === 'tokens.create')?.body ?? '',
  );
  const lifeMs = exp * 1000 - stage.clock.epochMs();
  const ttlMs = Number.parseInt(ttl, 10) * hourMs;
  expect(lifeMs).toBeGreaterThan(ttlMs - 62_000);
  expect(lifeMs).toBeLessThanOrEqual(ttlMs);
  expect(step.record.expiresAt).toBe(new Date(exp * 1000).toISOString());
  expect((await fetch(step.outputs['download-url'] ?? '')).status).toBe(200);
});
