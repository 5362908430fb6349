import { aboutLeft, count, formatBytes } from '../core/text.ts';

/** Over how long a speed is measured at least, in ms. */
const measuredMs = 3000;

/** How many files a line names. */
const namedAtMost = 3;

/** How wide a bar is, in characters. */
const barWidth = 16;

/** The files in transfer, as a person reads of them. */
export class Transfers {
  readonly #now: () => number;
  readonly #going = new Set<ShownTransfer>();

  /** @param now in ms, on a scale that only ever grows */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param label what the file is */
  begin(label: string): ShownTransfer {
    const transfer = new ShownTransfer(label, this.#now());
    this.#going.add(transfer);
    return transfer;
  }

  /** @returns whether others are still going */
  end(transfer: ShownTransfer): boolean {
    this.#going.delete(transfer);
    return this.#going.size > 0;
  }

  /** All of them in one line. */
  line(): string {
    const named = [...this.#going].slice(0, namedAtMost).map((transfer) => transfer.text(this.#now()));
    const more = this.#going.size - named.length;
    return `saving ${named.join('; ')}${more > 0 ? `; ${count(more, 'more file')}` : ''}`;
  }

  /** Each with a bar, in a line of its own. */
  bars(): string {
    return [...this.#going].map((transfer) => `${transfer.bar()} ${transfer.text(this.#now())}`).join('\n');
  }
}

/** One file in transfer. */
export class ShownTransfer {
  readonly #label: string;
  #haveBytes = 0;
  #totalBytes: number | undefined;
  /** Since when the speed is measured, and from where. */
  #since: { readonly atMs: number; readonly bytes: number };
  #bytesPerMs: number | undefined;

  constructor(label: string, nowMs: number) {
    this.#label = label;
    this.#since = { atMs: nowMs, bytes: 0 };
  }

  readonly progress = (haveBytes: number, totalBytes: number | undefined): void => {
    this.#haveBytes = haveBytes;
    this.#totalBytes = totalBytes;
  };

  /** `VIDEO default: 45 MB of 100 MB, 45 %, 4.5 MB/s, about 12 s left`. */
  text(nowMs: number): string {
    const bytesPerMs = this.#measure(nowMs);
    const [have, total] = [this.#haveBytes, this.#totalBytes];
    const speed = bytesPerMs > 0 ? `, ${formatBytes(bytesPerMs * 1000)}/s` : '';
    if (total === undefined) return `${this.#label}: ${formatBytes(have)}${speed}`;
    const left = bytesPerMs > 0 ? aboutLeft((total - have) / bytesPerMs) : '';
    const percent = Math.floor(this.#fraction * 100);
    return `${this.#label}: ${formatBytes(have)} of ${formatBytes(total)}, ${percent} %${speed}${left}`;
  }

  bar(): string {
    const full = Math.floor(this.#fraction * barWidth);
    return '█'.repeat(full) + '░'.repeat(barWidth - full);
  }

  get #fraction(): number {
    return this.#totalBytes ? Math.min(1, this.#haveBytes / this.#totalBytes) : 0;
  }

  #measure(nowMs: number): number {
    const { atMs, bytes } = this.#since;
    const passedMs = nowMs - atMs;
    // A file that was begun anew is behind where it was.
    const bytesPerMs = passedMs > 0 ? Math.max(0, this.#haveBytes - bytes) / passedMs : 0;
    if (passedMs < measuredMs) return this.#bytesPerMs ?? bytesPerMs;
    this.#since = { atMs: nowMs, bytes: this.#haveBytes };
    this.#bytesPerMs = bytesPerMs;
    return bytesPerMs;
  }
}
