import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { parse } from 'yaml';

const metadata = v.object({
  name: v.string(),
  description: v.string(),
  branding: v.object({ icon: v.string(), color: v.string() }),
  inputs: v.record(
    v.string(),
    v.object({
      description: v.string(),
      default: v.optional(v.string()),
      required: v.optional(v.boolean()),
    }),
  ),
  outputs: v.record(v.string(), v.object({ description: v.string() })),
  runs: v.object({ using: v.string(), main: v.string() }),
});

/** The contents of an `action.yml`. */
export type ActionMetadata = v.InferOutput<typeof metadata>;

/**
 * Reads an `action.yml`.
 *
 * @throws ValiError when a required field is missing or has another type
 * @throws the system error when the file cannot be read
 * @see https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax
 */
export function readMetadata(file: string): ActionMetadata {
  return v.parse(metadata, parse(readFileSync(file, 'utf8')));
}
