/**
 * A transform for Jest: adds the attribute that Node requires of an import of JSON, and which `@actions/workflow-parser`
 * lacks, since it is meant to be bundled.
 */
export default {
  process: (source: string) => ({
    code: source.replace(/^(import .* from ".*\.json");/gm, "$1 with { type: 'json' };"),
  }),
};
