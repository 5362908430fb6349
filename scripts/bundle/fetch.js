// Replaces `undici` in `@actions/github`, which creates its own fetch from it; the action passes its own fetch instead.
export function fetch() {
  throw new Error('This action was built without the fetch of undici.');
}
