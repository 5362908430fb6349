/** Removes secrets from text for people. */
export class Redaction {
  /** The longest first, since one form may contain another. */
  #forms: readonly string[] = [];

  /** Adds a secret in the forms in which plain text, JSON, a URL or Base64 would contain it. */
  add(secret: string): void {
    if (secret.trim() === '') return;
    const forms = [secret, secret.trim()].flatMap((value) => [
      value,
      JSON.stringify(value).slice(1, -1),
      encodeURIComponent(value.toWellFormed()),
      Buffer.from(value).toString('base64'),
    ]);
    this.#forms = [...new Set([...this.#forms, ...forms])].toSorted((a, b) => b.length - a.length);
  }

  /** The text with `***` in place of every secret, and with the tokens of signed URLs shortened. */
  readonly redact = (text: string): string => shortenTokens(this.redactSecrets(text));

  /** The text with `***` in place of every secret. */
  readonly redactSecrets = (text: string): string =>
    this.#forms.reduce((rest, form) => rest.replaceAll(form, '***'), text);
}

/**
 * Shortens the token of every signed URL. Such a token is no secret of the account, and outputs contain it whole, but a
 * log can be read by people who should not have the file.
 */
export function shortenTokens(text: string): string {
  return text.replace(signedToken, (token) => `${token.slice(0, 5)}…`);
}

/** A JWT, even a truncated one, or anything too long for an ID in the place of the video's ID in a URL. */
const signedToken =
  /(?:(?<![\w-])|(?<=%[\dA-F]{2}))eyJ[\w-]{8,}(?:\.[\w-]*){0,2}|(?<=\/)[\w.~-]{65,}(?=\/downloads\/)/g;
