import { shardNumber } from './index.js';
const maxVideos = 500;
const maxBytes = 8e9;
const maxShards = 256;
const bytesPerSecond = 1e6;
const tooLarge =
	'256 shards, the most that a matrix can have, are not enough: some would have more than 500 videos or about 8 GB. Split the library: run the workflow for a part of it at a time, with `created-after` and `created-before`.';
function estimatedBytes({ duration, sizeBytes }) {
	const uploadBytes = sizeBytes || Number.POSITIVE_INFINITY;
	const bytes = Math.min(
		uploadBytes,
		duration === null ? Number.POSITIVE_INFINITY : duration * bytesPerSecond,
	);
	return Number.isFinite(bytes) ? bytes : 0;
}
class MatrixSizer {
	#count = 0;
	#numbers = new Uint32Array(1024);
	#bytes = new Float64Array(1024);
	add(videoId, video) {
		if (this.#count === this.#numbers.length) {
			this.#numbers = grown(this.#numbers, new Uint32Array(2 * this.#count));
			this.#bytes = grown(this.#bytes, new Float64Array(2 * this.#count));
		}
		this.#numbers[this.#count] = shardNumber(videoId);
		this.#bytes[this.#count] = video ? estimatedBytes(video) : 0;
		this.#count++;
	}
	matrix() {
		const totalBytes = this.#bytes.reduce((sum, bytes) => sum + Math.min(bytes, maxBytes), 0);
		let shards = Math.max(1, Math.ceil(this.#count / maxVideos));
		shards = Math.max(shards, Math.ceil(totalBytes / (2 * maxBytes)));
		while (shards < maxShards && !this.#fits(shards)) shards++;
		shards = Math.min(shards, maxShards);
		return {
			matrix: toMatrix(this.#load(shards).videos),
			warning: this.#fits(shards) ? undefined : tooLarge,
		};
	}
	#fits(shards) {
		const { bytes, largest, videos } = this.#load(shards);
		return videos.every((amount, index) => {
			const largestBytes = largest[index] ?? 0;
			const counted = (bytes[index] ?? 0) - (largestBytes > maxBytes ? largestBytes : 0);
			return amount <= maxVideos && counted <= maxBytes;
		});
	}
	#load(shards) {
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
function toMatrix(videosOfShards) {
	const count = videosOfShards.length;
	const include = Array.from(videosOfShards, (videos, index) => {
		const number = index + 1;
		return { shard: `${number}/${count}`, name: `${number}-of-${count}`, videos };
	});
	return { include: include.filter(({ videos }) => videos > 0) };
}
function grown(from, to) {
	to.set(from);
	return to;
}
export { MatrixSizer, estimatedBytes };
