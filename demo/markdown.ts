import { fromHtml } from 'hast-util-from-html';
import { defaultSchema, type Schema, sanitize } from 'hast-util-sanitize';
import { toHtml } from 'hast-util-to-html';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';

type Root = ReturnType<typeof fromHtml>;
type Element = Extract<Root['children'][number], { type: 'element' }>;

/** What GitHub lets through. The default follows GitHub, but lacks `wbr`, which GitHub allows. */
const schema: Schema = { ...defaultSchema, tagNames: [...(defaultSchema.tagNames ?? []), 'wbr'] };

/**
 * Renders Markdown as GitHub does a job summary: GitHub-flavored, sanitized, and with Mermaid's diagrams in elements of
 * the class `mermaid`, for Mermaid to draw.
 *
 * @param pictureAt returns a URL that shows the picture at an address
 */
export async function renderMarkdown(
  markdown: string,
  pictureAt: (address: string) => Promise<string>,
): Promise<string> {
  const html = micromark(markdown, {
    allowDangerousHtml: true,
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
  });
  const tree = sanitize(fromHtml(html, { fragment: true }), schema);
  for (const element of elementsIn(tree)) {
    if (element.tagName === 'img') {
      element.properties['src'] = await pictureAt(String(element.properties['src']));
    }
    const [code] = element.children;
    if (element.tagName === 'pre' && code?.type === 'element' && isMermaid(code)) {
      element.properties['className'] = ['mermaid'];
      element.children = code.children;
    }
  }
  return toHtml(tree);
}

function isMermaid({ properties: { className } }: Element): boolean {
  return Array.isArray(className) && className.includes('language-mermaid');
}

function* elementsIn(node: ReturnType<typeof sanitize>): Generator<Element> {
  if (node.type === 'element') yield node;
  if ('children' in node) for (const child of node.children) yield* elementsIn(child);
}
