import { MAX_LINE } from '../../../domain/log/record.ts';
import { meaningOf } from '../../normalize/structured.ts';
import { type CsvColumns, columnsOf, fieldsOf, namesOf } from './csv-columns.ts';
import type { NumberedLine } from './lines.ts';

/** A row and the number of its first line; `fields` is absent if the columns of the file are not known. */
export interface CsvRow extends NumberedLine {
  fields?: Record<string, unknown>;
}

/** Most lines of a header: names of columns are in one line, or in a few if they are quoted. */
const HEADER_LINES = 100;
/** Delimiters of cells, the usual one first. */
const DELIMITERS = [',', ';', '\t', '|'];

/** The delimiter for which the header has the most known names, else the most cells; undefined if there are no two. */
function delimiterOf(header: string): string | undefined {
  let best: { delimiter: string; known: number; cells: number } | undefined;
  for (const delimiter of DELIMITERS) {
    const cells = createRow(delimiter).add(header) ?? [];
    const known = cells.filter((name) => meaningOf(name.trim())).length;
    const better = !best || known > best.known || (known === best.known && cells.length > best.cells);
    if ((known > 0 || cells.length > 1) && better) best = { delimiter, known, cells: cells.length };
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

/** A row with its cells; undefined when a quote is not closed in it. */
interface CellRow extends NumberedLine {
  cells: string[] | undefined;
}

/** Cuts lines into rows, and rows into cells. The delimiter is that of the first row. */
async function* rowsOf(batches: AsyncIterable<NumberedLine[]>): AsyncGenerator<CellRow[]> {
  let delimiter = ',';
  let begun = false;
  let open: (NumberedLine & { row: Row; lines: number }) | undefined;
  for await (const batch of batches) {
    const rows: CellRow[] = [];
    for (const line of batch) {
      const text: string = open ? `${open.text}\n${line.text}` : line.text;
      const number: number = open?.number ?? line.number;
      const lines: number = (open?.lines ?? 0) + 1;
      const named = begun ? undefined : delimiterOf(text);
      let row = open?.row;
      let next = line.text;
      if (!row || (named && named !== delimiter)) {
        delimiter = named ?? delimiter;
        row = createRow(delimiter);
        next = text;
      }
      const cells = row.add(next);
      if (!cells && text.length < MAX_LINE && (begun || lines < HEADER_LINES)) {
        open = { number, text, row, lines };
        continue;
      }
      open = undefined;
      if (text.trim() === '') continue;
      begun = true;
      rows.push({ number, text, cells: cells ?? text.split(delimiter) });
    }
    if (rows.length > 0) yield rows;
  }
  if (open) yield [{ number: open.number, text: open.text, cells: undefined }];
}

/** Rows that show what a column holds whose name is not known. */
const SAMPLE = 30;

/**
 * Reads rows of a CSV file (RFC 4180) whose first row names its columns; the delimiter is a comma, semicolon, tab or
 * bar. Rows keep their text verbatim. If neither the first row nor what the columns hold tells where the time is, all rows
 * are plain lines. A row whose quote is never closed ends after 16,384 characters.
 * @param onColumns called once with what the columns were taken for; with an empty list if none is known
 */
export async function* readCsv(
  batches: AsyncIterable<NumberedLine[]>,
  onColumns?: (columns: CsvColumns) => void,
): AsyncGenerator<CsvRow[]> {
  let names: string[] | undefined;
  let plain = false;
  /** The header and the first rows. */
  let held: CellRow[] | undefined = [];
  const known = ({ number, text, cells }: CellRow): CsvRow =>
    plain || !cells ? { number, text } : { number, text, fields: fieldsOf(names!, cells) };
  const learn = (): CsvRow[] => {
    const [header, ...rest] = held!;
    held = undefined;
    if (!header) return [];
    const found = namesOf(
      header.cells ?? [],
      rest.flatMap(({ cells }) => (cells ? [cells] : [])),
    );
    names = found?.names;
    plain = !found;
    onColumns?.(found ? columnsOf(header.cells ?? [], found.names) : []);
    return (found?.hasHeader ? rest : [header, ...rest]).map(known);
  };
  for await (const batch of rowsOf(batches)) {
    if (!held) yield batch.map(known);
    else {
      held.push(...batch);
      if (held.length <= SAMPLE) continue;
      const rows = learn();
      if (rows.length > 0) yield rows;
    }
  }
  if (held) {
    const rows = learn();
    if (rows.length > 0) yield rows;
  }
}
