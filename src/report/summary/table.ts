/** A column of a table. */
export interface Column<Row> {
  /** In Markdown. */
  readonly heading: string;
  readonly isNumeric?: boolean;
  /** In Markdown, on one line and without `|`; empty if there is nothing to show. */
  readonly cell: (row: Row) => string;
}

/** The cells of one row, one for each column. */
export type Cells = readonly string[];

/** A table in Markdown, without the columns that are empty. */
export function table(
  columns: readonly Pick<Column<never>, 'heading' | 'isNumeric'>[],
  rows: readonly Cells[],
): string {
  const used = columns.keys().filter((index) => rows.some((cells) => cells[index]));
  const indices = [...used];
  const line = (cells: Cells) => `| ${indices.map((index) => cells[index]).join(' | ')} |`;
  return [
    line(columns.map(({ heading }) => heading)),
    line(columns.map(({ isNumeric }) => (isNumeric ? '--:' : '---'))),
    ...rows.map(line),
  ].join('\n');
}

/** A number with its unit, between which no line breaks. */
export function unbroken(text: string): string {
  return text.replaceAll(' ', '&nbsp;');
}
