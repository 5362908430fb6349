import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type LogLine, logLine } from './log-line.ts';
import { renderMarkdown } from './markdown.ts';

/** The folder in which the demo works; git ignores it. */
export const workspace = join(import.meta.dirname, 'workspace');

/** Where the demo writes the page. */
export const pageFile = join(workspace, 'summary.html');

/** A step that has ended. */
export interface PageContent {
  /** The action, as in `uses:`. */
  readonly uses: string;
  /** The lines under `uses:` in the workflow. */
  readonly workflow: readonly string[];
  /** The log as it was written. */
  readonly log: readonly string[];
  /** The job summary in Markdown. */
  readonly summary: string;
  readonly hasFailed: boolean;
  readonly seconds: number;
}

const { resolve } = createRequire(import.meta.url);
const own = (name: string) => readFileSync(join(import.meta.dirname, name), 'utf8');
const ofPackage = (name: string) => readFileSync(resolve(name), 'utf8');

/**
 * Renders a step as GitHub shows it: its log, and the job summary. The page is complete in itself, needs no network, and
 * its policy allows none. Pictures are loaded now, so that they are shown when their host is gone.
 *
 * @throws Error when a picture cannot be loaded
 */
export async function page(content: PageContent): Promise<string> {
  const { uses, workflow, log, summary, hasFailed, seconds } = content;
  const groupOfInputs = [`::group::Run ${uses}`, ...workflow.map((line) => `  ${line}`), '::endgroup::'];
  const result = hasFailed ? 'failed' : 'succeeded';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escapeHtml(uses)}</title>
<style>${ofPackage('github-markdown-css/github-markdown-light.css')}</style>
<style>${own('page.css')}</style>
</head>
<body>
<main>
<section class="card">
<header><span class="icon ${result}"></span><h1>Run ${escapeHtml(uses)}</h1><span class="time">${result} in ${seconds} s</span></header>
<div class="log">${renderLog([...groupOfInputs, ...log])}</div>
</section>
<section class="card">
<header><h1>video summary</h1></header>
<div class="markdown-body">${await renderMarkdown(summary, embeddedPicture)}</div>
</section>
</main>
<script>${ofPackage('mermaid/dist/mermaid.min.js').replaceAll('</script', '<\\/script')}</script>
<script>${own('draw.js')}</script>
</body>
</html>
`;
}

/** Renders a log with groups that can be opened, as GitHub does. Lines are numbered, those of groups included. */
function renderLog(log: readonly string[]): string {
  let html = '';
  let isInGroup = false;
  const endGroup = () => {
    html += isInGroup ? '</details>' : '';
    isInGroup = false;
  };
  for (const [index, line] of log.flatMap((text) => logLine(text) ?? []).entries()) {
    const { kind, text } = line;
    if (kind === 'group' || kind === 'endgroup') endGroup();
    if (kind === 'endgroup') continue;
    const row = `<span class="number">${index + 1}</span><span class="text ${kind}">${markUp(line)}</span>`;
    if (kind === 'group') {
      html += `<details><summary class="line">${row}</summary>`;
      isInGroup = true;
    } else html += text.trim() === '' ? '' : `<div class="line ${kind}">${row}</div>`;
  }
  endGroup();
  return html;
}

/** The label of an annotation is bold. */
function markUp({ kind, text }: LogLine): string {
  const html = escapeHtml(text);
  const hasLabel = kind === 'error' || kind === 'warning' || kind === 'notice';
  return hasLabel ? html.replace(/^\w+:/, '<b>$&</b>') : html;
}

async function embeddedPicture(address: string): Promise<string> {
  const response = await fetch(address);
  const type = response.headers.get('content-type') ?? '';
  if (!response.ok || !type.startsWith('image/'))
    throw new Error(`${address} is no picture: HTTP status ${response.status}, ${type}`);
  return `data:${type};base64,${Buffer.from(await response.arrayBuffer()).toString('base64')}`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
