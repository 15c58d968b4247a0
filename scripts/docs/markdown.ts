export const NOTE = '<!-- Made by `npm run docs`; change the source that is named below, not this page. -->';

/** A value as code, as it would stand in JSON. */
export const code = (value: unknown): string => `\`${JSON.stringify(value)}\``;

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(header), `|${'---|'.repeat(header.length)}`, ...rows.map(line)].join('\n');
}
