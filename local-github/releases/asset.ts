import { createHash } from 'node:crypto';

/** Bodies up to this size are kept, to be downloaded again. */
export const keptBytes = 8 * 2 ** 20;

/** An asset that is there from the start, or that another job adds. */
export interface AssetOptions {
  /** As it is: it is not changed as an upload's would be. */
  readonly name: string;
  /** Some by default. They are kept, however many there are. */
  readonly bytes?: Uint8Array | string;
  readonly label?: string;
  /** `application/octet-stream` by default. */
  readonly contentType?: string;
  /** That of the bytes by default; null as for assets from before GitHub had digests (June 2025). */
  readonly digest?: string | null;
  /** `starter` for what is left of an upload that broke. */
  readonly state?: AssetState;
}

/** What the real one says, though the schema has "open" in place of "starter". */
export type AssetState = 'uploaded' | 'starter';

/** What an asset starts with. */
export interface AssetStart {
  readonly id: number;
  readonly name: string;
  readonly label: string | null;
  readonly contentType: string;
  readonly nowMs: number;
}

/** A file of a release. Until its bytes have come it is a `starter`, and so it stays if they never do. */
export class Asset {
  readonly id: number;
  readonly contentType: string;
  readonly createdMs: number;
  #name: string;
  #label: string | null;
  #updatedMs: number;
  #state: AssetState = 'starter';
  #sizeBytes = 0;
  #digest: string | null = null;
  #bytes: Uint8Array | undefined;
  /** How often it was downloaded. */
  downloads = 0;

  constructor({ id, name, label, contentType, nowMs }: AssetStart) {
    this.id = id;
    this.contentType = contentType;
    this.createdMs = nowMs;
    this.#name = name;
    this.#label = label;
    this.#updatedMs = nowMs;
  }

  get name(): string {
    return this.#name;
  }

  get label(): string | null {
    return this.#label;
  }

  get updatedMs(): number {
    return this.#updatedMs;
  }

  get state(): AssetState {
    return this.#state;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** `sha256:` and 64 digits, or null as long as it is a starter and for assets from before there were digests. */
  get digest(): string | null {
    return this.#digest;
  }

  /** Its content, if it is small enough to have been kept. */
  get bytes(): Uint8Array | undefined {
    return this.#bytes;
  }

  /** Its bytes have come. */
  complete(
    content: { readonly sizeBytes: number; readonly digest: string | null; readonly bytes?: Uint8Array },
    nowMs: number,
  ): void {
    this.#state = 'uploaded';
    this.#sizeBytes = content.sizeBytes;
    this.#digest = content.digest;
    this.#bytes = content.bytes;
    this.#updatedMs = nowMs;
  }

  /** Gives it another name or label. */
  change(to: { readonly name?: string; readonly label?: string | null }, nowMs: number): void {
    if (to.name !== undefined) this.#name = to.name;
    if (to.label !== undefined) this.#label = to.label;
    this.#updatedMs = nowMs;
  }
}

/** Makes an asset that did not come by an upload. */
export function assetFrom(options: AssetOptions, id: number, nowMs: number): Asset {
  const { name, label = null, contentType = 'application/octet-stream', state = 'uploaded' } = options;
  const asset = new Asset({ id, name, label, contentType, nowMs });
  if (state === 'starter') return asset;
  const { bytes: content = `content of ${name}\n` } = options;
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const { digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}` } = options;
  asset.complete({ sizeBytes: bytes.byteLength, digest, bytes }, nowMs);
  return asset;
}
