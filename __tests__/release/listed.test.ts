import { describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import type { Fault } from '../../local-github/faults.ts';
import { failureOf, openReleaseBench, type ReleaseBench, tag } from '../harness/release-bench.ts';
import { always } from '../harness/responses.ts';

const draft = { draft: true };
const others = (count: number) => Array.from({ length: count }, (_, number) => ({ tag: `other-${number}` }));
const list = v.array(v.looseObject({ id: v.number(), tag_name: v.string() }));

/** Changes what is listed. */
function listing(alter: (listed: v.InferOutput<typeof list>) => unknown, more: Partial<Fault> = {}): Fault {
  return { kind: 'alter', alter: (json) => alter(v.parse(list, json)), ...more } as Fault;
}

function requests({ github }: ReleaseBench): string[] {
  return github.requests.map(({ route }) => route);
}

describe('a tag without a release', () => {
  test.each([
    ['1', 'v1'],
    ['V1', 'v1'],
    ['release-v1', 'v1'],
    ['v1.0-beta', 'v1.0-bta'],
  ])('leads to the near one, without a further request: %s → %s', async (wanted, listed) => {
    await using bench = await openReleaseBench({ releases: [{ tag: 'other' }, { tag: listed }] });
    const failure = await failureOf(bench.find({ tag: wanted }));
    expect(failure.kind).toBe('release-not-found');
    expect(failure.what).toBe(
      `There is no release ${wanted} in local-owner/local-repo: did you mean ${listed}?`,
    );
    expect(failure.message).toContain(`did you mean ${listed}? `);
    expect(requests(bench)).toEqual(['releases.by-tag', 'releases.list']);
  });

  test('leads to a near one on any page', async () => {
    await using bench = await openReleaseBench({ releases: [{}, ...others(120)] });
    expect((await failureOf(bench.find({ tag: 'V1' }))).what).toContain('did you mean v1?');
    expect(requests(bench)).toEqual(['releases.by-tag', 'releases.list', 'releases.list']);
  });

  test('leads to a draft only for a token that sees it', async () => {
    await using bench = await openReleaseBench({ releases: [draft] });
    expect((await failureOf(bench.find({ tag: '1' }))).what).toContain('did you mean v1?');
    const reader = { token: bench.github.readOnlyToken };
    expect((await failureOf(bench.find({ tag: '1' }, reader))).what).not.toContain('did you mean');
  });

  test('leads to no other version', async () => {
    await using bench = await openReleaseBench({ releases: [{ tag: 'v1.2.3' }] });
    expect((await failureOf(bench.find({ tag: 'v1.2.4' }))).what).not.toContain('did you mean');
  });

  test('leads to a near one among the newest 10,000', async () => {
    await using bench = await openReleaseBench({ releases: [] });
    let id = 1;
    const endless = listing(() => [{ id: id++, tag_name: 'v1', draft: false }], {
      headers: { link: '<http://127.0.0.1/releases?page=2>; rel="next"' },
    });
    bench.github.faults.add({ route: 'releases.list', fault: endless, times: always });
    expect((await failureOf(bench.find({ tag: '1' }))).what).toMatch(/among the newest 10000 .*mean v1\?$/);
  });

  test.each([
    ['with control characters', 'V\u202e1\n', 'V1'],
    ['of a million letters', `v1${'x'.repeat(1_000_000)}`, undefined],
  ])('is not shown a tag %s as it is', async (_, listed, shown) => {
    await using bench = await openReleaseBench({ releases: [{ tag: 'other' }] });
    const fault = listing(([first]) => [{ ...first, tag_name: listed }]);
    bench.github.faults.add({ route: 'releases.list', fault });
    const { what } = await failureOf(bench.find());
    const question = shown === undefined ? '' : `: did you mean ${shown}?`;
    expect(what).toBe(`There is no release v1 in local-owner/local-repo${question}`);
  });
});

describe('drafts of one tag', () => {
  test.each([
    ['next to each other', [draft, draft], 0],
    ['among others', [draft, { tag: 'v2' }, draft], 0],
    ['on different pages', [draft, ...others(150), draft], 1],
  ])('%s are named, and nothing is chosen', async (_, releases, furtherPages) => {
    await using bench = await openReleaseBench({ releases: [] });
    const added = releases.map((release) => bench.github.addRelease({ tag, ...release }));
    const failure = await failureOf(bench.find());
    expect(failure.kind).toBe('release-ambiguous');
    expect(failure.what).toMatch(
      /^There are 2 drafts of the tag v1 in local-owner\/local-repo, with the IDs /,
    );
    for (const { draft: isDraft, html_url: url, id } of added) {
      if (isDraft) expect(failure.what).toContain(`${id} (${url})`);
      else expect(failure.what).not.toContain(url);
    }
    expect(failure.message).toContain('release-tag: auto');
    expect(requests(bench)).toEqual([
      'releases.by-tag',
      ...Array<string>(1 + furtherPages).fill('releases.list'),
    ]);
  });

  test('are counted if there are many', async () => {
    await using bench = await openReleaseBench({ releases: Array(8).fill(draft) });
    const { what } = await failureOf(bench.find());
    expect(what).toMatch(/^There are 8 drafts/);
    expect(what).toMatch(/, 3 more$/);
  });

  test('are named by their IDs if their URLs cannot be shown', async () => {
    await using bench = await openReleaseBench({ releases: [draft, draft] });
    const urls = [`http://127.0.0.1/${'x'.repeat(600)}`, 'http://user:password@127.0.0.1/'];
    const fault = listing((listed) => listed.map((one, index) => ({ ...one, html_url: urls[index] })));
    bench.github.faults.add({ route: 'releases.list', fault });
    expect((await failureOf(bench.find())).what).toMatch(/with the IDs \d+, \d+$/);
  });

  test('are one if the list moved on between two pages', async () => {
    await using bench = await openReleaseBench({ releases: [...others(99), draft] });
    bench.github.faults.add({
      route: 'releases.list',
      fault: {
        kind: 'headers',
        headers: { link: '<http://127.0.0.1/releases?page=2>; rel="next"' },
      },
    });
    const first = bench.github.release(tag);
    bench.github.faults.add({ route: 'releases.list', fault: { kind: 'alter', alter: () => [first] } });
    expect((await bench.find()).tag).toBe(tag);
    expect(requests(bench)).toEqual(['releases.by-tag', 'releases.list', 'releases.list']);
  });

  test('give way to a release that is published meanwhile', async () => {
    await using bench = await openReleaseBench({ releases: [draft, {}, draft] });
    const fault = { kind: 'status', status: 404, body: { message: 'Not Found' } } as const;
    bench.github.faults.add({ route: 'releases.by-tag', fault });
    const release = await bench.find();
    expect(release).toMatchObject({ tag, isDraft: false });
    await bench.attach(await bench.file('a.mp4'), release);
    expect(bench.assets()).toEqual({ 'a.mp4': 'content of a.mp4' });
  });

  test('are told apart by the ID in an event', async () => {
    await using bench = await openReleaseBench({ releases: [] });
    const [first, second] = [1, 2].map(() => bench.github.addRelease({ tag, draft: true }));
    for (const release of [first, second]) {
      const found = await bench.find({ tag, ...(release && { id: release.id }) });
      await bench.attach(await bench.file('a.mp4'), found);
      expect(bench.sent.at(-1)?.url).toContain(`/releases/${release?.id}/assets?`);
    }
  });

  test('may be followed by more releases than GitHub lists', async () => {
    await using bench = await openReleaseBench({ releases: [draft] });
    let id = 1_000_000;
    const endless = listing((listed) => [...listed, { id: id++, tag_name: 'other', draft: false }], {
      headers: { link: '<http://127.0.0.1/releases?page=2>; rel="next"' },
    });
    bench.github.faults.add({ route: 'releases.list', fault: endless, times: always });
    expect((await bench.find()).tag).toBe(tag);
    expect(requests(bench).filter((route) => route === 'releases.list')).toHaveLength(100);
  });
});
