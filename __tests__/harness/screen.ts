const controlStart = '\u001b';

const pieces = new RegExp(
  `${controlStart}\\[(?<parameter>\\??\\d*)(?<command>[A-Za-z])|(?<end>\\r?\\n)|(?<start>\\r)|(?<text>[^${controlStart}\\r\\n]+)`,
  'gu',
);

/** What a terminal shows once this was written to it, line by line, as far as programs go that draw lines anew. */
export function screenOf(written: string): string[] {
  const lines: string[] = [];
  let row = 0;
  let column = 0;
  for (const { groups = {} } of written.matchAll(pieces)) {
    const { command, end, parameter = '', start, text } = groups;
    const amount = Number(parameter.replace('?', '') || 1);
    const line = (lines[row] ?? '').padEnd(column);
    if (text !== undefined) {
      lines[row] = line.slice(0, column) + text + line.slice(column + text.length);
      column += text.length;
    } else if (start !== undefined) column = 0;
    else if (end !== undefined) {
      row++;
      column = 0;
    } else if (command === 'A') row = Math.max(0, row - amount);
    else if (command === 'B') row += amount;
    else if (command === 'G') column = amount - 1;
    else if (command === 'K') lines[row] = parameter === '2' ? '' : line.slice(0, column);
    else if (command === 'J') {
      lines[row] = line.slice(0, column);
      lines.length = row + 1;
    } else if (command !== 'h' && command !== 'l' && command !== 'm') {
      throw new Error(`the screen does not know the command ${command}`);
    }
  }
  const shown = Array.from(lines, (line = '') => line.trimEnd());
  return shown.slice(0, shown.findLastIndex((line) => line !== '') + 1);
}
