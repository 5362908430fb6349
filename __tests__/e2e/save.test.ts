import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, jest, test } from '@jest/globals';
import { generatedMedia } from '../../local-stream/library/media.ts';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';
import { requested, runOnStream } from '../harness/action-on-stream.ts';
import { startLocalProxy } from '../harness/local-proxy.ts';
import { sha256, testPatternFiles } from '../harness/saving-step.ts';

// Processes are started side by side, which takes its time on a busy machine.
jest.setTimeout(30_000);

const both = { default: 'ready', audio: 'ready' } as const;

/** A film that takes 5 s: 2 MB, of which 20 kB come every 50 ms. */
const film = { sizeBytes: 2_000_000, seed: 5 };
const drip = { kind: 'drip', bytes: 20_000, everyMs: 50 } as const;

/** A workspace that is gone afterwards. */
function openWorkspace() {
  const folder = mkdtempSync(join(tmpdir(), 'workspace-'));
  return {
    folder,
    /** All that is in it, hidden files among it. */
    entries: () => readdirSync(folder, { recursive: true }).map(String).toSorted(),
    read: (file: string) => readFileSync(join(folder, file)),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function deliveries({ requests }: LocalStream): LocalStream['requests'] {
  return requests.filter(({ host }) => host === 'delivery');
}

/** The types of the boxes that a media file consists of, once they are found to fill it exactly. */
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

/** Tells at the end how much memory a process took at most, in kB. */
const tellMemory = `process.on('exit', () => console.error('most memory: ' + process.resourceUsage().maxRSS))`;

const hasFfprobe = spawnSync('ffprobe', ['-version']).status === 0;

interface Probed {
  readonly format: { readonly duration: string };
  readonly streams: readonly {
    readonly codec_type: string;
    readonly codec_name: string;
    readonly nb_read_frames: string;
  }[];
}

/** What ffprobe finds in a file once it has decoded all of it without a word. */
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
    'saves the MP4 and the M4A byte for byte, and they play; private video: %s',
    async (requireSignedURLs) => {
      await using stream = await startLocalStream();
      using workspace = openWorkspace();
      using temp = openWorkspace();
      const { uid } = stream.addVideo({ name: 'Über uns', generateMs: 500, requireSignedURLs });
      const { endingMs, exitCode, log, outputs } = await runOnStream(stream, {
        inputs: { 'video-id': uid, type: 'default audio', 'save-to': 'videos/', filename: '{name}' },
        workspace: workspace.folder,
        env: { RUNNER_TEMP: temp.folder, RUNNER_DEBUG: '1' },
      });
      expect(log.filter((line) => line.startsWith('::error'))).toEqual([]);
      expect(exitCode).toBe(0);
      // Neither a kept connection nor a file that is still open may hold it.
      expect(endingMs).toBeLessThan(1000);
      expect(workspace.entries()).toEqual(['videos', 'videos/Über uns.m4a', 'videos/Über uns.mp4']);

      const records = JSON.parse(outputs['downloads'] ?? '') as { url: string }[];
      for (const [index, [type, file]] of [
        ['default', 'videos/Über uns.mp4'] as const,
        ['audio', 'videos/Über uns.m4a'] as const,
      ].entries()) {
        const bytes = workspace.read(file);
        expect(bytes.equals(testPatternFiles[type])).toBe(true);
        expect(records[index]).toMatchObject({ type, file, size: bytes.byteLength, sha256: sha256(bytes) });
        expect(new URL(records[index]?.url ?? '').searchParams.get('filename')).toBe('Ueber-uns');
        expect(boxesOf(bytes)).toEqual(expect.arrayContaining(['ftyp', 'moov', 'mdat']));
        expect(boxesOf(bytes)[0]).toBe('ftyp');
        // Later steps and other users may read it, as any file that a step makes.
        expect(statSync(join(workspace.folder, file)).mode & 0o444).toBe(0o444);
      }
      expect(outputs).toMatchObject({ file: 'videos/Über uns.mp4', count: '2', failed: '0' });

      const results = outputs['results-file'] ?? '';
      expect(results.startsWith(`${temp.folder}/`)).toBe(true);
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

  (hasFfprobe ? test.concurrent : test.skip)('saves files that ffprobe decodes to their end', async () => {
    await using stream = await startLocalStream();
    using workspace = openWorkspace();
    const { uid } = stream.addVideo({ downloads: both });
    // Cut twice, so that what is saved is put together of three parts.
    stream.faults.add({
      route: 'delivery.get',
      type: 'default',
      fault: { kind: 'cut', bytes: 30_000 },
      times: 2,
    });
    const { exitCode } = await runOnStream(stream, {
      inputs: { operation: 'list', 'video-id': uid, 'save-to': '{type}.{ext}' },
      workspace: workspace.folder,
    });
    expect(exitCode).toBe(0);
    expect(deliveries(stream)).toHaveLength(4);
    const [video, audio] = ['default.mp4', 'audio.m4a'].map((file) => probe(join(workspace.folder, file)));
    expect(Number(video?.format.duration)).toBeCloseTo(6, 0);
    expect(Number(audio?.format.duration)).toBeCloseTo(6, 0);
    expect(video?.streams.map(({ codec_type: type }) => type).toSorted()).toEqual(['audio', 'video']);
    expect(audio?.streams.map(({ codec_type: type }) => type)).toEqual(['audio']);
    for (const { nb_read_frames: frames } of [...(video?.streams ?? []), ...(audio?.streams ?? [])]) {
      expect(Number(frames)).toBeGreaterThan(50);
    }
  });

  test.concurrent('tells how a file that is not saved failed, writes its outputs and leaves no file', async () => {
    await using stream = await startLocalStream();
    using workspace = openWorkspace();
    const { uid } = stream.addVideo({ downloads: both });
    stream.faults.add({
      route: 'delivery.get',
      type: 'default',
      fault: { kind: 'status', status: 403 },
      times: Infinity,
    });
    const { annotations, exitCode, outputs } = await runOnStream(stream, {
      inputs: { operation: 'list', 'video-id': uid, 'save-to': 'v/' },
      workspace: workspace.folder,
    });
    expect(exitCode).toBe(1);
    expect(annotations).toEqual([expect.stringContaining('Could not save the default download')]);
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

  test.concurrent('fetches the file through the proxy that the environment names, with no word of a password', async () => {
    await using stream = await startLocalStream();
    const credentials = { user: 'runner', password: 'p4sswordOfTheProxy' };
    await using proxy = await startLocalProxy({ credentials });
    using workspace = openWorkspace();
    const { uid } = stream.addVideo({ downloads: { default: 'ready' }, requireSignedURLs: true });
    const { annotations, endingMs, exitCode, log, outputs } = await runOnStream(stream, {
      inputs: { 'video-id': uid, 'save-to': 'a.mp4' },
      workspace: workspace.folder,
      env: {
        http_proxy: `http://${credentials.user}:${credentials.password}@${proxy.host}`,
        RUNNER_DEBUG: '1',
      },
    });
    expect(annotations).toEqual([]);
    expect(exitCode).toBe(0);
    expect(endingMs).toBeLessThan(1000);
    expect(workspace.read('a.mp4').equals(testPatternFiles.default)).toBe(true);
    expect(outputs['sha256']).toBe(sha256(testPatternFiles.default));
    const [{ path } = { path: 'none' }] = deliveries(stream);
    expect(proxy.requests.filter((line) => line.includes('/downloads/default.mp4'))).toEqual([
      `GET ${stream.deliveryUrl}${path}`,
    ]);
    // Whatever went out went through the proxy.
    expect(proxy.requests).toHaveLength(stream.requests.length);
    expect(JSON.stringify(stream.requests)).not.toContain('proxy-authorization');
    const shown = log.filter((line) => !line.startsWith('::add-mask::')).join('\n');
    expect(shown).not.toContain(credentials.password);
  });

  test.concurrent('takes far less memory than a large file has bytes', async () => {
    await using stream = await startLocalStream();
    using workspace = openWorkspace();
    const large = { sizeBytes: 300_000_000, seed: 8 };
    const { uid } = stream.addVideo({ downloads: { default: 'ready' }, media: { default: large } });
    const { exitCode, log, outputs } = await runOnStream(stream, {
      inputs: { 'video-id': uid, 'save-to': 'a.mp4' },
      workspace: workspace.folder,
      env: { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(tellMemory)}` },
    });
    expect(exitCode).toBe(0);
    expect(outputs['size']).toBe(String(large.sizeBytes));
    expect(statSync(join(workspace.folder, 'a.mp4')).size).toBe(large.sizeBytes);
    const kilobytes = log.map((line) => /^most memory: (\d+)$/.exec(line)?.[1]).find(Boolean);
    expect(Number(kilobytes) * 1024).toBeLessThan(large.sizeBytes / 1.5);
  });
});

describe.each(['SIGINT', 'SIGTERM'] as const)('the built action, on %s in the midst of saving', (name) => {
  test.concurrent('ends within a second, writes its outputs and leaves no part of a file', async () => {
    await using stream = await startLocalStream();
    using workspace = openWorkspace();
    const { uid } = stream.addVideo({ downloads: both, media: { default: film } });
    stream.faults.add({ route: 'delivery.get', type: 'default', fault: drip, times: Infinity });
    const { annotations, endingMs, exitCode, outputs } = await runOnStream(stream, {
      inputs: { operation: 'list', 'video-id': uid, 'save-to': 'new/{type}.{ext}' },
      workspace: workspace.folder,
      signal: { name, when: requested(stream, 'delivery.get').then(() => pause(700)) },
    });
    expect(exitCode).toBe(1);
    expect(endingMs).toBeLessThan(1000);
    expect(outputs).toMatchObject({ status: 'ready', file: '', count: '2', failed: '1' });
    expect(JSON.parse(outputs['downloads'] ?? '')).toMatchObject([
      {
        type: 'default',
        error: { message: expect.stringMatching(/cancelled \(SIG.*\); \d+ kB of 2 MB .* had come/) },
      },
      { type: 'audio', file: 'new/audio.m4a', sha256: sha256(testPatternFiles.audio) },
    ]);
    expect(annotations).toHaveLength(1);
    expect(workspace.entries()).toEqual(['new', 'new/audio.m4a']);
  });

  test.concurrent('keeps the file of an earlier run as it was', async () => {
    await using stream = await startLocalStream();
    using workspace = openWorkspace();
    const { uid } = stream.addVideo({ downloads: both, media: { default: film } });
    const inputs = { 'video-id': uid, 'save-to': 'a.mp4' };
    await runOnStream(stream, { inputs, workspace: workspace.folder });
    const whole = sha256(Buffer.concat([...generatedMedia(film).read()]));
    expect(sha256(workspace.read('a.mp4'))).toBe(whole);

    stream.faults.add({ route: 'delivery.get', fault: drip, times: Infinity });
    const before = deliveries(stream).length;
    const begun = (async () => {
      while (deliveries(stream).length === before) await pause(10, undefined, { ref: false });
      await pause(300);
    })();
    const { exitCode } = await runOnStream(stream, {
      inputs,
      workspace: workspace.folder,
      signal: { name, when: begun },
    });
    expect(exitCode).toBe(1);
    expect(workspace.entries()).toEqual(['a.mp4']);
    expect(sha256(workspace.read('a.mp4'))).toBe(whole);
  });
});
