import { count, oneLine } from '../core/text.ts';

/** Nobody reads longer text, and it would overflow the stack of the pattern below; in UTF-16 units. */
const maxLength = 1_000_000;

/** The shortest secret that counts as exposed; tokens of Cloudflare and GitHub have 37 characters and more. */
const minExposedLength = 20;

/** The shortest token that is shortened: a shorter one can be part of any word. */
const minTokenLength = 8;

/** Removes secrets from text for people. */
export class Redaction {
  /** The longest first, since one form may contain another. */
  #forms: readonly string[] = [];
  readonly #tokens = new Set<string>();

  /** Adds a secret in the forms in which plain text, JSON, a URL or Base64 would contain it. */
  add(secret: string): void {
    if (secret.trim() === '') return;
    // Text from a service is put on one line as it enters the action, and with it a secret that it contains.
    const forms = [secret, secret.trim(), oneLine(secret)]
      .filter(Boolean)
      .flatMap((value) => [
        value,
        JSON.stringify(value).slice(1, -1),
        encodeURIComponent(value.toWellFormed()),
        encodeURIComponent(value.toWellFormed()).replace(/%../g, (code) => code.toLowerCase()),
        Buffer.from(value).toString('base64'),
      ]);
    this.#forms = [...new Set([...this.#forms, ...forms])].toSorted((a, b) => b.length - a.length);
  }

  /** Whether a fact contains a secret, as plain text or as a URL would. Shorter secrets may be in it by chance. */
  exposes(fact: string): boolean {
    const texts = [fact, percentDecoded(fact), withoutJoiners(fact)];
    const forms = this.#forms.filter(({ length }) => length >= minExposedLength);
    return forms.some((form) => texts.some((text) => text.includes(form)));
  }

  /** Adds the token of a signed URL, which is shortened from now on even if it does not look like one. */
  addToken(token: string): void {
    if (token.length >= minTokenLength && shortenTokens(token) === token) this.#tokens.add(token);
  }

  /** The text with `***` in place of every secret, and with the tokens of signed URLs shortened. */
  readonly redact = (text: string): string => {
    if (text.length > maxLength) return `(${count(text.length, 'character')})`;
    const plain = withoutJoiners(text);
    const hidesSecret = plain !== text && this.#forms.some((form) => plain.includes(form));
    const withoutForms = this.#forms.reduce(
      (rest, form) => rest.replaceAll(form, '***'),
      hidesSecret ? plain : text,
    );
    const withoutSecrets = /%[2-7]/.test(withoutForms)
      ? this.#forms.reduce(withoutEncoded, withoutForms)
      : withoutForms;
    return [...this.#tokens].reduce(
      (rest, token) => rest.replaceAll(token, shortened(token)),
      shortenTokens(withoutSecrets),
    );
  };
}

/**
 * Shortens the token of every signed URL. Such a token is no secret of the account, and outputs contain it whole, but a
 * log can be read by people who should not have the file.
 */
export function shortenTokens(text: string): string {
  return text.replace(signedToken, shortened);
}

/** The text with each `%XX` of an ASCII character decoded. */
function percentDecoded(text: string): string {
  return text.replace(/%([2-7][\da-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The text with `***` in place of a secret of which any ASCII character is written as `%XX`. */
function withoutEncoded(text: string, secret: string): string {
  const decoded = percentDecoded(text);
  if (!decoded.includes(secret)) return text;
  // Where each character of the decoded text begins in the text.
  const starts = Array.from(text.matchAll(/%[2-7][\da-f]|./gis), ({ index }) => index);
  let [rest, from] = ['', 0];
  for (let at = decoded.indexOf(secret); at >= 0; at = decoded.indexOf(secret, at + secret.length)) {
    rest += `${text.slice(from, starts[at])}***`;
    from = starts[at + secret.length] ?? text.length;
  }
  return rest + text.slice(from);
}

/** Text without the joiners that some scripts need, and that nobody sees between letters. */
function withoutJoiners(text: string): string {
  return text.replace(/[\u200c\u200d]/g, '');
}

function shortened(token: string): string {
  return `${token.slice(0, 5)}…`;
}

/** A JWT, even a truncated one, or anything too long for an ID in the place of the video's ID in a URL. */
const signedToken =
  /(?:(?<![\w-])|(?<=%[\dA-F]{2}))eyJ[\w-]{8,}(?:\.[\w-]*){0,2}|(?<=\/)[\w.~-]{65,}(?=\/(?:downloads|thumbnails)\/)/g;
