import { levelOfMarked } from '../../normalize/level.ts';
import type { Meaning } from '../../normalize/lexicon/field-names.ts';
import { meaningOf } from '../../normalize/structured.ts';
import { before } from '../../normalize/time/instant.ts';
import { timeOf } from '../../normalize/time/timestamp.ts';

/**
 * The meaning that was found for each column: `message` also for a column whose name does not say so, `attribute` for
 * unknown ones.
 */
export type CsvColumns = { column: string; meaning: string }[];

/** Meanings of a column that holds the message. */
const SAYS = new Set<Meaning | undefined>(['message', 'text']);
/** Part of the cells of a column that have to be of one kind. */
const SHARE = 0.8;

/**
 * Names columns by their meaning: by the names of the header, else by what they hold. The message is the longest column where
 * no name says which it is, also one that the header does not name.
 * @param rows the first rows behind the header
 * @returns undefined when nothing is known; `hasHeader` is false when the first row is one of data
 */
export function namesOf(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): { names: string[]; hasHeader: boolean } | undefined {
  const hasHeader = !header.some(isTime);
  const isKnown = hasHeader && header.some((name) => meaningOf(name.trim()));
  const data = hasHeader ? rows : [header, ...rows];
  const width = widthOf(header.length, data);
  const names = Array.from({ length: width }, (_, index) =>
    hasHeader && header[index]?.trim() ? header[index].trim() : `column_${index + 1}`,
  );
  const means = (meaning: Meaning): boolean => names.some((name) => meaningOf(name) === meaning);
  const isFree = (index: number): boolean => meaningOf(names[index]!) === undefined;
  if (!means('timestamp')) nameColumn(names, 'timestamp', isFree, data, isTime);
  if (!isKnown && (width < 2 || !means('timestamp'))) return undefined;
  if (!means('level')) nameColumn(names, 'level', isFree, data, (cell) => levelOfMarked(cell) !== undefined);
  if (names.some((name) => SAYS.has(meaningOf(name)))) return { names, hasHeader };
  const lengths = names.map((_, index) => (isFree(index) ? lengthOf(data, index) : -1));
  const longest = lengths.indexOf(Math.max(...lengths));
  if (lengths[longest]! >= 0) names[longest] = 'message';
  return { names, hasHeader };
}

/** The width of most rows: a table may have more columns than its header names. */
function widthOf(header: number, rows: readonly (readonly string[])[]): number {
  const wider = rows.filter((cells) => cells.length > header);
  return 2 * wider.length > rows.length ? Math.max(...wider.map((cells) => cells.length)) : header;
}

const lengthOf = (rows: readonly (readonly string[])[], index: number): number =>
  rows.reduce((sum, cells) => sum + (cells[index]?.trim().length ?? 0), 0);

/** Gives the first free column the name whose cells are nearly all of one kind. */
function nameColumn(
  names: string[],
  name: Meaning,
  isFree: (index: number) => boolean,
  rows: readonly (readonly string[])[],
  is: (cell: string) => boolean,
): void {
  for (const index of names.keys()) {
    if (!isFree(index)) continue;
    const cells = rows.map((row) => row[index]?.trim() ?? '').filter((cell) => cell !== '');
    if (cells.length === 0 || cells.filter(is).length < cells.length * SHARE) continue;
    names[index] = name;
    return;
  }
}

/** A date with a clock, or an epoch. */
function isTime(cell: string): boolean {
  const text = cell.trim();
  if (text.length < 10 || text.length > 40 || !/\d/.test(text)) return false;
  if (/^\d+$/.test(text)) return /^1\d{9}(?:\d{3}){0,3}$/.test(text);
  return text.includes(':') && timeOf(text, 'UTC', before(Date.now())) !== undefined;
}

/** What the columns were taken for, to be told. */
export const columnsOf = (header: readonly string[], names: readonly string[]): CsvColumns =>
  names.map((name, index) => ({
    column: header[index]?.trim() || name,
    meaning: SAYS.has(meaningOf(name)) ? 'message' : (meaningOf(name) ?? 'attribute'),
  }));

/** The fields of a row. A date and a time in columns of their own are one time. */
export function fieldsOf(names: readonly string[], cells: readonly string[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [index, name] of names.entries()) {
    const value = cells[index]?.trim();
    // A missing value is left out, not kept as an empty word.
    if (value && !/^(?:null|nan|n\/a|none|-)$/i.test(value)) fields[name] = value;
  }
  const date = names.find((name) => /^(?:date|날짜|일자)$/i.test(name));
  const time = names.find((name) => /^(?:time|시간|시각)$/i.test(name));
  if (date && time && fields[date] && fields[time]) {
    const timestamp = `${fields[date]} ${fields[time]}`;
    delete fields[date];
    delete fields[time];
    return { timestamp, ...fields };
  }
  return fields;
}
