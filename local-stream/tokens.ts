import { decodeJwt, errors, type GenerateKeyPairResult, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import type { Clock } from './clock.ts';

/** What a signed token allows. */
export interface TokenClaims {
  /** The id of the one video that it opens. */
  readonly uid: string;
  /** Whether it opens the video's downloads too. */
  readonly downloadable: boolean;
  /** Not before this instant, in seconds since the epoch. */
  readonly nbf: number;
  /** Not from this instant on, in seconds since the epoch. */
  readonly exp: number;
}

const algorithm = 'RS256';
const firstKeyNumber = 4;

/**
 * Signs the tokens that open private videos, and checks those that come back.
 * Follows https://developers.cloudflare.com/stream/viewing-videos/securing-your-stream/
 */
export class Tokens {
  readonly #clock: Clock;
  #keys: Promise<GenerateKeyPairResult> | undefined;
  #keyNumber = firstKeyNumber;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Signs a token in the form of a JWT. */
  async sign({ uid, downloadable, nbf, exp }: TokenClaims): Promise<string> {
    const { privateKey } = await this.#keyPair();
    const keyId = this.#keyId;
    return new SignJWT({ sub: uid, kid: keyId, nbf, exp, downloadable })
      .setProtectedHeader({ alg: algorithm, kid: keyId })
      .sign(privateKey);
  }

  /** The claims of a token that was signed here, was not revoked, and is valid now; `undefined` for any other. */
  async verify(token: string): Promise<TokenClaims | undefined> {
    const { publicKey } = await this.#keyPair();
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

  /** Makes all tokens that were signed so far invalid. */
  revoke(): void {
    // Another id is as good as another key: a signature vouches for it too, and there is no new pair to wait for.
    this.#keyNumber += 1;
  }

  /** The id that a token names, be the token valid or not; `undefined` where it is none. */
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

  /** Made at the first need: a new RSA pair takes a good part of a second. */
  #keyPair(): Promise<GenerateKeyPairResult> {
    this.#keys ??= generateKeyPair(algorithm);
    return this.#keys;
  }
}
