import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { userAgent, version } from '../../src/http/http.ts';

test('the User-Agent has the version of package.json', () => {
  expect(version).toBe(JSON.parse(readFileSync('package.json', 'utf8')).version);
  expect(userAgent).toBe(`stream-downloads/${version}`);
});
