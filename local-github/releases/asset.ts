import { createHash } from 'node:crypto';

/** Uploads up to this size are kept in memory and can be downloaded. */
export const keptBytes = 8 * 2 ** 20;

/** An asset that exists from the start, or that another job adds. */
export interface AssetOptions {
  /** Used unchanged, unlike the name of an upload. */
  readonly name: string;
  /** Kept in memory regardless of the size. Defaults to a line of text. */
  readonly bytes?: Uint8Array | string;
  readonly label?: string;
  /** Defaults to `application/octet-stream`. */
  readonly contentType?: string;
  /** Defaults to the digest of the bytes; null as for assets uploaded before GitHub had digests (June 2025). */
  readonly digest?: string | null;
  /** `starter` for the remains of an incomplete upload. Defaults to `uploaded`. */
  readonly state?: AssetState;
}

/** The states that GitHub reports; its schema has "open" in place of "starter". */
export type AssetState = 'uploaded' | 'starter';

/** The properties of an asset before its bytes have arrived. */
export interface AssetStart {
  readonly id: number;
  readonly name: string;
  readonly label: string | null;
  readonly contentType: string;
  readonly nowMs: number;
}

/** A file of a release. It is a `starter` until all its bytes have arrived. */
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

  /** `sha256:` and 64 hexadecimal digits; null for a starter and for assets older than digests. */
  get digest(): string | null {
    return this.#digest;
  }

  /** The content, if it was small enough to be kept. */
  get bytes(): Uint8Array | undefined {
    return this.#bytes;
  }

  /** Completes an upload. */
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

  /** Changes the name or the label. */
  change(changes: { readonly name?: string; readonly label?: string | null }, nowMs: number): void {
    if (changes.name !== undefined) this.#name = changes.name;
    if (changes.label !== undefined) this.#label = changes.label;
    this.#updatedMs = nowMs;
  }
}

/** Creates an asset without an upload. */
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
