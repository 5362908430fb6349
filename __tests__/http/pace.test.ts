import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RateLimit } from '../../local-stream/api/rate-limit.ts';
import { rateLimited } from '../../local-stream/faults.ts';
import { type Allowance, allowanceFor, cloudflareAllowance, Pace } from '../../src/http/pace.ts';
import { anyRateLimit } from '../harness/arbitraries.ts';
import { Stage } from '../harness/stage.ts';
import { both } from '../harness/videos.ts';

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
    /** A response with these headers to a request that took this long, in ms. */
    learn: (rateLimit: string, policy = '', tookMs = 0) =>
      pace.learn(new Headers({ ratelimit: rateLimit, 'ratelimit-policy': policy }), nowMs - tookMs),
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

describe('an allowance', () => {
  const allowances = fc.record({
    burst: amount(20),
    perSecond: fc.double({ min: 0.1, max: 50, noNaN: true }),
  });
  const pattern = fc.array(
    fc.record({ passedMs: fc.double({ min: 0, max: 5000, noNaN: true }), tries: fc.nat(30) }),
    { maxLength: 40 },
  );

  test('is never exceeded in any window while no response reports a limit', () => {
    const responses = fc.array(fc.constantFrom('', 'junk', '"default";r=5', 'limit=1, remaining=0, reset=9'));
    fc.assert(
      fc.property(allowances, pattern, responses, (allowance, steps, headers) => {
        const { advance, clock, pace } = start(allowance);
        const sentMs: number[] = [];
        for (const [index, { passedMs, tries }] of steps.entries()) {
          advance(passedMs);
          for (let number = 0; number < tries; number++) if (pace.take() === 0) sentMs.push(clock.now());
          pace.learn(new Headers({ ratelimit: headers[index] ?? '' }));
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

  test.each([
    [1, { burst: 600, perSecond: 2 }],
    [2, { burst: 300, perSecond: 1 }],
    [8, { burst: 75, perSecond: 0.25 }],
    [256, { burst: 75, perSecond: 0.25 }],
  ])('for each of %i shards is %j', (shardCount, allowance) => {
    expect(allowanceFor(shardCount)).toEqual(allowance);
  });

  test('that is undefined limits nothing', () => {
    const { go } = start();
    for (let request = 0; request < 10_000; request++) go();
    expect(go()).toBe(0);
  });
});

const policy = '"default";q=1200;w=300';

describe('once responses report a limit', () => {
  test('it alone decides: all but the last fifteenth of its quota may be sent at once', () => {
    const { go, learn } = start({ burst: 1, perSecond: 0.01 });
    go();
    learn('"default";r=1199;t=300', policy);
    for (let request = 0; request < 1199 - 80; request++) expect(go()).toBe(0);
    expect(go()).toBe(300_000);
  });

  test.each([
    ['"default";r=1000;t=300', '"default";q=1200;w=300', 1000 - 80],
    ['"default";r=100;t=300', 'junk, "default"; w=300; q=1500', 0],
    ['"default";r=101;t=300', '"default";q=1500;w=300', 1],
    ['"default";r=1000;t=300', '"burst";q=1200;w=300', 1000 - 80],
    ['"default";r=1000;t=300', '"burst";q=1200;w=300, "other";q=9;w=1', 1000 - 67],
    ['"default";r=1000;t=300', '"default";q=-1;w=300', 1000 - 67],
    ['"default";r=1000;t=300', '', 1000 - 67],
    ['"burst";r=9;t=300, "default";r=1100;t=300', '"default";q=1200, "burst";q=15', 8],
    ['"default";r=1100;t=300, "burst";r=9;t=300', '"default";q=1200, "burst";q=15', 8],
    ['"default";r=0;t=300', policy, 0],
  ])('%s with the policy "%s" allows %i requests', (header, quotas, allowed) => {
    const { learn, pace } = start();
    learn(header, quotas);
    for (let request = 0; request < allowed; request++) expect(pace.take()).toBe(0);
    expect(pace.take()).toBe(300_000);
  });

  test('the quota is the largest count seen if no policy states it', () => {
    const { advance, learn, pace } = start();
    learn('"default";r=1200;t=300');
    advance(300_000);
    learn('"default";r=81;t=300');
    expect(pace.take()).toBe(0);
    expect(pace.take()).toBe(300_000);
  });

  test.each(['"default";r=0;t=0', `"default";r=0;t=${'9'.repeat(9)}`])(
    'a reset is expected after 1 s at the earliest and an hour at the latest: %s',
    (header) => {
      const { learn, pace } = start();
      learn(header);
      expect(pace.take()).toBe(header.endsWith('t=0') ? 1000 : 3_600_000);
    },
  );

  test('a response without them changes nothing until the reset; then the allowance applies', () => {
    const { advance, clock, go, learn, pace } = start({ burst: 2, perSecond: 1 });
    learn('"default";r=0;t=60');
    learn('');
    expect(go()).toBe(60_000);
    expect(pace.atOnce).toBe(1);
    learn('');
    expect(pace.atOnce).toBe(Number.POSITIVE_INFINITY);
    expect(go()).toBe(60_000);
    expect(go()).toBe(60_000);
    expect(go()).toBe(61_000);
    advance(1000);
    learn('"default";r=80;t=10', policy);
    expect(pace.take()).toBe(10_000);
    expect(clock.now()).toBe(62_000);
  });

  test('only a few of them are kept, however many a service reports', () => {
    const { learn, pace } = start();
    for (let index = 0; index < 8; index++) learn(`"${index}";r=100;t=60`);
    learn('"one too many";r=0;t=60');
    expect(pace.take()).toBe(0);
  });

  test('no header makes a wait negative, infinite or NaN', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyRateLimit, fc.nat(100_000))), (responses) => {
        const { advance, pace } = start();
        for (const [header, passedMs] of responses) {
          const waitMs = pace.take();
          expect(waitMs >= 0 && waitMs < Number.POSITIVE_INFINITY).toBe(true);
          expect(pace.atOnce >= 1).toBe(true);
          pace.learn(new Headers({ ratelimit: header.trim() }));
          advance(passedMs);
        }
      }),
    );
  });
});

describe('the time in which one request is allowed in the long run', () => {
  test('is that of the allowance, and 0 without one', () => {
    expect(start().pace.requestMs).toBe(0);
    expect(start(cloudflareAllowance).pace.requestMs).toBe(500);
  });

  test('is the window divided by what may be used of the quota, once responses report it', () => {
    const { learn, pace } = start(cloudflareAllowance);
    learn('"default";r=50;t=30', '"burst";q=1200;w=300');
    expect(pace.requestMs).toBeCloseTo(300_000 / 1120);
  });

  test('is that of the longest window seen if no policy states it', () => {
    const { advance, learn, pace } = start();
    learn('"default";r=1200;t=300');
    advance(200_000);
    learn('"default";r=600;t=100');
    expect(pace.requestMs).toBeCloseTo(300_000 / 1120);
  });

  test('is never negative, infinite or NaN, whatever the header', () => {
    fc.assert(
      fc.property(anyRateLimit, anyRateLimit, (header, policy) => {
        const { learn, pace } = start();
        learn(header, policy.replace('r=', 'q=').replace('t=', 'w='));
        expect(pace.requestMs).toBeGreaterThanOrEqual(0);
        expect(pace.requestMs).toBeLessThanOrEqual(3_600_000);
      }),
    );
  });
});

describe('responses to requests that were in flight together', () => {
  test('are put in order by their counts', () => {
    const { advance, learn, pace } = start();
    advance(1000);
    learn('"default";r=90;t=100', policy, 100);
    learn('"default";r=95;t=101', policy, 100);
    for (let request = 0; request < 10; request++) expect(pace.take()).toBe(0);
    expect(pace.take()).toBe(100_000);
  });

  test('do not restore the requests that are still in flight', () => {
    const { advance, learn, pace } = start();
    advance(1000);
    learn('"default";r=90;t=100', policy);
    for (let request = 0; request < 10; request++) expect(pace.take()).toBe(0);
    advance(200);
    learn('"default";r=89;t=100', policy, 200);
    learn('"default";r=88;t=99', policy, 201);
    expect(pace.take()).toBe(99_000);
  });

  test('belong to a new window if it ends later', () => {
    const { advance, learn, pace } = start();
    advance(1000);
    learn('"default";r=81;t=1', policy, 100);
    learn('"default";r=1199;t=300', policy, 100);
    for (let request = 0; request < 1000; request++) expect(pace.take()).toBe(0);
  });

  test('do not belong to a new window only because they were slow', () => {
    const { advance, learn, pace } = start();
    learn('"default";r=500;t=300', policy);
    advance(20_000);
    learn('"default";r=80;t=280', policy, 100);
    learn('"default";r=499;t=299', policy, 19_900);
    expect(pace.take()).toBe(280_000);
  });
});

describe('in flight at once', () => {
  /** Answers as many requests as may be in flight, 100 ms after they were sent, and returns how many may be next. */
  function roundTrip({ advance, learn, pace }: ReturnType<typeof start>, left: number) {
    const sent = Math.min(32, pace.atOnce);
    for (let request = 0; request < sent; request++) expect(pace.take()).toBe(0);
    advance(100);
    for (let request = 0; request < sent; request++) learn(`"default";r=${left};t=300`, policy, 100);
    return pace.atOnce;
  }

  test('is a single request until the first response, and without a limit any number from then on', () => {
    const { learn, pace } = start();
    expect(pace.atOnce).toBe(1);
    pace.take();
    expect(pace.atOnce).toBe(1);
    learn('');
    expect(pace.atOnce).toBe(Number.POSITIVE_INFINITY);
  });

  test('is a single request after a refusal, even if no response reports a limit', () => {
    const { pace } = start();
    pace.learn(new Headers());
    expect(pace.atOnce).toBe(Number.POSITIVE_INFINITY);
    pace.hold(1000);
    expect(pace.atOnce).toBe(1);
    pace.learn(new Headers());
    expect(pace.atOnce).toBe(Number.POSITIVE_INFINITY);
  });

  test('are twice as many after each round trip', () => {
    const started = start();
    expect(Array.from({ length: 5 }, () => roundTrip(started, 1199))).toEqual([2, 4, 8, 16, 32]);
  });

  test('are the fewer the fewer are left', () => {
    const started = start();
    for (let trip = 0; trip < 6; trip++) roundTrip(started, 1199);
    expect([1104, 592, 208, 144, 143, 81].map((left) => roundTrip(started, left))).toEqual([
      32, 16, 4, 2, 1, 1,
    ]);
  });

  test('is a single one half a second after the last response, from which they double again', () => {
    const started = start();
    for (let trip = 0; trip < 5; trip++) roundTrip(started, 1199);
    started.advance(500);
    expect(started.pace.atOnce).toBe(32);
    started.advance(1);
    expect(started.pace.atOnce).toBe(1);
    expect([roundTrip(started, 1199), roundTrip(started, 1199)]).toEqual([2, 4]);
  });

  test('is a single one when a new window may have begun', () => {
    const started = start();
    for (let trip = 0; trip < 6; trip++) roundTrip(started, 1199);
    started.learn('"default";r=1000;t=1', policy);
    started.advance(300);
    started.learn('"default";r=990;t=1', policy, 300);
    started.advance(699);
    started.learn('', '', 1);
    expect(started.pace.atOnce).toBe(1);
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
        amount(32),
        (requests, windowSeconds, concurrency) => {
          const { clock, go, pace } = start();
          const limit = new RateLimit({ requests, windowMs: 1000 * windowSeconds, blockMs: 300_000 }, clock);
          const total = 3 * requests;
          for (let request = 0; request < total; ) {
            const inFlight = Math.min(concurrency, pace.atOnce);
            request += inFlight;
            for (let sent = 0; sent < inFlight; sent++) go();
            const responses = Array.from({ length: inFlight }, () => limit.admit());
            for (const { admitted, headers } of responses) {
              if (!admitted) throw new Error(`Request ${request} was refused`);
              pace.learn(new Headers(headers));
            }
          }
          const windows = Math.ceil(total / (requests - Math.ceil(requests / 15)));
          expect(clock.now()).toBeLessThanOrEqual(1000 * windows * windowSeconds);
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

  test('1,000 videos take at most 1.15 of the shortest possible time, without one 429', async () => {
    const windowMs = 30_000;
    await using stage = await Stage.open({
      rateLimit: { requests: 120, windowMs, blockMs: windowMs },
      latencyMs: 100,
    });
    stage.intercept(({ url, pass }) =>
      pass(url.replace('https://api.cloudflare.com/client/v4', stage.stream.apiUrl)),
    );
    const step = await stage.run({
      operation: 'list',
      'video-id': Array.from({ length: 1000 }, () => stage.stream.addVideo(both).uid).join(),
      'api-url': 'https://api.cloudflare.com/client/v4',
    });
    expect(step.exitCode).toBe(0);
    expect(stage.stream.requests).toHaveLength(1000);
    expect(new Set(stage.stream.requests.map(({ status }) => status))).toEqual(new Set([200]));
    expect(step.tookMs).toBeLessThanOrEqual(1.15 * Math.floor(1000 / 120) * windowMs);
  });
});
