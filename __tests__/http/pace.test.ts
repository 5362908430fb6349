import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RateLimit } from '../../local-stream/api/rate-limit.ts';
import { rateLimited } from '../../local-stream/faults.ts';
import { type Allowance, cloudflareAllowance, Pace, parseRateLimit } from '../../src/http/pace.ts';
import { anyText } from '../harness/arbitraries.ts';
import { Stage } from '../harness/stage.ts';

/** A pace on a clock that the test advances. */
function start(allowance?: Allowance) {
  let nowMs = 0;
  const clock = {
    now: () => nowMs,
    epochMs: () => nowMs,
    schedule: () => () => {},
    sleep: () => Promise.reject(new Error('a pace does not sleep')),
  };
  const pace = new Pace(clock, allowance);
  return {
    clock,
    pace,
    learn: (rateLimit: string) => pace.learn(new Headers({ ratelimit: rateLimit })),
    advance: (ms: number) => {
      nowMs += ms;
    },
    /** Waits as long as the pace requires, and returns the time at which a request may be sent. */
    go: () => {
      for (let waitMs = pace.take(), tries = 0; waitMs > 0; waitMs = pace.take()) {
        if (++tries > 10) throw new Error('The pace delays a request again and again.');
        nowMs += waitMs;
      }
      return nowMs;
    },
  };
}

const amount = (most: number) => fc.integer({ min: 1, max: most });

/** Valid headers, and texts that look like them. */
const anyHeader = fc.oneof(
  fc.tuple(fc.nat(200), fc.nat(400)).map(([left, seconds]) => `"default";r=${left};t=${seconds}`),
  fc.string({ unit: fc.constantFrom(...'"default;r=t0123456789-.e, ') }),
);

describe('an allowance', () => {
  const allowances = fc.record({
    burst: amount(20),
    perSecond: fc.double({ min: 0.1, max: 50, noNaN: true }),
  });
  const pattern = fc.array(
    fc.record({ passedMs: fc.double({ min: 0, max: 5000, noNaN: true }), tries: fc.nat(30) }),
    { maxLength: 40 },
  );

  test('is never exceeded in any window, whatever the pattern of requests and the headers', () => {
    fc.assert(
      fc.property(allowances, pattern, fc.array(anyHeader), (allowance, steps, headers) => {
        const { advance, clock, pace } = start(allowance);
        const sentMs: number[] = [];
        for (const [index, { passedMs, tries }] of steps.entries()) {
          advance(passedMs);
          for (let number = 0; number < tries; number++) if (pace.take() === 0) sentMs.push(clock.now());
          pace.learn(new Headers({ ratelimit: (headers[index] ?? '').trim() }));
        }
        for (const [first, fromMs] of sentMs.entries()) {
          for (const [index, untilMs] of sentMs.slice(first).entries()) {
            const allowed = allowance.burst + (allowance.perSecond * (untilMs - fromMs)) / 1000;
            // The tolerance covers the rounding of many sums.
            expect(index + 1).toBeLessThanOrEqual(allowed + 1e-6);
          }
        }
      }),
    );
  });

  test('can be used in full: the burst at once, and then the rate', () => {
    fc.assert(
      fc.property(allowances, amount(50), ({ burst, perSecond }, more) => {
        const { go } = start({ burst, perSecond });
        for (let request = 0; request < burst; request++) expect(go()).toBeCloseTo(0, 6);
        for (let request = 1; request <= more; request++) {
          expect(go()).toBeCloseTo((request * 1000) / perSecond, 3);
        }
      }),
    );
  });

  test('refills up to the burst, and no further', () => {
    const { advance, go, pace } = start({ burst: 3, perSecond: 1 });
    for (let request = 0; request < 3; request++) go();
    advance(3_600_000);
    for (let request = 0; request < 3; request++) expect(pace.take()).toBe(0);
    expect(pace.take()).toBe(1000);
  });

  test('for Cloudflare is its documented 1,200 in 5 minutes, half of them at once', () => {
    expect(cloudflareAllowance.burst + cloudflareAllowance.perSecond * 300).toBe(1200);
    expect(cloudflareAllowance).toEqual({ burst: 600, perSecond: 2 });
  });

  test('that is undefined limits nothing', () => {
    const { go } = start();
    for (let request = 0; request < 10_000; request++) go();
    expect(go()).toBe(0);
  });
});

