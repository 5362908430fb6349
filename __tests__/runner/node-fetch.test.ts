import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const source = join(import.meta.dirname, '../../src/runner/node-fetch.ts');

test.each([
  ['fetch', true],
  ['nodeFetch()', false],
])('whether V8 optimizes the parser of %s in a short run: %j', async (fetch, isOptimized) => {
  await using server = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const script = `import { nodeFetch } from ${JSON.stringify(source)};
    const send = ${fetch};
    for (let count = 0; count < 12; count++) await (await send('http://127.0.0.1:${port}')).text();
    process.exit();`;
  const args = ['--trace-wasm-compilation-times', '--input-type=module', '--eval', script];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout).toContain('using Liftoff');
  expect(stdout.includes('using TurboFan')).toBe(isOptimized);
});
