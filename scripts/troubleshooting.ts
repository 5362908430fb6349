import { encodeErrors, failures } from '../src/core/failure.ts';

/** `docs/troubleshooting.md`, from the table that the action's messages are made from. */
export function troubleshooting(): string {
  const sections = Object.entries(failures).map(([kind, { advice, title }]) =>
    [`## ${title}`, advice, ...(kind === 'encode-failed' ? [encodeTable()] : [])].join('\n\n'),
  );
  return `${[introduction, ...sections].join('\n\n')}\n`;
}

const introduction = `# Troubleshooting

Every way in which a step can fail, under the title that GitHub shows above the message, with what to do. A message
says what happened, to which video, what Cloudflare said (code, HTTP status, Ray id), and then this advice. It is also
in the record's \`error\` in the output \`downloads\`.

To see more, run the job again with debug logging ("Re-run jobs" → "Enable debug logging"): the action then prints a
line per request and, for each failure, its causes with their stacks, secrets cut. GitHub's own debug logging also
shows the outputs of a step.

<!-- Written by npm run docs, from src/core/failure.ts. -->`;

function encodeTable(): string {
  const rows = [...encodeErrors].map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  return ['| Cloudflare says | that is |', '|---|---|', ...rows].join('\n');
}
