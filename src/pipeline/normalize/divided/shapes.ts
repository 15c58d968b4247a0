import type { Level } from '../../../domain/log/record.ts';
import { LruMap } from '../../../domain/lru-map.ts';
import { MINUTE } from '../../../domain/time/units.ts';
import { levelBeside, levelInColumn, sureLevel } from './levels.ts';

// What the lines of a source have in common that are divided by one sign.

/** Sources remembered. */
const MAX_SOURCES = 1_000;
/** Columns and values of a column that are looked at. */
const MAX_COLUMNS = 8;
const MAX_VALUES = 24;
const MAX_LENGTH = 60;
/** Lines after which columns are known, and how often that is looked at again. */
const ENOUGH = 16;
/**
 * A time that may be another number counts after this many lines of its form, if they are this share of all, and as many do not
 * go back: ids do. A letter counts as a level after as many.
 */
const LINES = 8;
const SHARE = 0.9;
/** Of a source whose times are known: its first lines may be read twice. */
const SHARE_LATER = 0.8;
/** Lines after which a form is not given up for that of another line. */
const STEADY = 3;
/** Lines of one program may change places within this time. */
const BACK = MINUTE;

/** What is known of a column. */
export interface Column {
  lines: number;
  /** Lines in which it is one word. */
  words: number;
  /** Lines in which it is a digit from 0 to 7, and from 5 to 7. */
  grades: number;
  calm: number;
  /** Lines in which it is the word of a level, and which levels these are. */
  levels: number;
  kinds: Set<Level>;
  /** One of these words is a level in other columns as well. */
  shown: boolean;
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
  /** Lines of this form whose time is not before that of the line above. */
  ordered: number;
  first: number;
  last: number;
  /** The lines have shown that what looks like a time is one. */
  usual: boolean;
  columns: Column[];
  /** The column with the message; undefined until it is known. */
  message: number | undefined;
  /** The column with a severity in digits. */
  severity: number | undefined;
}

/** Remembers the shape of each source. */
export interface Shapes {
  /**
   * Counts a line that has no sure time.
   * @param form that of its divided columns; undefined when there is nothing like a time
   * @param ms what would be its time
   */
  count(source: string, form: string | undefined, ms?: number): Shape | undefined;
  /** The shape of a source whose lines have this form; counts a line with a sure time. */
  of(source: string, form: string, ms: number): Shape;
}

/** Whether nearly all lines of a source have the form of this one, and times that go on. */
export const isUsual = (shape: Shape | undefined, form: string): boolean =>
  shape?.form === form && shape.usual;

/** Whether a column has shown that it has nothing but levels; undefined while too little of it is known. */
export function isLevelColumn(column: Column | undefined): boolean | undefined {
  if (!column) return undefined;
  if (column.levels < column.lines) return column.lines < LINES ? undefined : false;
  return column.lines >= LINES && column.kinds.size > 1 && column.shown ? true : undefined;
}

const newShape = (form: string, ms: number): Shape => ({
  form,
  lines: 0,
  hits: 0,
  ordered: 0,
  first: ms,
  last: ms,
  usual: false,
  columns: [],
  message: undefined,
  severity: undefined,
});

/** Counts a line of the form. */
function hit(shape: Shape, ms: number): Shape {
  shape.lines += 1;
  shape.hits += 1;
  if (ms >= shape.last - BACK) shape.ordered += 1;
  shape.last = ms;
  const share = shape.usual ? SHARE_LATER : SHARE;
  shape.usual =
    shape.hits >= LINES &&
    shape.hits >= shape.lines * SHARE &&
    shape.ordered >= shape.hits * share &&
    (shape.usual || ms !== shape.first);
  return shape;
}

export function createShapes(): Shapes {
  const sources = new LruMap<string, Shape>(MAX_SOURCES);
  const fresh = (source: string, form: string, ms: number): Shape => {
    const shape = newShape(form, ms);
    sources.set(source, shape);
    return shape;
  };
  return {
    count(source, form, ms = 0) {
      // Hardly a source has divided lines.
      if (form === undefined && sources.size === 0) return undefined;
      const shape = sources.get(source);
      if (form === undefined) {
        if (shape) shape.lines += 1;
        return shape;
      }
      if (shape?.form === form) return hit(shape, ms);
      // A form that one line had does not keep the others out.
      if (shape && shape.hits >= STEADY) {
        shape.lines += 1;
        return undefined;
      }
      return hit(fresh(source, form, ms), ms);
    },
    of(source, form, ms) {
      const shape = sources.get(source);
      return hit(shape?.form === form ? shape : fresh(source, form, ms), ms);
    },
  };
}

/** A copy of its own: a slice would keep the whole line in memory. */
const flat = (part: string): string => Buffer.from(part).toString();

const newColumn = (): Column => ({
  lines: 0,
  words: 0,
  grades: 0,
  calm: 0,
  levels: 0,
  kinds: new Set(),
  shown: false,
  closed: 0,
  length: 0,
  values: new Set(),
});

/** Notes the parts of a line; each but the last one is closed by the divider. */
export function notePart(shape: Shape, index: number, part: string, closed: boolean): void {
  if (index >= MAX_COLUMNS) return;
  let column = shape.columns[index];
  if (!column) {
    column = newColumn();
    shape.columns[index] = column;
  }
  column.lines += 1;
  if (!part.includes(' ')) column.words += 1;
  if (part.length === 1 && part >= '0' && part <= '7') {
    column.grades += 1;
    if (part >= '5') column.calm += 1;
  }
  const level = levelInColumn(part);
  if (level) {
    column.levels += 1;
    column.kinds.add(level);
    column.shown ||= (sureLevel(part) ?? levelBeside(part)) !== undefined;
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
