/** What must never leave the action in a text. */
export class Secrets {
  readonly #forms = new Set<string>();

  /** Takes a secret in, with the forms in which JSON, a URL or Base64 would hold it. */
  add(secret: string): void {
    if (secret.trim() === '') return;
    for (const value of [secret, secret.trim()]) {
      this.#forms.add(value);
      this.#forms.add(JSON.stringify(value).slice(1, -1));
      this.#forms.add(encodeURIComponent(value.toWellFormed()));
      this.#forms.add(Buffer.from(value).toString('base64'));
    }
  }

  /**
   * The text with `***` in place of every secret, also of the beginning of one that is cut short by an ellipsis,
   * as `oneLine` does it.
   */
  readonly cut = (text: string): string => {
    // The longest first, since one form may hold another.
    const forms = [...this.#forms].sort((a, b) => b.length - a.length);
    return forms.reduce((rest, form) => cutShortened(rest.replaceAll(form, '***'), form), text);
  };
}

/**
 * The text with the token of every signed URL cut to its beginning. Such a token is no secret of the account, and
 * outputs hold it whole; but a log is read by more people than the file is for.
 */
export function cutTokens(text: string): string {
  return text.replace(signedToken, (token) => `${token.slice(0, 5)}…`);
}

/** A JWT, also where it is cut short, or whatever is too long for an id where the id of a video would be in a URL. */
const signedToken =
  /(?:(?<![\w-])|(?<=%[\dA-F]{2}))eyJ[\w-]{8,}(?:\.[\w-]*){0,2}|(?<=\/)[\w.~-]{65,}(?=\/downloads\/)/g;

/** Fewer characters than this tell nothing, and would be found in any text. */
const shortestBeginning = 4;

function cutShortened(text: string, form: string): string {
  const parts = text.split('…');
  const last = parts.pop() ?? '';
  const shortened = parts.map((part) => {
    for (let length = form.length - 1; length >= shortestBeginning; length--) {
      if (part.endsWith(form.slice(0, length))) return `${part.slice(0, -length)}***`;
    }
    return part;
  });
  return [...shortened, last].join('…');
}
