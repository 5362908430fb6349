import type { Filters, Selection } from '../select/selection.ts';
import { unusualIds } from './ids.ts';
import { type InputName, type InputTexts, onlyWithAll, type ReportProblem } from './input-names.ts';
import { instantFrom, isBefore } from './instant.ts';
import type { InputValues } from './schemas.ts';

/** How the inputs select videos, without what earlier runs have done. */
export interface SelectionInput {
  readonly selection: Omit<Selection, 'carried'>;
  /** Whether there can be more than one video. */
  readonly severalVideos: boolean;
  /**
   * Whether the name of every file must contain the ID, since nobody knows the videos beforehand, or several runs work on
   * parts of them.
   */
  readonly idRequired: boolean;
}

/** How far in the future an instant may be, in ms: clocks can be wrong, and a date can be that of another time zone. */
const toleranceMs = 86_400_000;

/**
 * Reads which videos the step works on, even where other inputs are wrong, so that all problems are reported together.
 *
 * @param values of the inputs that are valid
 * @param epochMs the current time
 */
export function readSelection(
  values: Partial<InputValues>,
  texts: InputTexts,
  epochMs: number,
  report: ReportProblem,
): SelectionInput {
  const { 'video-id': videoIds, limit, shard } = values;
  const isAll = videoIds === 'all';
  if (videoIds && !isAll) {
    for (const name of onlyWithAll.filter((filter) => texts[filter])) {
      report(
        `\`${name}\`: it selects from all videos of the account, but \`video-id\` lists IDs: remove it, or set \`video-id: all\``,
      );
    }
  }
  if (isAll && values.operation === 'delete' && 'type' in values && values.type === undefined) {
    report(
      '`type`: with `operation: delete` and `video-id: all` it must say what is deleted from the whole account: set it to default, audio, or both',
    );
  }
  const severalOfLibrary = isAll && 'limit' in values && limit !== 1;
  return {
    selection: {
      videoIds: isAll ? undefined : (videoIds ?? []),
      filters: readFilters(values, epochMs, report),
      limit,
      shard,
    },
    severalVideos: isAll ? severalOfLibrary : videoIds !== undefined && videoIds.length > 1,
    idRequired: severalOfLibrary || texts.shard !== '' || texts['resume-from'] !== '',
  };
}

/** What is unusual about the texts that select videos, and about the account; undefined where nothing is. */
export function unusualTexts(values: InputValues): [InputName, string | undefined][] {
  const { 'account-id': accountId, 'live-input': liveInput, 'video-id': videoIds } = values;
  return [
    ['video-id', videoIds === 'all' ? undefined : unusualIds(videoIds)],
    ['account-id', unusualIds([accountId])],
    ['live-input', liveInput === undefined ? undefined : unusualIds([liveInput])],
  ];
}

function readFilters(values: Partial<InputValues>, epochMs: number, report: ReportProblem): Filters {
  const instant = (name: 'created-after' | 'created-before') => {
    const given = values[name];
    return given && instantFrom(given, epochMs);
  };
  const createdAfter = instant('created-after');
  const createdBefore = instant('created-before');
  const latest = new Date(epochMs + toleranceMs).toISOString();
  if (createdAfter !== undefined && isBefore(latest, createdAfter)) {
    report(
      `\`created-after\`: ${createdAfter} is in the future, so it selects no video: set it to an earlier date, or to an age such as 7d`,
    );
  } else if (
    createdAfter !== undefined &&
    createdBefore !== undefined &&
    !isBefore(createdAfter, createdBefore)
  ) {
    report(
      `\`created-after\`: ${createdAfter} is not before ${createdBefore}, which is \`created-before\`, so they select no video: set it to an earlier date, or \`created-before\` to a later one`,
    );
  }
  return {
    createdAfter,
    createdBefore,
    creator: values.creator,
    search: values.search,
    liveInput: values['live-input'],
  };
}
