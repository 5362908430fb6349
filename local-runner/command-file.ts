/**
 * Parses a file to which a step writes outputs or variables: `name=value`, or `name<<DELIMITER`, the lines of the value,
 * `DELIMITER`. The last value of a name counts.
 *
 * @throws Error for a line of another form, and for a value that does not end
 * @see https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#environment-files
 */
export function parseCommandFile(text: string): Record<string, string> {
  const values = new Map<string, string>();
  const lines = text.split('\n');
  // What ends with a line break has no further line.
  if (lines.at(-1) === '') lines.pop();
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    if (line === '') continue;
    const [, name = '', sign = '', rest = ''] = /^(.+?)(<<|=)(.*)$/.exec(line) ?? [];
    if (name === '') throw new Error(`not a value: "${line}"`);
    if (sign === '=') {
      values.set(name, rest);
      continue;
    }
    const end = lines.indexOf(rest, index + 1);
    if (end < 0) throw new Error(`the value of ${name} does not end with the line "${rest}"`);
    values.set(name, lines.slice(index + 1, end).join('\n'));
    index = end;
  }
  return Object.fromEntries(values);
}
