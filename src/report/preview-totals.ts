import type { DownloadRecord, PlannedStep } from '../core/record.ts';
import { count, formatBytes, formatDuration, formatNumber } from '../core/text.ts';
import type { Plan } from '../inputs/plan.ts';
import { estimatedBytes } from '../select/matrix.ts';

/** Requests per ms that the API allows in the long run, less the fifteenth that is left to other programs. */
const requestsPerMs = 1120 / 300_000;

/** Above this many tokens a day, Cloudflare advises against creating them one by one. */
const advisedTokens = 1000;

/** What is known of a video, as far as it decides what its downloads cost. */
export interface PreviewedVideo {
  /** In seconds; `null` if it is unknown. */
  readonly duration: number | null;
  /** The size of its upload. */
  readonly sizeBytes: number | null;
  readonly requireSignedURLs: boolean;
}

/** Adds up what a dry run finds out: what would be done, and what that costs. */
export class PreviewTotals {
  readonly #plan: Plan;
  readonly #steps = new Map<PlannedStep, number>();
  #videos = 0;
  #requests = 0;
  #tokens = 0;
  #deliveredSeconds = 0;
  #savedBytes = 0;
  /** Files of videos whose length and size are unknown. */
  #unknownFiles = 0;
  #isListedOnly = false;
  /** Videos that are only listed: those without a possible download, and those that earlier runs have finished. */
  readonly #listed = { impossible: 0, carried: 0 };

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** @param video undefined if nothing is known of it */
  add(records: readonly DownloadRecord[], video: PreviewedVideo | undefined): void {
    this.#videos++;
    let isSigned = false;
    for (const { failure, planned = [], resumed, status } of records) {
      if (failure || resumed) continue;
      for (const step of planned) this.#steps.set(step, (this.#steps.get(step) ?? 0) + 1);
      // One request creates, deletes or lists it, and one finds out that it is ready.
      this.#requests += planned.includes('wait') ? 2 : 1;
      isSigned ||= status === 'ready' || planned.includes('wait');
      if (planned.includes('save') || planned.includes('attach')) this.#addFile(video);
    }
    if (isSigned) this.#addToken(video);
  }

  /**
   * Adds a video of which nothing but its entry in the list is looked at.
   *
   * @param isPossible whether it can have a download
   * @param isCarried whether earlier runs have done everything
   */
  addListed(video: PreviewedVideo | undefined, isPossible: boolean, isCarried: boolean): void {
    this.#videos++;
    this.#isListedOnly = true;
    if (!isPossible) this.#listed.impossible++;
    else if (isCarried) this.#listed.carried++;
    else {
      this.#requests++;
      this.#addFile(video);
      this.#addToken(video);
    }
  }

  /** @param freeBytes the free space of the disk that files are saved to; undefined if it is unknown */
  describe(freeBytes: number | undefined): string[] {
    const requests = this.#requests + this.#tokens;
    const generating = this.#steps.has('wait')
      ? ', and the time in which Cloudflare generates downloads'
      : '';
    const lines = [this.#isListedOnly ? this.#describeListed() : this.#describeSteps()];
    if (requests > 0) {
      lines.push(
        `The run itself needs about ${count(requests, 'request')}: ${formatDuration(requests / requestsPerMs)} at the rate limit of the API${generating}`,
      );
    }
    if (this.#isListedOnly || this.#steps.has('save') || this.#steps.has('attach')) {
      const free = freeBytes === undefined ? '' : `; ${formatBytes(freeBytes)} are free on the disk`;
      lines.push(`Files: ${this.#describeFiles()}${free}`);
    }
    if (this.#tokens > 0) {
      const advice =
        this.#tokens > advisedTokens
          ? `: Cloudflare advises against more than ${formatNumber(advisedTokens)} a day`
          : '';
      lines.push(`${count(this.#tokens, 'token')} for private videos${advice}`);
    }
    return lines;
  }

  #describeSteps(): string {
    const steps = [...this.#steps].map(([step, times]) => `${step} ${formatNumber(times)}`).join(', ');
    return `Dry run of ${count(this.#videos, 'video')}, nothing was changed. To do: ${steps || 'nothing'}`;
  }

  #describeListed(): string {
    const { carried, impossible } = this.#listed;
    const parts = [
      `${formatNumber(impossible)} without a possible download`,
      `${formatNumber(carried)} carried over`,
      `${formatNumber(this.#videos - impossible - carried)} left`,
    ];
    return `Dry run of ${count(this.#videos, 'video')}, nothing was changed: ${parts.join(', ')}`;
  }

  #describeFiles(): string {
    const unknown = this.#unknownFiles > 0 ? ` and ${count(this.#unknownFiles, 'file')} of unknown size` : '';
    const minutes = count(Math.ceil(this.#deliveredSeconds / 60), 'minute');
    return `at most about ${formatBytes(this.#savedBytes)}${unknown}; Cloudflare would bill ${minutes} of delivery`;
  }

  #addToken(video: PreviewedVideo | undefined): void {
    const { operation, signedUrl } = this.#plan;
    const isNeeded = signedUrl === 'always' || (signedUrl === 'auto' && video?.requireSignedURLs);
    if (isNeeded && operation !== 'delete') this.#tokens++;
  }

  #addFile(video: PreviewedVideo | undefined): void {
    const bytes = video && estimatedBytes(video);
    if (bytes) this.#savedBytes += bytes;
    else this.#unknownFiles++;
    this.#deliveredSeconds += video?.duration ?? 0;
  }
}
