// Stands for `undici` where `@actions/github` makes a fetch of its own, in whose place it is given the action's.
export function fetch() {
  throw new Error('This action was built without another fetch.');
}
