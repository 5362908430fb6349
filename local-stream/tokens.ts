import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto';
import { decodeJwt, errors, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../local-http/clock.ts';

/** The claims of a signed token. */
export interface TokenClaims {
  /** The ID of the video that it gives access to. */
  readonly uid: string;
  /** Whether it gives access to the video's downloads too. */
  readonly downloadable: boolean;
  /** Valid from then on, in seconds since the epoch. */
  readonly nbf: number;
  /** No longer valid from then on, in seconds since the epoch. */
  readonly exp: number;
}

const algorithm = 'RS256';
const firstKeyNumber = 4;

/**
 * Signs and verifies the tokens that give access to private videos.
 * Follows https://developers.cloudflare.com/stream/viewing-videos/securing-your-stream/
 */
export class Tokens {
  readonly #clock: Clock;
  #keyNumber = firstKeyNumber;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Signs a token as a JWT. */
  async sign({ uid, downloadable, nbf, exp }: TokenClaims): Promise<string> {
    const { privateKey } = keyPair();
    const keyId = this.#keyId;
    return new SignJWT({ sub: uid, kid: keyId, nbf, exp, downloadable })
      .setProtectedHeader({ alg: algorithm, kid: keyId })
      .sign(privateKey);
  }

  /** Returns the claims of a token that was signed here, is not revoked, and is valid now; else `undefined`. */
  async verify(token: string): Promise<TokenClaims | undefined> {
    const { publicKey } = keyPair();
    try {
      const { payload, protectedHeader } = await jwtVerify(token, publicKey, {
        algorithms: [algorithm],
        currentDate: new Date(this.#clock.now()),
      });
      if (protectedHeader.kid !== this.#keyId) return undefined;
      const { sub, nbf, exp, downloadable } = payload;
      if (sub === undefined || nbf === undefined || exp === undefined) return undefined;
      return { uid: sub, downloadable: downloadable === true, nbf, exp };
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  /** Invalidates all tokens signed so far. */
  revoke(): void {
    // A new key ID suffices, as the signature covers it, and it spares generating another key pair.
    this.#keyNumber += 1;
  }

  /** Returns the subject of a token, valid or not; `undefined` if it cannot be decoded. */
  subjectOf(token: string): string | undefined {
    try {
      return decodeJwt(token).sub;
    } catch {
      return undefined;
    }
  }

  get #keyId(): string {
    return `10ca157ea${this.#keyNumber.toString(16).padStart(23, '0')}`;
  }
}

let keys: KeyPairKeyObjectResult | undefined;

/**
 * One key pair per process, generated on first use, as it takes a good part of a second. Synchronously, so that the
 * event loop does not turn meanwhile: to a client's timer of milliseconds the server is not silent.
 */
function keyPair(): KeyPairKeyObjectResult {
  keys ??= generateKeyPairSync('rsa', { modulusLength: 2048 });
  return keys;
}
