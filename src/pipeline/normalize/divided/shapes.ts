import { LruMap } from '../../../domain/lru-map.ts';

// What the lines of a source have in common that are divided by one sign.

/** Sources remembered. */
const MAX_SOURCES = 1_000;
/** Columns and values of a column that are looked at. */
const MAX_COLUMNS = 8;
const MAX_VALUES = 24;
const MAX_LENGTH = 60;
/** Lines after which columns are known, and how often that is looked at again. */
const ENOUGH = 16;
/** A time that may be another number counts after this many lines of its form, if they are this share of all. */
const LINES = 3;
const SHARE = 0.9;

interface Column {
  lines: number;
  /** Lines in which it is one word. */
  words: number;
  /** Lines in which it is a digit from 0 to 7, and from 5 to 7. */
  grades: number;
  calm: number;
  /** Lines in which another column follows. */
  closed: number;
  /** Characters of all lines. */
  length: number;
  /** Undefined when there are too many. */
  values: Set<string> | undefined;
}

/** What is known of the columns behind the time. */
export interface Shape {
  /** The divider, the column of the time and its kind. */
  form: string;
  lines: number;
  /** Lines of this form. */
  hits: number;
  columns: Column[];
  /** The column with the message; undefined until it is known. */
  message: number | undefined;
  /** The column with a severity in digits. */
  severity: number | undefined;
}

/** Remembers the shape of each source. */
export interface Shapes {
  /** Counts a line that has no time of the usual form; `form` is that of its divided columns. */
  count(source: string, form: string | undefined): Shape | undefined;
  /** The shape of a source whose lines have this form. */
  of(source: string, form: string): Shape;
}

/** Whether nearly all lines of a source have the form of this one. */
export const isUsual = (shape: Shape | undefined): boolean =>
  shape !== undefined && shape.hits >= LINES && shape.hits >= shape.lines * SHARE;

export function createShapes(): Shapes {
  const sources = new LruMap<string, Shape>(MAX_SOURCES);
  const fresh = (source: string, form: string): Shape => {
    const shape: Shape = { form, lines: 0, hits: 0, columns: [], message: undefined, severity: undefined };
    sources.set(source, shape);
    return shape;
  };
  return {
    count(source, form) {
      // Hardly a source has divided lines.
      if (form === undefined && sources.size === 0) return undefined;
      let shape = sources.get(source);
      if (form === undefined) {
        if (shape) shape.lines += 1;
        return shape;
      }
      // A form that one line had does not keep the others out.
      if (shape?.form !== form) {
        if (shape && shape.hits >= LINES) {
          shape.lines += 1;
          return undefined;
        }
        shape = fresh(source, form);
      }
      shape.lines += 1;
      shape.hits += 1;
      return shape;
    },
    of(source, form) {
      const shape = sources.get(source);
      return shape?.form === form ? shape : fresh(source, form);
    },
  };
}

/** A copy of its own: a slice would keep the whole line in memory. */
const flat = (part: string): string => Buffer.from(part).toString();

/** Notes the parts of a line; each but the last one is closed by the divider. */
export function notePart(shape: Shape, index: number, part: string, closed: boolean): void {
  if (index >= MAX_COLUMNS) return;
  let column = shape.columns[index];
  if (!column) {
    column = { lines: 0, words: 0, grades: 0, calm: 0, closed: 0, length: 0, values: new Set() };
    shape.columns[index] = column;
  }
  column.lines += 1;
  if (!part.includes(' ')) column.words += 1;
  if (part.length === 1 && part >= '0' && part <= '7') {
    column.grades += 1;
    if (part >= '5') column.calm += 1;
  }
  if (closed) column.closed += 1;
  column.length += part.length;
  if (part.length > MAX_LENGTH) column.values = undefined;
  else if (column.values && !column.values.has(part) && column.values.add(flat(part)).size > MAX_VALUES)
    column.values = undefined;
  if (index === 0 && column.lines % ENOUGH === 0) learn(shape);
}

/** Which column has the message, and which a severity in digits. */
function learn(shape: Shape): void {
  const { columns } = shape;
  let longest: number | undefined;
  shape.severity = undefined;
  for (const [index, column] of columns.entries()) {
    if (column.words < column.lines && (longest === undefined || column.length > columns[longest]!.length))
      longest = index;
    // As syslog counts them most lines are calm; where 0 is the least, there are hardly any such.
    const grades = column.grades === column.lines && column.values !== undefined && column.values.size > 1;
    if (grades && column.calm >= column.lines / 2 && column.closed === column.lines) shape.severity ??= index;
  }
  const before = columns.findIndex((column, index) => index < (longest ?? 0) && !isLabel(column));
  shape.message = before >= 0 ? before : longest;
}

/** Always one word, or always one of few texts, and always with another column behind it. */
const isLabel = ({ lines, words, closed, values }: Column): boolean =>
  closed === lines && (words === lines || (values !== undefined && values.size <= lines / 4));
