import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MatrixSizer, type SizedMatrix } from '../src/select/matrix.ts';

/** The ID of a video of a made-up library: 32 hex characters, the same in every run. */
function videoId(number: number): string {
  return createHash('md5').update(String(number)).digest('hex');
}

/** How a library is split into shards. */
export function split(videos: number, bytesPerVideo: number): SizedMatrix {
  const sizer = new MatrixSizer();
  for (let number = 0; number < videos; number++) {
    sizer.add(videoId(number), { duration: null, sizeBytes: bytesPerVideo });
  }
  return sizer.matrix();
}

/** The most videos, in hundreds, for which the most shards that a matrix can have are enough. */
export function mostVideos(bytesPerVideo: number): number {
  let [enough, tooMany] = [0, 2000];
  while (tooMany - enough > 1) {
    const middle = (enough + tooMany) >> 1;
    if (split(100 * middle, bytesPerVideo).warning === undefined) enough = middle;
    else tooMany = middle;
  }
  return 100 * enough;
}

/**
 * Writes results files as runs have written them that saved the videos, one for each 5,000 of them.
 *
 * @returns their size in bytes
 */
export function writeResults(folder: string, videos: number): number {
  const videosPerFile = 5000;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  let sizeBytes = 0;
  for (let first = 0; first < videos; first += videosPerFile) {
    const records = Array.from({ length: Math.min(videosPerFile, videos - first) }, (_, index) => {
      const number = first + index;
      const id = videoId(number);
      return JSON.stringify({
        videoId: id,
        type: 'default',
        status: 'ready',
        percentComplete: 100,
        url: `https://customer-0123456789abcdef.cloudflarestream.com/${id}/downloads/default.mp4`,
        name: `Video ${number}`,
        file: `videos/Video ${number}-${id}.mp4`,
        size: 200_000_000,
        sha256: id + id,
      });
    });
    const text = `{"version": 1, "downloads": [\n${records.join(',\n')}\n]}\n`;
    writeFileSync(join(folder, `${first}.json`), text);
    sizeBytes += text.length;
  }
  return sizeBytes;
}