describe('the header `Ratelimit`', () => {
  test.each([
    ['"default";r=50;t=30', [{ left: 50, resetSeconds: 30 }]],
    ['"default"; r=0; t=299', [{ left: 0, resetSeconds: 299 }]],
    ['"default";t=30;r=50', [{ left: 50, resetSeconds: 30 }]],
    ['"default";r=50;t=30;pk=:abc=:', [{ left: 50, resetSeconds: 30 }]],
    [
      '"burst";r=9;t=1, "default";r=1100;t=300',
      [
        { left: 9, resetSeconds: 1 },
        { left: 1100, resetSeconds: 300 },
      ],
    ],
    ['junk, "default";r=5;t=6', [{ left: 5, resetSeconds: 6 }]],
  ])('%s is parsed', (header, limits) => {
    expect(parseRateLimit(header)).toEqual(limits);
  });

  test.each([
    null,
    '',
    'junk',
    '"default"',
    '"default";r=50',
    '"default";t=30',
    '"default";r=-1;t=30',
    '"default";r=1.5;t=30',
    '"default";r=1e3;t=30',
    '"default";r=;t=',
    '"default";r=NaN;t=Infinity',
    `"default";r=${'9'.repeat(400)};t=30`,
    '50;30',
    'limit=100, remaining=50, reset=30',
  ])('%j is ignored', (header) => {
    expect(parseRateLimit(header)).toEqual([]);
  });

  test('yields only whole numbers from 0, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(anyHeader, fc.string(), anyText()), (header) => {
        for (const { left, resetSeconds } of parseRateLimit(header)) {
          expect(Number.isSafeInteger(left) && left >= 0).toBe(true);
          expect(Number.isSafeInteger(resetSeconds) && resetSeconds >= 0).toBe(true);
        }
      }),
    );
  });

  test('never makes a wait negative, infinite or NaN, whatever it is', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyHeader, fc.nat(100_000))), (responses) => {
        const { advance, pace } = start();
        for (const [header, passedMs] of responses) {
          const waitMs = pace.take();
          expect(waitMs >= 0 && waitMs < Number.POSITIVE_INFINITY).toBe(true);
          pace.learn(new Headers({ ratelimit: header.trim() }));
          advance(passedMs);
        }
      }),
    );
  });
});

describe('when few requests are left', () => {
  test('they are spread evenly over the time until the reset', () => {
    fc.assert(
      fc.property(amount(59), amount(3600), (left, seconds) => {
        const { go, learn } = start();
        go();
        learn(`"default";r=${left};t=${seconds}`);
        const sentMs = Array.from({ length: left }, go);
        for (const [index, atMs] of sentMs.entries()) {
          expect(atMs).toBeCloseTo((1000 * seconds * (index + 1)) / left, 3);
        }
      }),
    );
  });

  test('the spreading ends with the reset', () => {
    const { advance, go, learn } = start();
    go();
    learn('"default";r=10;t=60');
    expect(go()).toBe(6000);
    advance(54_000);
    for (let request = 0; request < 100; request++) expect(go()).toBe(60_000);
  });

  test.each(['"default";r=60;t=300', '"default";r=1199;t=300', '', 'junk'])(
    'they are not spread for "%s"',
    (header) => {
      const { go, learn } = start();
      go();
      learn(header);
      for (let request = 0; request < 50; request++) expect(go()).toBe(0);
    },
  );

  test.each(['"burst";r=2;t=60, "default";r=50;t=300', '"default";r=50;t=300, "burst";r=2;t=60'])(
    'the strictest of several limits decides, in whatever order: %s',
    (header) => {
      const { go, learn } = start();
      go();
      learn(header);
      expect(go()).toBe(30_000);
      expect(go()).toBe(60_000);
    },
  );

  test('a response without the header changes nothing', () => {
    const { go, learn } = start();
    go();
    learn('"default";r=10;t=60');
    learn('');
    expect(go()).toBe(6000);
  });
});

describe('when no request is left', () => {
  test('none is sent until the reset', () => {
    const { advance, go, learn, pace } = start();
    go();
    learn('"default";r=0;t=42');
    expect(pace.take()).toBe(42_000);
    advance(41_999);
    expect(pace.take()).toBe(1);
    advance(1);
    expect(pace.take()).toBe(0);
    expect(go()).toBe(42_000);
  });

  test('of one of several limits, its reset is waited for', () => {
    const { go, learn } = start();
    learn('"default";r=500;t=300, "burst";r=0;t=10');
    expect(go()).toBe(10_000);
  });
});

describe('a hold', () => {
  test('allows nothing until it is over, and a shorter one does not shorten it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1000), fc.nat(100_000)), { minLength: 1 }), (holds) => {
        const { advance, clock, go, pace } = start({ burst: 5, perSecond: 1 });
        let endMs = 0;
        for (const [passedMs, ms] of holds) {
          advance(passedMs);
          pace.hold(ms);
          endMs = Math.max(endMs, clock.now() + ms);
          expect(pace.take() > 0).toBe(endMs > clock.now());
          if (endMs <= clock.now()) return;
        }
        expect(go()).toBe(endMs);
      }),
    );
  });

  test('does not slow down the requests after it', () => {
    const { go, pace } = start();
    pace.hold(5000);
    for (let request = 0; request < 100; request++) expect(go()).toBe(5000);
  });
});

