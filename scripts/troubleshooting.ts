import { failures } from '../src/core/failures/table.ts';
import { encodeErrors } from '../src/stream/encode-errors.ts';

/** Returns `docs/troubleshooting.md`, generated from the table that the action's messages are made from. */
export function troubleshooting(): string {
  const sections = Object.entries(failures).map(([kind, { advice, title }]) =>
    [`## ${title}`, advice, ...(kind === 'encode-failed' ? [encodeErrorTable()] : [])].join('\n\n'),
  );
  return `${[introduction, ...sections].join('\n\n')}\n`;
}

const introduction = `# Troubleshooting

Every way in which a step can fail, under the title that GitHub shows above the message, with what to do about it. The
message itself says what failed, for which video, what the service answered (code, HTTP status, Ray ID), and then this
advice. It is also in the output \`downloads\`, in the \`error\` of the record.

To see more, run the job again with debug logging ("Re-run jobs" → "Enable debug logging"): the action then logs a line
per request and, for each failure, the stack traces of its causes, with secrets redacted. GitHub's own debug logging
also shows the outputs of a step.

<!-- Generated from src/core/failures by \`npm run docs\`. Do not edit. -->`;

function encodeErrorTable(): string {
  const rows = [...encodeErrors].map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  return ['| Code from Cloudflare | Meaning |', '|---|---|', ...rows].join('\n');
}
