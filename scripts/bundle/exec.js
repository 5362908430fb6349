// Replaces `@actions/exec` in dist: `@actions/core` needs it only to describe the platform, which this action never
// does.
export function getExecOutput() {
  throw new Error('This action was built without support for starting programs.');
}
