import { describe, expect, test } from '@jest/globals';
import type { Fault } from '../../local-github/faults.ts';
import { asset, failureOf, openReleaseBench, type ReleaseBench } from '../harness/release-bench.ts';
import { always } from '../harness/responses.ts';

/** A list that announces a next page, whatever it holds. */
const endless = (alter: (json: unknown) => unknown = (json) => json): Fault => ({
  kind: 'alter',
  alter,
  headers: { link: '<http://127.0.0.1/repos/somebody/else/releases?page=2>; rel="next"' },
});

/** The pages of a list that never ends, with other entries each time. */
function endlessPages(count: number, entry: (id: number) => object) {
  let id = 1_000_000;
  return endless(() => Array.from({ length: count }, () => entry(id++)));
}

const otherAsset = (id: number) => ({ id, name: `${id}.mp4`, size: 1 });
const otherRelease = (id: number) => ({ id, tag_name: `other-${id}`, draft: true });

const listed = ({ github }: ReleaseBench, route: string) =>
  github.requests.filter((request) => request.route === route);

describe('a list without an end', () => {
  test('of assets fails after 10 pages, the 1,000 assets that a release can have', async () => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'assets.list', fault: endlessPages(100, otherAsset), times: always });
    const failure = await failureOf(bench.attach(await bench.file('a.mp4')));
    expect(failure.kind).toBe('github-error');
    expect(failure.what).toContain('more than the 1,000');
    expect(listed(bench, 'assets.list')).toHaveLength(10);
  });

  test('of releases fails after 100 pages', async () => {
    await using bench = await openReleaseBench({ releases: [] });
    bench.github.faults.add({ route: 'releases.list', fault: endlessPages(3, otherRelease), times: always });
    const failure = await failureOf(bench.find());
    expect(failure.kind).toBe('release-not-found');
    expect(failure.what).toContain('among the newest 10000');
    expect(listed(bench, 'releases.list')).toHaveLength(100);
  });

  test.each<[string, unknown[]]>([
    ['that repeats its entries', [otherAsset(1)]],
    ['of empty pages', []],
  ])('%s fails at the first page without a new entry', async (_, entries) => {
    await using bench = await openReleaseBench({ releases: [{}] });
    bench.github.faults.add({ route: 'assets.list', fault: endless(() => entries), times: always });
    const failure = await failureOf(bench.attach(await bench.file('a.mp4')));
    expect(failure.kind).toBe('github-error');
    expect(failure.what).toMatch(/page \d of the list has no new entry/);
    expect(listed(bench, 'assets.list')).toHaveLength(entries.length + 1);
  });

  test.each<[string, unknown[]]>([
    ['that repeats its entries', [otherRelease(1)]],
    ['of odd entries', [null, 7]],
  ])('of releases %s fails at the first page without a new one', async (_, entries) => {
    await using bench = await openReleaseBench({ releases: [] });
    bench.github.faults.add({ route: 'releases.list', fault: endless(() => entries), times: always });
    expect((await failureOf(bench.find())).what).toMatch(/has no new entry/);
  });
});

describe('a list that ends', () => {
  test('may have 1,000 assets', async () => {
    const others = Array.from({ length: 999 }, (_, number) => asset(`${number}.mp4`, 'x'));
    await using bench = await openReleaseBench({
      releases: [{ assets: [...others, asset('a.mp4', 'same')] }],
    });
    await bench.attach(await bench.file('a.mp4', 'same'));
    expect(bench.requested()).toEqual(Array(10).fill('assets.list 200'));
  });

  test('may have an empty last page', async () => {
    await using bench = await openReleaseBench({ releases: [{ assets: [asset('b.mp4', 'x')] }] });
    bench.github.faults.add({ route: 'assets.list', fault: endless() });
    await bench.attach(await bench.file('a.mp4', 'new'));
    expect(bench.assets()).toEqual({ 'a.mp4': 'new', 'b.mp4': 'x' });
  });
});

test('no link decides the path of a request, only whether there is one', async () => {
  await using bench = await openReleaseBench({ releases: [{ assets: [asset('b.mp4', 'x')] }] });
  bench.github.faults.add({ route: 'assets.list', fault: endless() });
  await bench.attach(await bench.file('a.mp4', 'new'));
  const [first, second] = listed(bench, 'assets.list');
  expect(second?.path).toBe(first?.path);
  expect([first?.query, second?.query]).toEqual([{ per_page: '100' }, { per_page: '100', page: '2' }]);
});

test.each([
  ['https://127.0.0.1/x', '127.0.0.1'],
  ['http://example.com/x', 'example.com'],
  ['http://user@127.0.0.1/x', '127.0.0.1'],
  ['http://[', 'an invalid URL'],
])('a list that continues at %s is refused', async (next, where) => {
  await using bench = await openReleaseBench({ releases: [] });
  bench.github.faults.add({
    route: 'releases.list',
    fault: { kind: 'headers', headers: { link: `<${next}>; rel="next"` } },
  });
  const failure = await failureOf(bench.find());
  expect(failure.kind).toBe('github-refused');
  expect(failure.what).toContain(`continues at ${where}`);
  expect(listed(bench, 'releases.list')).toHaveLength(1);
});
