import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { Watch } from '../../src/http/idle-timeout.ts';

const silenceMs = 60;

function open(outer = new AbortController().signal): Watch {
  return new Watch(silenceMs, outer);
}

describe('a watch', () => {
  test('ends a transfer in which nothing comes from the beginning', async () => {
    using watch = open();
    expect(watch.signal.aborted).toBe(false);
    await delay(2 * silenceMs);
    expect(watch.signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  test('begins a new silence with all that comes', async () => {
    using watch = new Watch(200, new AbortController().signal);
    for (let part = 0; part < 6; part++) {
      await delay(40);
      watch.expect();
    }
    expect(watch.signal.aborted).toBe(false);
  });

  test('takes no rest for a silence, however long', async () => {
    using watch = open();
    watch.rest();
    await delay(3 * silenceMs);
    expect(watch.signal.aborted).toBe(false);
    watch.expect();
    await delay(2 * silenceMs);
    expect(watch.signal.aborted).toBe(true);
  });

  test('gives a whole silence after a rest that was longer than one', async () => {
    using watch = new Watch(200, new AbortController().signal);
    watch.rest();
    await delay(250);
    watch.expect();
    await delay(50);
    expect(watch.signal.aborted).toBe(false);
  });

  test('ends with what ends it from outside, and its reason', () => {
    const outer = new AbortController();
    using watch = open(outer.signal);
    const reason = new Error('enough');
    outer.abort(reason);
    expect(watch.signal.reason).toBe(reason);
  });

  test('ends at once where that came before', () => {
    const reason = new Error('enough');
    using watch = open(AbortSignal.abort(reason));
    expect(watch.signal.reason).toBe(reason);
  });

  test('is over with its transfer: nothing ends it any more, and nothing keeps it', async () => {
    const outer = new AbortController();
    const watch = open(outer.signal);
    watch[Symbol.dispose]();
    outer.abort();
    await delay(2 * silenceMs);
    expect(watch.signal.aborted).toBe(false);
  });
});
