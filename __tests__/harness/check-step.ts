import { readFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import * as v from 'valibot';
import { type Step, textOf } from './run-step.ts';

/** Strict: a field that the contract does not name must not slip into what later steps read. */
const record = v.strictObject({
  videoId: v.string(),
  type: v.picklist(['default', 'audio', '']),
  status: v.picklist(['ready', 'inprogress', 'error', 'none', 'deleted', 'failed']),
  percentComplete: v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(100))),
  url: v.nullable(v.string()),
  name: v.optional(v.pipe(v.string(), v.maxLength(200), v.regex(/^[^\n\r]+$/))),
  expiresAt: v.optional(v.pipe(v.string(), v.isoTimestamp())),
  file: v.optional(v.string()),
  size: v.optional(v.number()),
  sha256: v.optional(v.pipe(v.string(), v.hash(['sha256']))),
  assetUrl: v.optional(v.pipe(v.string(), v.url())),
  planned: v.optional(v.array(v.picklist(['create', 'wait', 'save', 'attach', 'delete']))),
  resumed: v.optional(v.literal(true)),
  error: v.optional(
    v.strictObject({
      message: v.string(),
      code: v.optional(v.number()),
      httpStatus: v.optional(v.number()),
      rayId: v.optional(v.string()),
    }),
  ),
});

/** The content of the file that `results-file` names. */
const resultsFile = v.strictObject({ version: v.literal(1), downloads: v.array(record) });

/** The outputs of a step that selected no video, except `results-file`. */
export const emptyOutputs = {
  'download-url': '',
  status: '',
  'percent-complete': '',
  'video-id': '',
  type: '',
  file: '',
  size: '',
  sha256: '',
  'asset-url': '',
  downloads: '[]',
  count: '0',
  failed: '0',
  matrix: '',
} as const;

/** A record as a later step reads it from the output `downloads`, or from the results file. */
export type StepRecord = v.InferOutput<typeof record>;

/** A step that has ended, with its records. */
export interface CheckedStep extends Step {
  /** All records, as the results file has them. */
  readonly records: readonly StepRecord[];
  /** The first record. */
  readonly record: StepRecord;
  /** The error message of the first record; empty where it has no error. */
  readonly message: string;
}

/**
 * Checks what the contract requires of every step: outputs that agree with one another, an exit code that agrees
 * with the annotations, and no secret in anything that leaves the process.
 *
 * @param given the step's inputs and variables
 * @param secrets further secrets that the step must not show
 */
export function checkStep(
  step: Step,
  given: Readonly<Record<string, string>>,
  secrets: readonly string[],
): CheckedStep {
  const { records, results } = readRecords(step, given);
  const givenSecrets = Object.entries(given).filter(([name]) => /token|key/i.test(name));
  expectNoSecret([textOf(step), results, ...Object.values(step.outputs)].join('\n'), [
    ...secrets,
    ...givenSecrets.map(([, secret]) => secret),
  ]);
  return {
    ...step,
    records,
    get record() {
      const [first] = records;
      if (!first) throw new Error('The step has no record');
      return first;
    },
    message: records[0]?.error?.message ?? '',
  };
}

/** Expects that a text contains neither a line of a secret nor the beginning of one. */
export function expectNoSecret(text: string, secrets: readonly string[]): void {
  for (const line of secrets.flatMap((secret) => secret.split('\n'))) {
    // The beginning, since a text that was truncated may still contain half of a secret. Shorter values are no secrets.
    if (line.length >= 8) expect(text).not.toContain(line.slice(0, 16));
  }
}

/** The records, once the outputs, the results file, the annotations and the exit code are found to agree with them. */
function readRecords({ errors, exitCode, outputs }: Step, given: Readonly<Record<string, string>>) {
  const published = v.parse(v.pipe(v.string(), v.parseJson(), v.array(record)), outputs['downloads']);
  const results = readFileSync(outputs['results-file'] ?? '', 'utf8');
  const { downloads: records } = v.parse(v.pipe(v.string(), v.parseJson(), resultsFile), results);
  // The output has only as many of them as there is room for.
  expect(published).toEqual(records.slice(0, published.length));
  if (Buffer.byteLength(results) < 120_000) expect(published).toHaveLength(records.length);
  expect(Buffer.byteLength(outputs['downloads'] ?? '')).toBeLessThanOrEqual(120_000);
  const [first] = records;
  expect(outputs).toMatchObject({
    'download-url': first?.url ?? '',
    // Without records, only a failure of the step as a whole can have annotations.
    status: first?.status ?? (errors.length > 0 ? 'failed' : ''),
    'percent-complete': first?.percentComplete?.toString() ?? '',
    'video-id': first?.videoId ?? '',
    type: first?.type ?? '',
    file: first?.file ?? '',
    size: first?.size?.toString() ?? '',
    sha256: first?.sha256 ?? '',
    'asset-url': first?.assetUrl ?? '',
    count: String(records.length),
    failed: String(records.filter(({ error }) => error).length),
  });
  expect(exitCode).toBe(errors.length > 0 ? 1 : 0);
  const attaches = Boolean(given['release-tag']);
  for (const { assetUrl, error, file, planned, sha256, size, status, videoId } of records) {
    if (error) expect(error.message).toContain(videoId);
    if (status === 'failed') expect(error).toBeDefined();
    if (error) expect(exitCode).toBe(1);
    // A record describes a file completely or not at all, and never one that was not saved.
    if (planned) {
      expect([planned.includes('save'), size, sha256, assetUrl]).toEqual([
        file !== undefined,
        undefined,
        undefined,
        undefined,
      ]);
      continue;
    }
    const described = [size, sha256].filter((one) => one !== undefined);
    expect(described).toHaveLength(described.length === 0 ? 0 : 2);
    if (file !== undefined) expect([status, described.length]).toEqual(['ready', 2]);
    if (!attaches) {
      expect([described.length > 0, assetUrl]).toEqual([file !== undefined, undefined]);
      if (file !== undefined) expect(error).toBeUndefined();
    }
    // A step that attaches reports the asset, or why there is none.
    if (assetUrl !== undefined) expect([status, described.length, error]).toEqual(['ready', 2, undefined]);
    // One of a library that can have no download is none, and no failure.
    if (attaches && error === undefined && status !== 'none') expect(assetUrl).toBeDefined();
  }
  return { results, records };
}
