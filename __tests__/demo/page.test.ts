import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { logLine } from '../../demo/log-line.ts';
import { page } from '../../demo/page.ts';
import { type LocalStream, startLocalStream } from '../../local-stream/server.ts';

let stream: LocalStream;

beforeEach(async () => {
  stream = await startLocalStream();
});

afterEach(() => stream.close());

/** Renders a step. Returns the page without the scripts and styles, which are too long to read. */
async function render({ log = [], summary = '' }: { log?: string[]; summary?: string }): Promise<string> {
  const html = await page({
    uses: 'OWNER/a@v1',
    workflow: ['with:', '  a: <b>'],
    log,
    summary,
    hasFailed: true,
    seconds: 8,
  });
  // Mermaid, and what calls it.
  expect(html.match(/<\/script>/g)).toHaveLength(2);
  return html.replaceAll(/<(script|style)>.*?<\/\1>/gs, '');
}

describe('the log on the page', () => {
  test('has groups that can be opened, the inputs first, and red errors', async () => {
    const html = await render({
      log: ['a & b', '::group::One', 'inside', '::endgroup::', '::error title=T::It <failed>.%0AAgain.'],
    });
    expect(html).toMatch(/<details><summary .*?Run OWNER\/a@v1.*?a: &lt;b>.*?<\/details>/s);
    expect(html).toMatch(/<\/details><div class="line plain">.*?a &amp; b<\/span><\/div><details>/);
    expect(html).toMatch(/<details><summary [^>]*>[^/]*<\/span><span [^>]*>One<.*?inside<.*?<\/details>/);
    expect(html).toMatch(/class="line error">.*?<b>Error:<\/b> It &lt;failed>\.\nAgain\./);
    expect(html).not.toContain('::');
  });

  test('ends a group that the log leaves open', async () => {
    const html = await render({ log: ['::group::One', 'inside'] });
    expect(html.match(/<details>/g)?.length).toBe(html.match(/<\/details>/g)?.length);
  });
});

describe('the summary on the page', () => {
  test('has tables and HTML as GitHub allows it', async () => {
    const html = await render({ summary: '| a |\n|---|\n| x<br>`y`<wbr>z |\n\n<details>more</details>' });
    expect(html).toContain('<td>x<br><code>y</code><wbr>z</td>');
    expect(html).toContain('<details>more</details>');
  });

  test('has no script, no handler and no style of the Markdown', async () => {
    const html = await render({
      summary: '<script>x()</script>\n\na <b style="x" onclick="x()">t</b> [l](javascript:x())',
    });
    expect(html).toContain('<p>a <b>t</b> <a href="">l</a></p>');
  });

  test('leaves diagrams for Mermaid to draw', async () => {
    const html = await render({ summary: '```mermaid\ngantt\n  a --> b\n```\n\n```js\nx\n```' });
    expect(html).toContain('<pre class="mermaid">gantt\n  a --> b\n</pre>');
    expect(html).toContain('<code class="language-js">');
  });

  test('embeds pictures, so that they are shown when their host is gone', async () => {
    const { thumbnail } = stream.addVideo();
    const html = await render({ summary: `<img src="${thumbnail}?width=8&amp;height=8" width="4" alt="">` });
    expect(html).toMatch(/<img src="data:image\/png;base64,iVBOR[\w+/=]+" width="4" alt="">/);
  });

  test('requires pictures that can be loaded', async () => {
    const { uid } = stream.addVideo({ requireSignedURLs: true });
    const summary = `<img src="${stream.deliveryUrl}/${uid}/thumbnails/thumbnail.jpg">`;
    await expect(render({ summary })).rejects.toThrow('is no picture: HTTP status 401');
  });
});

test('the page allows no request', async () => {
  expect(await render({})).toContain("default-src 'none'; img-src data:");
});

test.each([
  ['plain', { kind: 'plain', text: 'plain' }],
  ['::warning file=a.js::50%25 done', { kind: 'warning', text: 'Warning: 50% done' }],
  ['::endgroup::', { kind: 'endgroup', text: '' }],
  ['::add-mask::secret', undefined],
])('a runner shows %j as %j', (line, shown) => {
  expect(logLine(line)).toEqual(shown);
});
