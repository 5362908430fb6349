/** A line of a log as GitHub's page shows it. */
export interface LogLine {
  /** `group` is the title of the lines up to `endgroup`. */
  readonly kind: 'plain' | 'group' | 'endgroup' | 'error' | 'warning' | 'notice';
  /** May have several lines, and is empty for `endgroup`. */
  readonly text: string;
}

const labels: Readonly<Partial<Record<LogLine['kind'], string>>> = {
  error: 'Error: ',
  warning: 'Warning: ',
  notice: 'Notice: ',
};

/**
 * Interprets a line of an action's log as a runner does: commands become what GitHub's page shows for them.
 *
 * @returns undefined for a line that is not shown
 * @see https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
export function logLine(line: string): LogLine | undefined {
  const command = /^::(?<name>[a-z-]+)(?: [^:]*)?::(?<text>.*)$/.exec(line)?.groups;
  if (!command) return { kind: 'plain', text: line };
  const name = command['name'];
  switch (name) {
    case 'error':
    case 'warning':
    case 'notice':
    case 'group':
    case 'endgroup':
      return { kind: name, text: `${labels[name] ?? ''}${decode(command['text'] ?? '')}` };
    default:
      return undefined;
  }
}

function decode(text: string): string {
  return text.replaceAll('%0A', '\n').replaceAll('%0D', '\r').replaceAll('%25', '%');
}
