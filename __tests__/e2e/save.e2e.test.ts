import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, jest, test } from '@jest/globals';
import { peakMemoryOptions } from '../../local-runner/peak-memory.ts';
import { generatedMedia } from '../../local-stream/library/media.ts';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import { requested, runBuiltAction } from '../harness/built-action.ts';
import { startLocalProxy } from '../harness/local-proxy.ts';
import { sha256, testPattern, testPatternFile } from '../harness/media.ts';
import { openTemporaryFolder } from '../harness/temporary-folder.ts';
import { waitUntil } from '../harness/wait-until.ts';

// The tests of a file run concurrently, each with its own process, which is slow on a busy machine.
jest.setTimeout(30_000);

const both = { default: 'ready', audio: 'ready' } as const;

/** With `drip`, the film takes 5 s: 2 MB, 20 kB every 50 ms. */
const film = { sizeBytes: 2_000_000, seed: 5 };
const drip = { kind: 'drip', bytes: 20_000, everyMs: 50 } as const;

function deliveries({ requests }: LocalStream): LocalStream['requests'] {
  return requests.filter(({ host }) => host === 'delivery');
}

/** The types of the top-level boxes of a media file, which must fill it exactly. */
function boxesOf(bytes: Buffer): string[] {
  const types: string[] = [];
  let at = 0;
  while (at < bytes.byteLength) {
    const size = bytes.readUInt32BE(at);
    types.push(bytes.toString('latin1', at + 4, at + 8));
    if (size < 8) throw new Error(`there is a box of ${size} bytes`);
    at += size;
  }
  expect(at).toBe(bytes.byteLength);
  return types;
}

const hasFfprobe = spawnSync('ffprobe', ['-version']).status === 0;

interface Probed {
  readonly format: { readonly duration: string };
  readonly streams: readonly {
    readonly codec_type: string;
    readonly codec_name: string;
    readonly nb_read_frames: string;
  }[];
}

