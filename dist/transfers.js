import { count, formatBytes, aboutLeft } from './index.js';
const measuredMs = 3e3;
const steadyMeasurements = 2;
const maxNamed = 3;
const barWidth = 16;
class Transfers {
	#now;
	#active = new Set();
	constructor(now) {
		this.#now = now;
	}
	start(label) {
		const transfer = startTransfer(label, this.#now());
		this.#active.add(transfer);
		return transfer;
	}
	end(transfer) {
		this.#active.delete(transfer);
		return this.#active.size > 0;
	}
	slowest() {
		const nowMs = this.#now();
		const known = [...this.#active].flatMap(({ isSteady, label, remainingMs }) => {
			const ms = isSteady() ? remainingMs(nowMs) : undefined;
			return ms === undefined ? [] : [{ label, remainingMs: ms }];
		});
		return known.toSorted((a, b) => b.remainingMs - a.remainingMs)[0];
	}
	describe() {
		const named = [...this.#active].slice(0, maxNamed).map((transfer) => transfer.describe(this.#now()));
		const more = this.#active.size - named.length;
		return `saving ${[...named, ...(more > 0 ? [count(more, 'more file')] : [])].join('; ')}`;
	}
}
function startTransfer(label, startMs) {
	let received = 0;
	let total;
	let since = { atMs: startMs, bytes: 0 };
	let measured;
	let steady = 0;
	function bytesPerMs(nowMs) {
		const elapsedMs = nowMs - since.atMs;
		const speed = elapsedMs > 0 ? Math.max(0, received - since.bytes) / elapsedMs : 0;
		if (elapsedMs < measuredMs) return measured ?? speed;
		since = { atMs: nowMs, bytes: received };
		measured = speed;
		steady = speed > 0 ? steady + 1 : 0;
		return speed;
	}
	function remainingMs(nowMs) {
		const speed = bytesPerMs(nowMs);
		return total !== undefined && speed > 0 ? (total - received) / speed : undefined;
	}
	return {
		label,
		remainingMs,
		isSteady: () => steady >= steadyMeasurements,
		progress(receivedBytes, totalBytes) {
			received = receivedBytes;
			total = totalBytes;
		},
		describe(nowMs) {
			const speed = bytesPerMs(nowMs);
			const perSecond = speed > 0 ? `, ${formatBytes(speed * 1e3)}/s` : '';
			if (total === undefined) return `${label}: ${formatBytes(received)}${perSecond}`;
			const share = total > 0 ? Math.min(1, received / total) : 0;
			const left = aboutLeft(remainingMs(nowMs));
			const amount = `${formatBytes(received)} of ${formatBytes(total)}`;
			return `${label}: ${bar(share)} ${Math.floor(share * 100)} %, ${amount}${perSecond}${left}`;
		},
	};
}
function bar(share) {
	const full = Math.floor(share * barWidth);
	return '\u2588'.repeat(full) + '\u2591'.repeat(barWidth - full);
}
export { Transfers };
