import { describe, expect, jest, test } from '@jest/globals';
import { startLocalGitHub } from '../../local-github/server.ts';
import { startLocalStream } from '../../local-stream/server.ts';
import { runBuiltAction } from '../harness/built-action.ts';
import { nodesOf, parse, tablesIn, tagsIn, visibleText } from '../report/summary/tree.ts';

// The tests of a file run concurrently, each with its own process, which is slow on a busy machine.
jest.setTimeout(30_000);

const hostile = '| <img src=x> [a](javascript:alert(1)) @everyone\n::error::x ```mermaid';

describe('the log and the job summary of the built action', () => {
  test.concurrent('report what was saved, what failed, and where the time went, whatever the titles are', async () => {
    await using stream = await startLocalStream();
    const ready = { downloads: { default: 'ready' } } as const;
    const ids = [
      stream.addVideo({ ...ready, name: hostile }),
      stream.addVideo({ ...ready, name: 'Private', requireSignedURLs: true }),
      stream.addVideo({ name: 'Damaged', errorReasonCode: 'ERR_MALFORMED_VIDEO' }),
      stream.addVideo({ name: 'New', phases: { encodeMs: 50 }, generateMs: 50 }),
    ].map(({ uid }) => uid);
    const { exitCode, log, outputs, summary } = await runBuiltAction(stream, {
      inputs: { 'video-id': ids.join(), 'save-to': 'videos/', 'poll-interval': '1s' },
    });
    expect(exitCode).toBe(1);
    expect(log.filter((line) => /^\s*::(?!add-mask|group|endgroup|error)/.test(line))).toEqual([]);
    expect(log.filter((line) => line.startsWith('::error'))).toHaveLength(1);
    expect(log).toContain('create MP4 of 4 videos, wait until ready, save to videos/; timeout: 30 min');
    expect(log).toContainEqual(
      expect.stringMatching(/^::group::✔ New: MP4 saved, 87\.5 kB \(\d of 4 done\)$/),
    );
    expect(log).toContainEqual(
      expect.stringMatching(/^3 saved to videos\/, 263 kB, 1 failed, in [\d.]+ m?s$/),
    );

    const [table = []] = tablesIn(summary);
    expect(table.map((cells) => cells.slice(1, 4))).toEqual([
      ['Video', 'Type', 'Result'],
      [`${hostile.replace('\n', ' ')}\n${ids[0]}`, 'MP4', '✅\u00a0saved'],
      [`Private\n${ids[1]}`, 'MP4', '✅\u00a0saved'],
      [`Damaged\n${ids[2]}`, 'MP4', '❌ Cloudflare could not encode the video'],
      [`New\n${ids[3]}`, 'MP4', '✅\u00a0saved'],
    ]);
    // The pictures and links of the two public videos alone, and no element that a title names.
    const pictures = tagsIn(summary).filter((tag) => tag.startsWith('<img'));
    expect(pictures).toEqual([ids[0], ids[3]].map((id) => expect.stringContaining(`/${id}/thumbnails/`)));
    expect(nodesOf(parse(summary), 'link').map(visibleText)).toEqual(['Download', 'Download']);
    const tokens = JSON.parse(outputs['downloads'] ?? '')[1].url.match(/eyJ[\w.-]+/g);
    expect(tokens).toHaveLength(1);
    expect(summary).not.toContain(tokens[0].slice(0, 20));
    expect(
      nodesOf(parse(summary), 'code').map(({ lang, value }) => [lang, value?.match(/section/g)]),
    ).toEqual([['mermaid', ['section', 'section', 'section', 'section']]]);
    expect(visibleText(parse(summary))).toMatch(/\d+ requests, 0 retries; waited .* for Cloudflare/);
  });

  test.concurrent('name the release that files were attached to', async () => {
    await using stream = await startLocalStream();
    await using github = await startLocalGitHub();
    github.addRelease({ tag: 'v1' });
    const { uid } = stream.addVideo({ downloads: { default: 'ready' }, name: 'Launch film' });
    const { exitCode, log, summary } = await runBuiltAction(stream, {
      inputs: { 'video-id': uid, 'release-tag': 'v1', 'github-token': github.token },
      env: {
        GITHUB_API_URL: github.apiUrl,
        GITHUB_REPOSITORY: `${github.owner}/${github.repo}`,
      },
    });
    expect(exitCode).toBe(0);
    expect(log.at(-1)).toMatch(/^1 attached to http.*\/releases\/tag\/v1, 87\.5 kB, in /);
    expect(log).toContainEqual(expect.stringMatching(/^"Launch film" \(.{4}…\) · attached http/));
    expect(nodesOf(parse(summary), 'link').map(visibleText)).toEqual(['Download', 'Launch-film.mp4']);
  });

  test.concurrent('say what is wrong with the inputs', async () => {
    await using stream = await startLocalStream();
    const { summary } = await runBuiltAction(stream, { inputs: { 'video-id': 'ä', timeout: 'soon' } });
    expect(visibleText(parse(summary))).toMatch(/An input is wrong.*timeout.*What to do:/s);
  });

  test.concurrent('are the log alone with `summary: false`', async () => {
    await using stream = await startLocalStream();
    const { uid } = stream.addVideo({ downloads: { default: 'ready' } });
    const inputs = { 'video-id': uid, operation: 'list' };
    expect((await runBuiltAction(stream, { inputs: { ...inputs, summary: 'false' } })).summary).toBe('');
    expect((await runBuiltAction(stream, { inputs })).summary).toContain('Stream Downloads');
  });
});
