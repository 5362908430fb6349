import type { ActionMetadata } from '../local-runner/metadata.ts';

type Input = ActionMetadata['inputs'][string];

/** What the block with all inputs sets where an input has no default, or where everybody sets it. */
const exampleValues: Readonly<Record<string, string>> = {
  'video-id': '${{ steps.upload.outputs.uid }}',
  'account-id': '${{ vars.CLOUDFLARE_ACCOUNT_ID }}',
  'api-token': '${{ secrets.CLOUDFLARE_API_TOKEN }}',
  'api-email': 'you@example.com',
  'api-key': '${{ secrets.CLOUDFLARE_API_KEY }}',
  type: 'default, audio',
  timeout: '30m',
  'poll-interval': '10s',
  filename: "'{name}-{id}'",
  'save-to': 'videos/{name}-{id}.{ext}',
  'release-tag': '${{ github.ref_name }}',
  'created-after': '7d',
  'created-before': '1d',
  creator: 'creator-7',
  search: 'product demo',
  'live-input': '${{ vars.LIVE_INPUT_ID }}',
  limit: '100',
  shard: '2/8',
  'resume-from': 'results/*.json',
};

/** The inputs without a default that the block sets all the same; the others without one are comments. */
const alwaysSet: readonly string[] = ['video-id', 'account-id', 'api-token'];

/** What stands between markers in the README, by the name in its first marker. */
const sections: Readonly<Record<string, (action: ActionMetadata) => string>> = {
  inputs: ({ inputs }) =>
    table(
      ['Input', 'Default', 'Meaning'],
      Object.entries(inputs).map(([name, input]) => [
        code(name),
        input.default === undefined ? (input.required ? 'required' : '') : code(input.default),
        input.description,
      ]),
    ),
  'all inputs': ({ inputs }) => `\`\`\`yaml\n${step(inputs)}\n\`\`\``,
  outputs: ({ outputs }) =>
    table(
      ['Output', 'Meaning'],
      Object.entries(outputs).map(([name, { description }]) => [code(name), description]),
    ),
};

/**
 * Returns the README with every generated section renewed.
 *
 * @param readme the current text, with markers around each section
 * @throws Error if a section has no markers
 */
export function withTables(readme: string, action: ActionMetadata): string {
  return Object.entries(sections).reduce((text, [name, generate]) => {
    const first = `<!-- ${name}: generated from action.yml by npm run docs -->`;
    const last = '<!-- end -->';
    const start = text.indexOf(first);
    const end = text.indexOf(last, start);
    if (start < 0 || end < 0) throw new Error(`README.md lacks the markers of the section "${name}"`);
    return `${text.slice(0, start + first.length)}\n\n${generate(action)}\n\n${text.slice(end)}`;
  }, readme);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`.replaceAll('|  |', '| |');
  return [row(head), `|${head.map(() => '---|').join('')}`, ...rows.map(row)].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

/** A step with every input. Those that a workflow seldom sets are comments. */
function step(inputs: ActionMetadata['inputs']): string {
  return [
    '- uses: OWNER/stream-downloads@v1',
    '  id: mp4',
    '  with:',
    ...Object.entries(inputs).flatMap(lines),
  ]
    .join('\n')
    .trimEnd();
}

function lines([name, { default: value, description }]: [string, Input]): string[] {
  const isSet = value !== undefined || alwaysSet.includes(name);
  return [
    `    # ${firstSentence(description)}`,
    `    ${isSet ? '' : '# '}${name}: ${value ?? exampleValues[name] ?? ''}`,
    '',
  ];
}

/** The first sentence. A period within one is followed by no capital letter or backtick. */
function firstSentence(description: string): string {
  return /^.*?\.(?= [A-Z`]|$)/s.exec(description)?.[0] ?? description;
}