describe('with a rate limit on the server', () => {
  test('nothing is ever refused, and the limit is used up, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 300 }),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 4 }),
        (requests, windowSeconds, inFlight) => {
          const { clock, go, pace } = start();
          const limit = new RateLimit({ requests, windowMs: 1000 * windowSeconds, blockMs: 300_000 }, clock);
          const total = 3 * requests;
          for (let request = 0; request < total; request += inFlight) {
            for (let sent = 0; sent < inFlight; sent++) go();
            const responses = Array.from({ length: inFlight }, () => limit.admit());
            for (const { admitted, headers } of responses) {
              if (!admitted) throw new Error(`Request ${request} was refused`);
              pace.learn(new Headers(headers));
            }
          }
          // The header has whole seconds, which adds a few to every window.
          const windows = Math.ceil((total + inFlight) / requests) + 1;
          expect(clock.now()).toBeLessThanOrEqual(1000 * windows * (windowSeconds + 5));
        },
      ),
    );
  });

  const rateLimit = { requests: 100, windowMs: 60_000, blockMs: 300_000 };

  test.each(['1', '32'])(
    'forty videos become ready without one 429, with concurrency %s',
    async (concurrency) => {
      await using stage = await Stage.open({ rateLimit });
      const ids = Array.from(
        { length: 40 },
        (_, index) => stage.stream.addVideo({ generateMs: 10_000 + 1000 * index }).uid,
      );
      const step = await stage.run({
        'video-id': ids.join(),
        type: 'default audio',
        wait: 'true',
        concurrency,
      });
      expect(step.exitCode).toBe(0);
      expect(step.records.map(({ status, type, videoId }) => `${videoId} ${type} ${status}`)).toEqual(
        ids.flatMap((id) => [`${id} default ready`, `${id} audio ready`]),
      );
      expect(stage.stream.requests.length).toBeGreaterThan(rateLimit.requests);
      expect(new Set(stage.stream.requests.map(({ status }) => status))).toEqual(new Set([200]));
    },
  );

  test('no request of any video is sent during `Retry-After`', async () => {
    await using stage = await Stage.open({ latencyMs: 20 });
    const ids = Array.from({ length: 40 }, () => stage.stream.addVideo({ generateMs: 60_000 }).uid);
    for (const after of [10, 45, 70]) {
      stage.stream.faults.add({ route: 'any', after, fault: rateLimited(25) });
    }
    const sent: number[] = [];
    const refused: number[] = [];
    stage.intercept(async ({ pass }) => {
      sent.push(stage.clock.now());
      const response = await pass();
      if (response.status === 429) refused.push(stage.clock.now());
      return response;
    });
    const step = await stage.run({ 'video-id': ids.join(), wait: 'true' });
    expect(step.exitCode).toBe(0);
    expect(new Set(step.records.map(({ status }) => status))).toEqual(new Set(['ready']));
    expect(refused).toHaveLength(3);
    for (const atMs of refused) {
      // Requests that were under way when it was refused are not affected.
      expect(sent.filter((sentMs) => sentMs > atMs + 20 && sentMs < atMs + 25_000)).toEqual([]);
    }
  });
});

describe('for Cloudflare itself', () => {
  const ids = Array.from({ length: 700 }, (_, index) => index.toString(16).padStart(32, '0'));
  const ready = { default: { status: 'ready', percentComplete: 100, url: 'https://a.example/default.mp4' } };

  test.each([
    { 'api-url': 'https://api.cloudflare.com/client/v4', tookMs: 50_000 },
    { 'api-url': 'https://gateway.example/client/v4', tookMs: 0 },
  ])('700 requests take as long as the allowance requires: $tookMs ms at $api-url', async (given) => {
    await using stage = await Stage.open();
    let sent = 0;
    stage.intercept(async () => {
      sent++;
      return Response.json({ success: true, errors: [], messages: [], result: ready });
    });
    const step = await stage.run({
      operation: 'list',
      'video-id': ids.join(),
      'api-url': given['api-url'],
      concurrency: '32',
    });
    expect(step.exitCode).toBe(0);
    expect(sent).toBe(700);
    expect(step.tookMs).toBe(given.tookMs);
  });
});

describe('a gap between requests', () => {
  test('does not outlast the reset', () => {
    const { advance, go, learn } = start();
    learn('"default";r=1;t=10');
    advance(9000);
    expect(go()).toBe(9000);
    expect(go()).toBe(10_000);
  });

  test('ends as soon as a response reports enough requests', () => {
    const { advance, go, learn } = start();
    learn('"default";r=5;t=300');
    expect(go()).toBe(0);
    advance(1000);
    learn('"default";r=1199;t=300');
    expect(go()).toBe(1000);
  });
});
