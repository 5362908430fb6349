import { styleText } from 'node:util';

/**
 * Shows one line of an action's log as GitHub's page does: commands to the runner become what they stand for.
 *
 * @returns undefined for a line that is not shown
 * @see https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
export function renderLine(line: string): string | undefined {
  const command = /^::(?<name>[a-z-]+)(?: [^:]*)?::(?<text>.*)$/.exec(line)?.groups;
  if (!command) return line;
  const text = decode(command['text'] ?? '');
  switch (command['name']) {
    case 'error':
      return styleText('red', `Error: ${text}`);
    case 'warning':
      return styleText('yellow', `Warning: ${text}`);
    case 'group':
      return styleText('bold', `▾ ${text}`);
    default:
      return undefined;
  }
}

function decode(text: string): string {
  return text.replaceAll('%0A', '\n').replaceAll('%0D', '\r').replaceAll('%25', '%');
}