/** Decodes a file with ffprobe, which must not print a warning, and returns what it found. */
function probe(path: string): Probed {
  const { status, stderr, stdout } = spawnSync(
    'ffprobe',
    ['-v', 'warning', '-count_frames', '-show_format', '-show_streams', '-of', 'json', path],
    { encoding: 'utf8' },
  );
  expect([status, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Probed;
}

describe('the built action', () => {
  test.concurrent.each([false, true])(
    'saves the MP4 and the M4A byte for byte, as valid media files; private video: %s',
    async (requireSignedURLs) => {
      await using stream = await startLocalStream();
      using workspace = openTemporaryFolder();
      using temp = openTemporaryFolder();
      const { uid } = stream.addVideo({ name: 'Über uns', generateMs: 500, requireSignedURLs });
      const { endingMs, exitCode, log, outputs, promptMs } = await runBuiltAction(stream, {
        inputs: {
          'video-id': uid,
          type: 'default audio',
          'save-to': 'videos/',
          filename: '{name}',
          'poll-interval': '1s',
        },
        workspace: workspace.path,
        env: { RUNNER_TEMP: temp.path, RUNNER_DEBUG: '1' },
      });
      expect(log.filter((line) => line.startsWith('::error'))).toEqual([]);
      expect(exitCode).toBe(0);
      // Neither an idle connection nor an open file may keep the process alive.
      expect(endingMs).toBeLessThan(promptMs);
      expect(workspace.entries()).toEqual(['videos', 'videos/Über uns.m4a', 'videos/Über uns.mp4']);

      const records = JSON.parse(outputs['downloads'] ?? '') as { url: string }[];
      for (const [index, [type, file]] of [
        ['default', 'videos/Über uns.mp4'] as const,
        ['audio', 'videos/Über uns.m4a'] as const,
      ].entries()) {
        const bytes = workspace.read(file);
        expect(bytes.equals(testPatternFile(type === 'default' ? 'default.mp4' : 'audio.m4a'))).toBe(true);
        expect(records[index]).toMatchObject({ type, file, size: bytes.byteLength, sha256: sha256(bytes) });
        expect(new URL(records[index]?.url ?? '').searchParams.get('filename')).toBe('Ueber-uns');
        expect(boxesOf(bytes)).toEqual(expect.arrayContaining(['ftyp', 'moov', 'mdat']));
        expect(boxesOf(bytes)[0]).toBe('ftyp');
        // Other users may read it, like any new file.
        expect(statSync(join(workspace.path, file)).mode & 0o444).toBe(0o444);
      }
      expect(outputs).toMatchObject({ file: 'videos/Über uns.mp4', count: '2', failed: '0' });

      const results = outputs['results-file'] ?? '';
      expect(results.startsWith(`${temp.path}/`)).toBe(true);
      expect(JSON.parse(readFileSync(results, 'utf8'))).toEqual({ version: 1, downloads: records });
      expect(temp.entries()).toHaveLength(1);

      expect(deliveries(stream)).toHaveLength(2);
      for (const { headers } of deliveries(stream)) {
        expect(
          Object.keys(headers).filter((name) => /^(authorization|cookie|x-auth-.*)$/.test(name)),
        ).toEqual([]);
      }
      const tokens = deliveries(stream).flatMap(({ path }) => path.split('/')[1]?.split('.').slice(1) ?? []);
      expect(tokens).toHaveLength(requireSignedURLs ? 4 : 0);
      for (const part of tokens) expect(log.join('\n')).not.toContain(part.slice(0, 12));
    },
  );

  (hasFfprobe ? test.concurrent : test.skip)('saves files that ffprobe decodes completely', async () => {
    await using stream = await startLocalStream();
    using workspace = openTemporaryFolder();
    const { uid } = stream.addVideo({ downloads: both });
    // Interrupted twice, so that the saved file consists of three parts.
    stream.faults.add({
      route: 'delivery.get',
      type: 'default',
      fault: { kind: 'cut', bytes: 30_000 },
      times: 2,
    });
    const { exitCode } = await runBuiltAction(stream, {
      inputs: { operation: 'list', 'video-id': uid, 'save-to': '{type}.{ext}' },
      workspace: workspace.path,
    });
    expect(exitCode).toBe(0);
    expect(deliveries(stream)).toHaveLength(4);
    const [video, audio] = ['default.mp4', 'audio.m4a'].map((file) => probe(join(workspace.path, file)));
    expect(Number(video?.format.duration)).toBeCloseTo(6, 0);
    expect(Number(audio?.format.duration)).toBeCloseTo(6, 0);
    expect(video?.streams.map(({ codec_type: type }) => type).toSorted()).toEqual(['audio', 'video']);
    expect(audio?.streams.map(({ codec_type: type }) => type)).toEqual(['audio']);
    for (const { nb_read_frames: frames } of [...(video?.streams ?? []), ...(audio?.streams ?? [])]) {
      expect(Number(frames)).toBeGreaterThan(50);
    }
  });

  test.concurrent('reports a file that is not saved, writes its outputs and leaves no file', async () => {
    await using stream = await startLocalStream();
    using workspace = openTemporaryFolder();
    const { uid } = stream.addVideo({ downloads: both });
    stream.faults.add({
      route: 'delivery.get',
      type: 'default',
      fault: { kind: 'status', status: 403 },
      times: Infinity,
    });
    const { annotations, exitCode, outputs } = await runBuiltAction(stream, {
      inputs: { operation: 'list', 'video-id': uid, 'save-to': 'v/' },
      workspace: workspace.path,
    });
    expect(exitCode).toBe(1);
    expect(annotations).toEqual([expect.stringContaining('Could not save the MP4 download')]);
    expect(outputs).toMatchObject({
      status: 'ready',
      file: '',
      size: '',
      sha256: '',
      count: '2',
      failed: '1',
    });
    expect(workspace.entries()).toEqual(['v', `v/${uid}.m4a`]);
  });

  test.concurrent('saves through the proxy that the environment names, without showing its password', async () => {
    await using stream = await startLocalStream();
    const credentials = { user: 'runner', password: 'p4sswordOfTheProxy' };
    await using proxy = await startLocalProxy({ credentials });
    using workspace = openTemporaryFolder();
    const { uid } = stream.addVideo({ downloads: { default: 'ready' }, requireSignedURLs: true });
    const { annotations, endingMs, exitCode, log, outputs, promptMs } = await runBuiltAction(stream, {
      inputs: { 'video-id': uid, 'save-to': 'a.mp4' },
      workspace: workspace.path,
      env: {
        http_proxy: `http://${credentials.user}:${credentials.password}@${proxy.host}`,
        RUNNER_DEBUG: '1',
      },
    });
    expect(annotations).toEqual([]);
    expect(exitCode).toBe(0);
    expect(endingMs).toBeLessThan(promptMs);
    expect(workspace.read('a.mp4').equals(testPatternFile('default.mp4'))).toBe(true);
    expect(outputs['sha256']).toBe(testPattern.default.sha256);
    const [{ path } = { path: 'none' }] = deliveries(stream);
    expect(proxy.requests.filter((line) => line.includes('/downloads/default.mp4'))).toEqual([
      `GET ${stream.deliveryUrl}${path}`,
    ]);
    // Every request went through the proxy.
    expect(proxy.requests).toHaveLength(stream.requests.length);
    expect(JSON.stringify(stream.requests)).not.toContain('proxy-authorization');
    const shown = log.filter((line) => !line.startsWith('::add-mask::')).join('\n');
    expect(shown).not.toContain(credentials.password);
  });

  test.concurrent('uses far less memory than the size of a large file', async () => {
    await using stream = await startLocalStream();
    using workspace = openTemporaryFolder();
    const large = { sizeBytes: 300_000_000, seed: 8 };
    const { uid } = stream.addVideo({ downloads: { default: 'ready' }, media: { default: large } });
    const { exitCode, log, outputs } = await runBuiltAction(stream, {
      inputs: { 'video-id': uid, 'save-to': 'a.mp4' },
      workspace: workspace.path,
      env: { NODE_OPTIONS: peakMemoryOptions("console.error('peak memory: ' + kilobytes)") },
    });
    expect(exitCode).toBe(0);
    expect(outputs['size']).toBe(String(large.sizeBytes));
    expect(statSync(join(workspace.path, 'a.mp4')).size).toBe(large.sizeBytes);
    const kilobytes = log.map((line) => /^peak memory: (\d+)$/.exec(line)?.[1]).find(Boolean);
    // Half as much in a quiet process; more buffers wait for the garbage collector while the machine is busy.
    expect(Number(kilobytes) * 1024).toBeLessThan(large.sizeBytes / 1.5);
  });
});

describe.each(['SIGINT', 'SIGTERM'] as const)('the built action, on %s during a transfer', (name) => {
  test.concurrent('ends within a second, writes its outputs and leaves no partial file', async () => {
    await using stream = await startLocalStream();
    using workspace = openTemporaryFolder();
    const { uid } = stream.addVideo({ downloads: both, media: { default: film } });
    stream.faults.add({ route: 'delivery.get', type: 'default', fault: drip, times: Infinity });
    const { annotations, endingMs, exitCode, outputs, promptMs } = await runBuiltAction(stream, {
      inputs: { operation: 'list', 'video-id': uid, 'save-to': 'new/{type}.{ext}' },
      workspace: workspace.path,
      signal: { name, when: requested(stream, 'delivery.get').then(() => pause(700)) },
    });
    expect(exitCode).toBe(1);
    expect(endingMs).toBeLessThan(promptMs);
    expect(outputs).toMatchObject({ status: 'ready', file: '', count: '2', failed: '1' });
    expect(JSON.parse(outputs['downloads'] ?? '')).toMatchObject([
      {
        type: 'default',
        error: { message: expect.stringMatching(/cancelled \(SIG.*\); \d+ kB of 2 MB .* were received/) },
      },
      { type: 'audio', file: 'new/audio.m4a', sha256: testPattern.audio.sha256 },
    ]);
    expect(annotations).toHaveLength(1);
    expect(workspace.entries()).toEqual(['new', 'new/audio.m4a']);
  });

  test.concurrent('keeps the complete file of an earlier run', async () => {
    await using stream = await startLocalStream();
    using workspace = openTemporaryFolder();
    const { uid } = stream.addVideo({ downloads: both, media: { default: film } });
    const inputs = { 'video-id': uid, 'save-to': 'a.mp4' };
    await runBuiltAction(stream, { inputs, workspace: workspace.path });
    const whole = sha256(Buffer.concat([...generatedMedia(film).read()]));
    expect(sha256(workspace.read('a.mp4'))).toBe(whole);

    stream.faults.add({ route: 'delivery.get', fault: drip, times: Infinity });
    const before = deliveries(stream).length;
    const started = (async () => {
      await waitUntil(() => deliveries(stream).length > before);
      await pause(300);
    })();
    const { exitCode } = await runBuiltAction(stream, {
      inputs,
      workspace: workspace.path,
      signal: { name, when: started },
    });
    expect(exitCode).toBe(1);
    expect(workspace.entries()).toEqual(['a.mp4']);
    expect(sha256(workspace.read('a.mp4'))).toBe(whole);
  });
});
