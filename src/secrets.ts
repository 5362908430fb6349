/** What must never leave the action in a text. */
export class Secrets {
  readonly #forms = new Set<string>();

  /** Takes a secret in, with the forms in which JSON, a URL or Basic credentials would hold it. */
  add(secret: string): void {
    if (secret.trim() === '') return;
    for (const value of [secret, secret.trim()]) {
      this.#forms.add(value);
      this.#forms.add(JSON.stringify(value).slice(1, -1));
      this.#forms.add(encodeURIComponent(value.toWellFormed()));
      this.#forms.add(Buffer.from(value).toString('base64'));
    }
  }

  /** The text with `***` in place of every secret. */
  readonly cut = (text: string): string => {
    // The longest first, since one form may hold another.
    const forms = [...this.#forms].sort((a, b) => b.length - a.length);
    return forms.reduce((rest, form) => rest.replaceAll(form, '***'), text);
  };
}
