import { MAX_LINE } from '../../../domain/log/record.ts';
import type { Meaning } from '../../normalize/lexicon/field-names.ts';
import { meaningOf } from '../../normalize/structured.ts';
import type { NumberedLine } from './lines.ts';

/** A row and the number of its first line; `fields` is absent if the header of the file names nothing known. */
export interface CsvRow extends NumberedLine {
  fields?: Record<string, unknown>;
}

/** Most lines of a header: names of columns are in one line, or in a few if they are quoted. */
const HEADER_LINES = 100;
/** Delimiters of cells, the usual one first. */
const DELIMITERS = [',', ';', '\t', '|'];

/** The delimiter for which the header has the most known names; undefined if there is none. */
function delimiterOf(header: string): string | undefined {
  let best: { delimiter: string; known: number; cells: number } | undefined;
  for (const delimiter of DELIMITERS) {
    const cells = createRow(delimiter).add(header) ?? [];
    const known = cells.filter((name) => meaningOf(name.trim())).length;
    const better = !best || known > best.known || (known === best.known && cells.length > best.cells);
    if (known > 0 && better) best = { delimiter, known, cells: cells.length };
  }
  return best?.delimiter;
}

/** A row that is being read. It may have several lines; each of them is read once. */
interface Row {
  /** Takes the next line of the row. Gives its cells, or undefined while a quote is open. */
  add(text: string): string[] | undefined;
}

function createRow(delimiter: string): Row {
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  const read = (text: string): void => {
    for (let at = 0; at < text.length; at++) {
      const char = text[at]!;
      if (quoted) {
        if (char !== '"') cell += char;
        else if (text[at + 1] === '"') {
          cell += '"';
          at += 1;
        } else quoted = false;
      } else if (char === '"' && cell === '') quoted = true;
      else if (char === delimiter) {
        cells.push(cell);
        cell = '';
      } else cell += char;
    }
  };
  return {
    add(text) {
      if (quoted) cell += '\n';
      read(text);
      return quoted ? undefined : [...cells, cell];
    },
  };
}

/**
 * The meaning that was found for each column: `message` also for a column whose name does not say so, `attribute` for
 * unknown ones.
 */
export type CsvColumns = { column: string; meaning: string }[];

/** Meanings of a column that holds the message. */
const SAYS = new Set<Meaning | undefined>(['message', 'text']);

/**
 * Which column means what: by the names of the header. If no name says which is the message, it is the longest cell.
 */
function guessColumns(header: string[], first: string[]): string[] {
  const names = header.map((name, index) => name.trim() || `column_${index + 1}`);
  if (names.some((name) => SAYS.has(meaningOf(name)))) return names;
  const free = names.map((name, index) => (meaningOf(name) ? -1 : (first[index]?.length ?? 0)));
  const longest = free.indexOf(Math.max(...free));
  return names.map((name, index) => (index === longest ? 'message' : name));
}

const columnsOf = (header: string[], names: string[]): CsvColumns =>
  names.map((name, index) => ({
    column: header[index]?.trim() || name,
    meaning: SAYS.has(meaningOf(name)) ? 'message' : (meaningOf(name) ?? 'attribute'),
  }));

function fieldsOf(names: string[], cells: string[]): Record<string, unknown> {
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

/**
 * Reads rows of a CSV file (RFC 4180) whose first row names its columns; the delimiter is a comma, semicolon, tab or
 * bar. Rows keep their text verbatim. If the first row names nothing known, all rows are plain lines. A row whose
 * quote is never closed ends after 16,384 characters.
 * @param onColumns called once with what the columns were taken for; with an empty list if none is known
 */
export async function* readCsv(
  batches: AsyncIterable<NumberedLine[]>,
  onColumns?: (columns: CsvColumns) => void,
): AsyncGenerator<CsvRow[]> {
  let header: string[] | undefined;
  let names: string[] | undefined;
  let delimiter = ',';
  let plain = false;
  let open: (NumberedLine & { row: Row; lines: number }) | undefined;
  for await (const batch of batches) {
    const rows: CsvRow[] = [];
    for (const line of batch) {
      const text: string = open ? `${open.text}\n${line.text}` : line.text;
      const number: number = open?.number ?? line.number;
      const lines: number = (open?.lines ?? 0) + 1;
      const named = header ? undefined : delimiterOf(text);
      let row = open?.row;
      let next = line.text;
      if (!row || (named && named !== delimiter)) {
        delimiter = named ?? delimiter;
        row = createRow(delimiter);
        next = text;
      }
      let cells: string[] | undefined = plain ? undefined : row.add(next);
      if (!cells && !plain && text.length < MAX_LINE && (header || lines < HEADER_LINES)) {
        open = { number, text, row, lines };
        continue;
      }
      open = undefined;
      cells ??= plain ? undefined : text.split(delimiter);
      if (!header && cells) {
        header = cells;
        plain = !cells.some((name) => meaningOf(name.trim()));
        if (!plain) continue;
        onColumns?.([]);
      }
      if (text.trim() === '') continue;
      if (plain || !cells || !header) rows.push({ number, text });
      else {
        if (!names) {
          names = guessColumns(header, cells);
          onColumns?.(columnsOf(header, names));
        }
        rows.push({ number, text, fields: fieldsOf(names, cells) });
      }
    }
    if (rows.length > 0) yield rows;
  }
  if (open) yield [{ number: open.number, text: open.text }];
}
