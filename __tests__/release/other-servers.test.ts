import { describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import type { Fault } from '../../local-github/faults.ts';
import { asset, failureOf, openReleaseBench, tag } from '../harness/release-bench.ts';
import { always } from '../harness/responses.ts';

const entries = v.array(v.record(v.string(), v.unknown()));

/** Removes or replaces fields of one asset, or of each in a list. */
function withFields(fields: Readonly<Record<string, unknown>>): Fault {
  const change = (json: unknown) =>
    v.is(v.record(v.string(), v.unknown()), json) ? { ...json, ...fields } : json;
  const body = (json: unknown) => (v.is(entries, json) ? json.map(change) : change(json));
  return { kind: 'alter', alter: body };
}

describe('a server whose assets', () => {
  test.each([
    ['have no state', { state: undefined }],
    ['have the state null', { state: null }],
    ['have neither state nor digest, as on Gitea', { state: undefined, digest: undefined }],
    ['have a digest of another kind', { digest: 'sha512:00' }],
  ])('%s: files are attached and replaced', async (_, fields) => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'any', fault: withFields(fields), times: always });
    await bench.attach(await bench.file('a.mp4', 'one'));
    expect(bench.assets()).toEqual({ 'a.mp4': 'one' });
    expect(await bench.attach(await bench.file('a.mp4', 'two'))).toMatch(/\/a\.mp4$/);
    expect(bench.assets()).toEqual({ 'a.mp4': 'two' });
    expect(bench.requested().filter((line) => line.startsWith('assets.delete'))).toHaveLength(1);
  });

  test('have no state, but a digest: the same file is kept', async () => {
    await using bench = await openReleaseBench({ releases: [{ assets: [asset('a.mp4', 'same')] }] });
    bench.github.faults.add({ route: 'any', fault: withFields({ state: undefined }), times: always });
    await bench.attach(await bench.file('a.mp4', 'same'));
    expect(bench.requested()).toEqual(['assets.list 200']);
  });

  test('have no digest: only the same size is no certainty', async () => {
    await using bench = await openReleaseBench({ releases: [{ assets: [asset('a.mp4', 'same')] }] });
    bench.github.faults.add({ route: 'any', fault: withFields({ digest: undefined }), times: always });
    await bench.attach(await bench.file('a.mp4', 'same'));
    expect(bench.requested().filter((line) => line.startsWith('assets.upload'))).toHaveLength(1);
  });
});

describe('an uploaded file that is not what was sent', () => {
  const cases = [
    ['another size', { size: 4 }, 'file-incomplete', 'was changed after it had been saved'],
    ['another digest', { digest: `sha256:${'0'.repeat(64)}` }, 'file-incomplete', 'was changed'],
    ['the state “starter”', { state: 'starter' }, 'github-error', 'the state “starter”'],
    ['the state of the API’s schema', { state: 'open' }, 'github-error', 'the state “open”'],
  ] as const;

  test.each(cases)('(%s) is removed, and the message says why', async (_, fields, kind, words) => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'assets.upload', fault: withFields(fields) });
    const failure = await failureOf(bench.attach(await bench.file('a.mp4', 'new')));
    expect(failure.kind).toBe(kind);
    expect(failure.what).toContain(words);
    expect(bench.assets()).toEqual({});
  });

  test.each(cases)(
    '(%s) and cannot be removed is named, with both reasons',
    async (_, fields, kind, words) => {
      await using bench = await openReleaseBench({ releases: [{ assets: [asset('a.mp4', 'old')] }] });
      bench.github.faults.add({ route: 'assets.upload', fault: withFields(fields) });
      const refusal = { kind: 'status', status: 403, body: { message: 'No' } } as const;
      bench.github.faults.add({ route: 'assets.delete', fault: refusal });
      const failure = await failureOf(bench.attach(await bench.file('a.mp4', 'new')));
      const [left = ''] = Object.keys(bench.assets()).filter((name) => name.endsWith('.part'));
      expect(failure.kind).toBe(kind);
      expect(failure.what).toContain(words);
      expect(failure.what).toContain(`The asset ${left} is left in the release: Could not delete`);
    },
  );
});

