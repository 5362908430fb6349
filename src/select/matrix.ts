import type { ListedVideo } from '../stream/video-details.ts';
import { shardNumber } from './shard.ts';

/** The most videos of a shard. */
const maxVideos = 500;

/** The most bytes of a shard, which leaves room on the disk of a hosted runner. */
const maxBytes = 8e9;

/** The most jobs that GitHub creates from a matrix. */
const maxShards = 256;

/** More than Cloudflare's MP4 files have per second of video. */
const bytesPerSecond = 1e6;

/** The value of `strategy.matrix` for one job per shard. */
export interface Matrix {
  readonly include: readonly {
    /** The input `shard`: `1/8`. */
    readonly shard: string;
    /** The shard as a part of a file name: `1-of-8`. */
    readonly name: string;
    /** How many videos it has. */
    readonly videos: number;
  }[];
}

export interface SizedMatrix {
  readonly matrix: Matrix;
  /** What to do if even the most shards that there can be are not enough; undefined if they are. */
  readonly warning: string | undefined;
}

const tooLarge =
  '256 shards, the most that a matrix can have, are not enough: some would have more than 500 videos or about 8 GB. Split the library: run the workflow for a part of it at a time, with `created-after` and `created-before`.';

/** What a video's size is estimated from. */
type SizedVideo = Pick<ListedVideo, 'duration' | 'sizeBytes'>;

/** The estimated size of a video's downloads, in bytes: at most that of its upload; 0 if nothing is known. */
export function estimatedBytes({ duration, sizeBytes }: SizedVideo): number {
  // The size of a recording is given as 0.
  const uploadBytes = sizeBytes || Number.POSITIVE_INFINITY;
  const bytes = Math.min(
    uploadBytes,
    duration === null ? Number.POSITIVE_INFINITY : duration * bytesPerSecond,
  );
  return Number.isFinite(bytes) ? bytes : 0;
}

/** Finds out into how many shards videos must be split. It takes 12 to 24 bytes of memory per video. */
export class MatrixSizer {
  #count = 0;
  #numbers = new Uint32Array(1024);
  #bytes = new Float64Array(1024);

  /**
   * Adds a video, which must not have been added before.
   *
   * @param video undefined if nothing is known of it
   */
  add(videoId: string, video: SizedVideo | undefined): void {
    if (this.#count === this.#numbers.length) {
      this.#numbers = grown(this.#numbers, new Uint32Array(2 * this.#count));
      this.#bytes = grown(this.#bytes, new Float64Array(2 * this.#count));
    }
    this.#numbers[this.#count] = shardNumber(videoId);
    this.#bytes[this.#count] = video ? estimatedBytes(video) : 0;
    this.#count++;
  }

  /** The matrix with the fewest shards of which none is too full. Shards without videos are left out. */
  matrix(): SizedMatrix {
    const totalBytes = this.#bytes.reduce((sum, bytes) => sum + Math.min(bytes, maxBytes), 0);
    let shards = Math.max(1, Math.ceil(this.#count / maxVideos));
    // One video over the limit may be left out of each shard's sum.
    shards = Math.max(shards, Math.ceil(totalBytes / (2 * maxBytes)));
    while (shards < maxShards && !this.#fits(shards)) shards++;
    shards = Math.min(shards, maxShards);
    return {
      matrix: toMatrix(this.#load(shards).videos),
      warning: this.#fits(shards) ? undefined : tooLarge,
    };
  }

  /**
   * Whether no shard is too full. Of the videos over the limit of bytes, one in each shard is left out of the sum: no
   * number of shards makes it smaller, and it must not force small ones into many.
   */
  #fits(shards: number): boolean {
    const { bytes, largest, videos } = this.#load(shards);
    return videos.every((amount, index) => {
      const largestBytes = largest[index] ?? 0;
      const counted = (bytes[index] ?? 0) - (largestBytes > maxBytes ? largestBytes : 0);
      return amount <= maxVideos && counted <= maxBytes;
    });
  }

  #load(shards: number) {
    const videos = new Uint32Array(shards);
    const bytes = new Float64Array(shards);
    const largest = new Float64Array(shards);
    for (let video = 0; video < this.#count; video++) {
      const index = (this.#numbers[video] ?? 0) % shards;
      const size = this.#bytes[video] ?? 0;
      videos[index] = (videos[index] ?? 0) + 1;
      bytes[index] = (bytes[index] ?? 0) + size;
      largest[index] = Math.max(largest[index] ?? 0, size);
    }
    return { videos, bytes, largest };
  }
}

function toMatrix(videosOfShards: Uint32Array): Matrix {
  const count = videosOfShards.length;
  const include = Array.from(videosOfShards, (videos, index) => {
    const number = index + 1;
    return { shard: `${number}/${count}`, name: `${number}-of-${count}`, videos };
  });
  return { include: include.filter(({ videos }) => videos > 0) };
}

/** Copies an array to the start of a larger one. */
function grown<Numbers extends Uint32Array | Float64Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}
