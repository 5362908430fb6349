/** A Markdown text without its fenced code and its comments. */
function proseOf(markdown: string): string {
  return markdown.replace(/^(`{3,}).*?^\1$/gms, '').replace(/<!--.*?-->/gs, '');
}

/** How many words people have to read: without code, comments, sections between markers, and where links lead. */
export function countWords(markdown: string): number {
  const written = markdown.replace(/<!-- [\w ]+: generated .*?<!-- end -->/gs, '');
  const text = proseOf(written)
    .replace(/\]\([^)]*\)/g, ']')
    .replace(/<\/?\w+>/g, '');
  return text.match(/\S*[\p{L}\p{N}]\S*/gu)?.length ?? 0;
}

/** The fenced code of a Markdown text in one language. */
export function codeBlocksOf(markdown: string, language: string): string[] {
  const blocks = markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms);
  return Array.from(blocks).flatMap(([, name, code = '']) => (name === language ? [code] : []));
}

/** Where the links and images of a Markdown text lead. */
export function linksOf(markdown: string): string[] {
  const text = proseOf(markdown).replace(/`[^`\n]*`/g, '``');
  return Array.from(text.matchAll(/\]\(([^()\s]+)\)/g), ([, target = '']) => target);
}

/**
 * The anchors that GitHub gives to the headings of a Markdown text.
 *
 * @see https://docs.github.com/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#section-links
 */
export function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of proseOf(markdown).matchAll(/^#{1,6} (.+)$/gm)) {
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = text.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-');
    let unique = anchor;
    for (let copy = 1; anchors.has(unique); copy++) unique = `${anchor}-${copy}`;
    anchors.add(unique);
  }
  return anchors;
}
