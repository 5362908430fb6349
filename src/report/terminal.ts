/** Lines of a terminal that are drawn anew in place. */
export interface Terminal {
  draw(lines: string): void;
  clear(): void;
}

/** Opens the terminal that a stream writes to. What it needs is loaded only here. */
export async function openTerminal(stream: NodeJS.WriteStream): Promise<Terminal> {
  // The build makes a file of its own of it, which no other run reads.
  const { createLogUpdate } = await import(/* webpackIgnore: true */ 'log-update');
  const update = createLogUpdate(stream);
  return { draw: update, clear: () => update.clear() };
}
