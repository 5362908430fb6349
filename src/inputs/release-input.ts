import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { quote } from '../core/text.ts';
import type { ReleaseReference } from '../release/find-release.ts';
import { isSendable } from './credentials.ts';
import type { InputSource, InputTexts, ReportProblem } from './input-names.ts';
import { address } from './schemas.ts';

/** The release that files are to be attached to, and how to reach it. */
export interface ReleaseInput {
  readonly reference: ReleaseReference;
  readonly token: string;
  /** `OWNER/NAME` */
  readonly repository: string;
  /** The address of GitHub's API. */
  readonly apiUrl: string;
}

/**
 * Reads which release to attach to: that of a tag, or that of the event.
 *
 * @returns undefined where nothing is to be attached, or where a problem was reported
 */
export function readRelease(
  { operation, 'github-token': token, 'release-tag': given }: InputTexts,
  { env }: InputSource,
  report: ReportProblem,
): ReleaseInput | undefined {
  if (!given) return undefined;
  if (operation === 'delete') {
    report('`release-tag`: nothing can be attached with `operation: delete`: attach in a step before it');
  }
  if (!token) report('`github-token`: it is empty: remove it, or set it to ${{ github.token }}');
  else isSendable({ name: '`github-token`', value: token }, report);
  const repository = env['GITHUB_REPOSITORY'] ?? '';
  if (!isRepository(repository)) {
    report(
      '`release-tag`: the environment variable GITHUB_REPOSITORY does not name a repository as OWNER/NAME; it is set by the runner',
    );
  }
  const apiUrl = v.safeParse(address(gitHubApi), (env['GITHUB_API_URL'] ?? '').trim() || gitHubApi);
  for (const { message } of apiUrl.issues ?? []) {
    report(`\`release-tag\`: the environment variable GITHUB_API_URL is set by the runner, but ${message}`);
  }
  const reference =
    given === 'auto' ? releaseOfEvent(env['GITHUB_EVENT_PATH']) : { tag: given.replace(tagRef, '') };
  const otherRef = kindOfRef(given);
  if (!reference) {
    report(
      '`release-tag`: `auto` stands for the release of the event, but the event of this run has none: set it to a tag, such as ${{ github.ref_name }}, or run the workflow `on: release`',
    );
  } else if (!isTag(reference.tag)) {
    report(
      `\`release-tag\`: ${quote(reference.tag)} cannot be the name of a tag: set it to a tag, such as \${{ github.ref_name }}`,
    );
  } else if (otherRef) {
    report(
      `\`release-tag\`: ${quote(reference.tag)} is ${otherRef}, not a tag: set it to a tag, such as v1.0.0, or run the workflow for a tag, where \${{ github.ref_name }} is one`,
    );
  }
  return reference && apiUrl.success ? { reference, token, repository, apiUrl: apiUrl.output } : undefined;
}

/** What the full name of a tag begins with, as in `${{ github.ref }}` of a run for a tag. */
const tagRef = /^refs\/tags\//;

/** What a full name of Git refers to, with its article; undefined for a tag, and for any other name. */
function kindOfRef(text: string): string | undefined {
  const [, folder = 'tags'] = /^refs\/([^/]+)/.exec(text) ?? [];
  if (folder === 'tags') return undefined;
  if (folder === 'heads') return 'a branch';
  return folder === 'pull' ? 'a pull request' : 'another kind of reference';
}

const gitHubApi = 'https://api.github.com';

/** Whether a text names a repository as OWNER/NAME. Names of dots alone would change the path of a request. */
function isRepository(text: string): boolean {
  return /^[\w.-]+\/[\w.-]+$/.test(text) && !/(^|\/)\.+(\/|$)/.test(text);
}

/**
 * Whether Git allows a tag of this name.
 *
 * @see https://git-scm.com/docs/git-check-ref-format
 */
function isTag(text: string): boolean {
  const forbidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Z}~^:?*[\\]|\.\.|@\{|\/\/|^\/|[/.]$|(^|\/)\.|\.lock(\/|$)|^@$/u;
  return text !== '' && text.length <= maxTagLength && !forbidden.test(text);
}

/** Git's limit is that of a file name, in bytes. */
const maxTagLength = 255;

const releaseEvent = v.object({
  release: v.object({ id: v.pipe(v.number(), v.safeInteger(), v.minValue(1)), tag_name: v.string() }),
});

function releaseOfEvent(path: string | undefined): ReleaseReference | undefined {
  try {
    const { release } = v.parse(releaseEvent, JSON.parse(readFileSync(path ?? '', 'utf8')));
    return { id: release.id, tag: release.tag_name };
  } catch {
    return undefined;
  }
}