describe('a list of assets', () => {
  const adding = (...odd: unknown[]): Fault => ({
    kind: 'alter',
    alter: (json) => [...odd, ...v.parse(entries, json)],
  });

  test.each([{}, null, 7, 'text', { assets: [] }])('that is %j fails', async (list) => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'assets.list', fault: { kind: 'alter', alter: () => list } });
    const failure = await failureOf(bench.attach(await bench.file('a.mp4')));
    expect(failure.kind).toBe('github-error');
    expect(failure.what).toContain('not what GitHub documents');
  });

  test.each([null, {}, { id: 1 }, { name: 'b.mp4' }, { id: 0, name: 'b.mp4' }, { id: '1', name: 'b.mp4' }])(
    'with an entry that may have any name or cannot be addressed, such as %j, fails',
    async (entry) => {
      await using bench = await openReleaseBench();
      bench.github.faults.add({ route: 'assets.list', fault: adding(entry) });
      expect((await failureOf(bench.attach(await bench.file('a.mp4')))).kind).toBe('github-error');
      // The next one lists them again.
      await bench.attach(await bench.file('a.mp4'));
      expect(Object.keys(bench.assets())).toEqual(['a.mp4']);
    },
  );

  test('with an odd entry of another name is used', async () => {
    await using bench = await openReleaseBench({ releases: [{ assets: [asset('a.mp4', 'same')] }] });
    bench.github.faults.add({ route: 'assets.list', fault: adding({ id: 1, name: 'b.mp4', size: 'big' }) });
    await bench.attach(await bench.file('a.mp4', 'same'));
    expect(bench.requested()).toEqual(['assets.list 200']);
  });

  test('whose entry of the name is odd has it replaced', async () => {
    await using bench = await openReleaseBench({ releases: [{ assets: [asset('a.mp4', 'same')] }] });
    const odd = { size: null, digest: 7, state: {}, browser_download_url: 'javascript:alert(1)' };
    bench.github.faults.add({ route: 'assets.list', fault: withFields(odd) });
    expect(await bench.attach(await bench.file('a.mp4', 'same'))).toMatch(/^http.*\/a\.mp4$/);
    expect(bench.assets()).toEqual({ 'a.mp4': 'same' });
  });

  test.each(['javascript:alert(1)', 'https://user:password@example.com/a.mp4', null])(
    'whose entry for the same file has the URL %j fails, without showing it',
    async (url) => {
      await using bench = await openReleaseBench({ releases: [{ assets: [asset('a.mp4', 'same')] }] });
      bench.github.faults.add({ route: 'assets.list', fault: withFields({ browser_download_url: url }) });
      const failure = await failureOf(bench.attach(await bench.file('a.mp4', 'same')));
      expect(failure.kind).toBe('github-error');
      expect(failure.message).not.toContain(`${url}`);
    },
  );
});

describe('a release', () => {
  test.each([null, {}, [], { id: 1 }, 'text'])('that is %j fails', async (body) => {
    await using bench = await openReleaseBench();
    bench.github.faults.add({ route: 'releases.by-tag', fault: { kind: 'alter', alter: () => body } });
    const failure = await failureOf(bench.find());
    expect(failure.kind).toBe('github-error');
    expect(failure.what).toContain('not what GitHub documents');
  });

  test('accepts uploads at its own path only', async () => {
    await using bench = await openReleaseBench();
    const { id, upload_url: url } = bench.github.release(tag) ?? { id: 0, upload_url: '' };
    const other = url.replace(`/${id}/`, `/${id + 1}/`);
    bench.github.faults.add({ route: 'releases.by-tag', fault: withFields({ upload_url: other }) });
    expect((await failureOf(bench.find())).kind).toBe('github-refused');
  });

  test('is found beside odd entries of the list', async () => {
    await using bench = await openReleaseBench({ releases: [{ draft: true }] });
    const odd = [null, 7, {}, { draft: true }, { tag_name: tag }, { draft: 'true', tag_name: tag, id: -1 }];
    bench.github.faults.add({
      route: 'releases.list',
      fault: { kind: 'alter', alter: (json) => [...odd, ...v.parse(entries, json)] },
    });
    expect((await bench.find()).tag).toBe(tag);
  });

  test('whose own entry of the list is odd fails', async () => {
    await using bench = await openReleaseBench({ releases: [{ draft: true }] });
    bench.github.faults.add({ route: 'releases.list', fault: withFields({ id: -1 }) });
    const failure = await failureOf(bench.find());
    expect(failure).toMatchObject({ kind: 'github-error', what: expect.stringContaining('the field id') });
  });

  test.each([{}, null, 'text', { releases: [] }])('in a list that is %j fails', async (list) => {
    await using bench = await openReleaseBench({ releases: [{ draft: true }] });
    bench.github.faults.add({ route: 'releases.list', fault: { kind: 'alter', alter: () => list } });
    expect((await failureOf(bench.find())).kind).toBe('github-error');
  });
});

test('a notice of deprecation is a debug line, redacted', async () => {
  await using bench = await openReleaseBench();
  const { token } = bench.github;
  bench.github.faults.add({
    route: 'any',
    fault: {
      kind: 'headers',
      headers: {
        deprecation: '@1',
        sunset: `soon ${token}`,
        link: '<https://x.example/why>; rel="deprecation"',
      },
    },
    times: always,
  });
  await bench.attach(await bench.file('a.mp4'));
  const notices = bench.debugLines.filter((line) => line.includes('deprecated'));
  expect(notices).toHaveLength(3);
  for (const notice of notices) {
    expect(notice).toContain('soon ***. See https://x.example/why');
    expect(notice).not.toContain('\n');
  }
  expect([...bench.debugLines, ...bench.logged].join('\n')).not.toContain(token);
});
