import { setFlagsFromString } from 'node:v8';

/**
 * Node's fetch, set up for short runs. Its parser of responses is WebAssembly, which V8 compiles a second time, optimized,
 * after one or two responses. That takes longer than most steps still have to do, and no process ends while it takes place,
 * not even with `process.exit`. Here it takes place after some 200 responses.
 */
export function nodeFetch(): typeof globalThis.fetch {
  // Loads fetch first: Node's compiled code fits only the flags that Node was built with.
  new Headers();
  // A hundred times the default.
  setFlagsFromString('--wasm-tiering-budget=1300000000');
  return globalThis.fetch;
}
