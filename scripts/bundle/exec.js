// Stands for `@actions/exec` in dist. `@actions/core` needs that to describe the platform alone, which this action
// never asks for.
export function getExecOutput() {
  throw new Error('This action was built without starting programs.');
}
