import { aboutLeft, count, formatBytes } from '../core/text.ts';

/** The shortest time over which a speed is measured, in ms. */
const measuredMs = 3000;

/** After how many measurements with new bytes the speed says something about the rest of the file. */
const steadyMeasurements = 2;

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

  /** The one that will take longest at its speed, of those that have received bytes for a while. */
  slowest(): { readonly label: string; readonly remainingMs: number } | undefined {
    const nowMs = this.#now();
    const known = [...this.#active].flatMap(({ isSteady, label, remainingMs }) => {
      const ms = isSteady() ? remainingMs(nowMs) : undefined;
      return ms === undefined ? [] : [{ label, remainingMs: ms }];
    });
    return known.toSorted((a, b) => b.remainingMs - a.remainingMs)[0];
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
  /** How many measurements in a row found new bytes. */
  let steady = 0;

  function bytesPerMs(nowMs: number): number {
    const elapsedMs = nowMs - since.atMs;
    // A transfer that started again has fewer bytes than before.
    const speed = elapsedMs > 0 ? Math.max(0, received - since.bytes) / elapsedMs : 0;
    if (elapsedMs < measuredMs) return measured ?? speed;
    since = { atMs: nowMs, bytes: received };
    measured = speed;
    steady = speed > 0 ? steady + 1 : 0;
    return speed;
  }

  function remainingMs(nowMs: number): number | undefined {
    const speed = bytesPerMs(nowMs);
    return total !== undefined && speed > 0 ? (total - received) / speed : undefined;
  }

  return {
    label,
    remainingMs,
    isSteady: () => steady >= steadyMeasurements,
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
