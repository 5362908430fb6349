import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium, type Page } from 'playwright-core';
import { pageFile, workspace } from './page.ts';
import { thumbnailCount, videos } from './videos.ts';

/**
 * Runs the demo, and checks in Debian's Chromium that its page is drawn as intended. The screenshot is written beside the
 * page; `--update` also copies it to where the README shows it, which is a change to commit.
 */

const chromiumFile = '/usr/bin/chromium';
const screenshot = join(workspace, 'summary.png');
const inReadme = join(import.meta.dirname, '../docs/summary.png');

/** How long the page may take to draw its diagrams, on a busy machine. */
const drawnWithinMs = 30_000;

const { values } = parseArgs({ options: { update: { type: 'boolean', default: false } } });

const problems = await runAndCheck();
for (const problem of problems) console.error(`check:page: ${problem}`);
if (problems.length > 0) {
  process.exitCode = 1;
} else {
  if (values.update) copyFileSync(screenshot, inReadme);
  const file = relative(process.cwd(), values.update ? inReadme : screenshot);
  console.log(`The page is drawn as intended; its screenshot is ${file}.`);
}

async function runAndCheck(): Promise<string[]> {
  if (!existsSync(chromiumFile)) return [`${chromiumFile} is missing: apt-get install chromium`];
  const demo = spawnSync(process.execPath, [join(import.meta.dirname, 'demo.ts')], { stdio: 'inherit' });
  return demo.status === 0 ? checkPage() : ['the demo failed'];
}

/** Opens the page and writes its screenshot. Returns what is wrong. */
async function checkPage(): Promise<string[]> {
  const browser = await chromium.launch({
    executablePath: chromiumFile,
    // Without a sandbox, which needs privileges that containers lack: the page is our own.
    args: ['--no-sandbox', '--disable-background-networking'],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
    const found: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') found.push(`the console has an error: ${message.text()}`);
    });
    page.on('pageerror', ({ message }) => found.push(`a script failed: ${message}`));
    page.on('request', (request) => {
      const url = request.url();
      if (!/^(?:file|data|blob):/.test(url)) found.push(`the page requested ${url}`);
    });
    await page.goto(pathToFileURL(pageFile).href);
    await page.locator('html[data-drawn]').waitFor({ state: 'attached', timeout: drawnWithinMs });
    await page.screenshot({ path: screenshot, fullPage: true });
    return [...found, ...(await thumbnailProblems(page)), ...(await timelineProblems(page))];
  } finally {
    await browser.close();
  }
}

async function thumbnailProblems(page: Page): Promise<string[]> {
  const images = await page.locator('.markdown-body img').all();
  const widths = await Promise.all(
    images.map((image) => image.evaluate((element) => Number(Reflect.get(element, 'naturalWidth')))),
  );
  const count = widths.filter((width) => width > 0).length;
  if (count === thumbnailCount && widths.length === count) return [];
  return [`${thumbnailCount} thumbnails should be drawn; ${count} of ${widths.length} are`];
}

/** Each video has at least one bar with a width. */
async function timelineProblems(page: Page): Promise<string[]> {
  const bars = await page.locator('.mermaid svg rect.task').all();
  const boxes = await Promise.all(bars.map((bar) => bar.boundingBox()));
  const count = boxes.filter((box) => box && box.width > 0).length;
  if (count >= videos.length) return [];
  return [`the timeline should have a bar for each of the ${videos.length} videos; it has ${count} in all`];
}
