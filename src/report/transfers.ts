import { aboutLeft, count, formatBytes } from '../core/text.ts';

/** The shortest time over which a speed is measured, in ms. */
const measuredMs = 3000;

/** How many files a line names. */
const maxNamed = 3;

/** The width of a bar in characters. */
const barWidth = 16;

/** The transfers in progress, described for the log. */
export class Transfers {
  readonly #now: () => number;
  readonly #active = new Set<Transfer>();

  /** @param now in ms, on a scale that only grows */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param label names the file in the log */
  start(label: string): Transfer {
    const transfer = startTransfer(label, this.#now());
    this.#active.add(transfer);
    return transfer;
  }

  /** @returns whether others are still in progress */
  end(transfer: Transfer): boolean {
    this.#active.delete(transfer);
    return this.#active.size > 0;
  }

  /** How much longer those in progress will take at their current speeds; undefined if that is not known of any. */
  remainingMs(): number | undefined {
    const known = [...this.#active].flatMap((transfer) => transfer.remainingMs(this.#now()) ?? []);
    return known.length > 0 ? Math.max(...known) : undefined;
  }

  /** All of them in one line. */
  describe(): string {
    const named = [...this.#active].slice(0, maxNamed).map((transfer) => transfer.describe(this.#now()));
    const more = this.#active.size - named.length;
    return `saving ${[...named, ...(more > 0 ? [count(more, 'more file')] : [])].join('; ')}`;
  }
}

/** One transfer in progress. */
export type Transfer = ReturnType<typeof startTransfer>;

function startTransfer(label: string, startMs: number) {
  let received = 0;
  let total: number | undefined;
  /** When the measurement of the speed started, and how many bytes there were. */
  let since = { atMs: startMs, bytes: 0 };
  let measured: number | undefined;

  function bytesPerMs(nowMs: number): number {
    const elapsedMs = nowMs - since.atMs;
    // A transfer that started again has fewer bytes than before.
    const speed = elapsedMs > 0 ? Math.max(0, received - since.bytes) / elapsedMs : 0;
    if (elapsedMs < measuredMs) return measured ?? speed;
    since = { atMs: nowMs, bytes: received };
    measured = speed;
    return speed;
  }

  function remainingMs(nowMs: number): number | undefined {
    const speed = bytesPerMs(nowMs);
    return total !== undefined && speed > 0 ? (total - received) / speed : undefined;
  }

  return {
    remainingMs,
    progress(receivedBytes: number, totalBytes: number | undefined): void {
      received = receivedBytes;
      total = totalBytes;
    },
    /** `VIDEO default: ███████░░░░░░░░░ 45 %, 45 MB of 100 MB, 4.5 MB/s, about 12 s left`. */
    describe(nowMs: number): string {
      const speed = bytesPerMs(nowMs);
      const perSecond = speed > 0 ? `, ${formatBytes(speed * 1000)}/s` : '';
      if (total === undefined) return `${label}: ${formatBytes(received)}${perSecond}`;
      const share = total > 0 ? Math.min(1, received / total) : 0;
      const left = aboutLeft(remainingMs(nowMs));
      const amount = `${formatBytes(received)} of ${formatBytes(total)}`;
      return `${label}: ${bar(share)} ${Math.floor(share * 100)} %, ${amount}${perSecond}${left}`;
    },
  };
}

function bar(share: number): string {
  const full = Math.floor(share * barWidth);
  return '█'.repeat(full) + '░'.repeat(barWidth - full);
}
