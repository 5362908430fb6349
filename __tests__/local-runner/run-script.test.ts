import { describe, expect, test } from '@jest/globals';
import { parseCommandFile } from '../../local-runner/command-file.ts';
import { runScript } from '../../local-runner/run-script.ts';

describe('a script', () => {
  test.concurrent('ends at the first command that fails', async () => {
    const { exitCode, log } = await runScript({ script: 'echo one\n(exit 3)\necho two' });
    expect([exitCode, log]).toEqual([3, ['one']]);
  });

  test.concurrent('fails with a part of a pipe only if it asks for bash', async () => {
    const script = 'false | true';
    expect((await runScript({ script })).exitCode).toBe(0);
    expect((await runScript({ script, shell: 'bash' })).exitCode).toBe(1);
  });

  test.concurrent('sets outputs and variables', async () => {
    const script = 'echo "a=1=2" >> "$GITHUB_OUTPUT"; printf \'b<<X\\n1\\n2\\nX\\n\' >> "$GITHUB_ENV"';
    expect(await runScript({ script })).toMatchObject({ outputs: { a: '1=2' }, variables: { b: '1\n2' } });
  });
});

test.each(['no value', 'a<<X\n1\n', '=x'])('the file of outputs %j is refused', (text) => {
  expect(() => parseCommandFile(text)).toThrow();
});
