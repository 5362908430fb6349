import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';

/** A node of the tree that a GFM parser makes of Markdown. */
export interface Node {
  readonly type: string;
  readonly value?: string;
  readonly url?: string;
  readonly lang?: string | null | undefined;
  readonly children?: readonly Node[];
}

export function parse(markdown: string): Node {
  return fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
}

/** A node and everything in it, in order. */
export function nodesIn(node: Node): Node[] {
  return [node, ...(node.children ?? []).flatMap(nodesIn)];
}

export function nodesOf(node: Node, type: string): Node[] {
  return nodesIn(node).filter((inner) => inner.type === type);
}

/** The text that a reader sees; a line break is a new line. */
export function visibleText(node: Node): string {
  return nodesIn(node)
    .map(({ type, value = '' }) => (type === 'html' ? (value === '<br>' ? '\n' : '') : value))
    .join('');
}

/** Every table as the visible text of its cells. */
export function tablesIn(markdown: string): string[][][] {
  return nodesOf(parse(markdown), 'table').map((table) =>
    (table.children ?? []).map((row) => (row.children ?? []).map(visibleText)),
  );
}

/** The tags of the rendered page, each as often as it is there. */
export function tagsIn(markdown: string): string[] {
  const html = micromark(markdown, {
    allowDangerousHtml: true,
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
  });
  return html.match(/<[^>]*>?/g) ?? [];
}
