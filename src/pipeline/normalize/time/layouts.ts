import { DAY } from '../../../domain/time/units.ts';
import { type FoundTime, instant, onward, type Reference, timeOfDay, withoutDay } from './instant.ts';

/**
 * One way in which the numbers of a date and a clock may follow each other. Which one a source has is learned from its
 * lines: a single line of digits could be read in several ways.
 */
export interface Layout {
  /** Sticky; its named groups are y, M, d, j (day of the year), h, m, s, f (fraction), n (a number that counts from an epoch). */
  form: RegExp;
  /** The year has two digits, or there is none: many numbers look like that. */
  vague: boolean;
  /** Epoch milliseconds by the number `n`. */
  counted?: (value: number) => number;
}

/** Between a date and a clock: signs, and perhaps the letter of a unit or a `T`, or a small word. */
const JOINT = String.raw`(?:\p{L}{0,2}[^\p{L}\p{N}]{0,4}\p{L}?|,?\s\p{Ll}{1,4}\.?\s)`;
/** A year of this century, of the Buddhist era, or of the Republic of China. */
const YEAR = String.raw`(?<y>(?:19|20|25|26)\d\d|1[0-4]\d)`;
const SHORT_YEAR = String.raw`(?<y>\d\d)`;
const MONTH = String.raw`(?<M>\d{1,2})`;
const DAY_OF_MONTH = String.raw`(?<d>\d{1,2})`;

/** Parts that are all divided by the same one or two signs, which have the name `gap`. */
const divided = (gap: string, first: string, second: string, third: string): string =>
  String.raw`(?<!\d)${first}(?<${gap}>[^\p{L}\p{N}]{1,2})${second}\k<${gap}>${third}(?!\d)`;

/** Dates with a year of three or four digits, and with one of two: many numbers look like the latter. */
const dates = (year: string): string[] => [
  divided('gap', year, MONTH, DAY_OF_MONTH),
  String.raw`${year}\s?[년年]\s?${MONTH}\s?[월月]\s?${DAY_OF_MONTH}`,
  String.raw`${year}(?<M>\d\d)(?<d>\d\d)`,
  divided('gap', DAY_OF_MONTH, MONTH, year),
  divided('gap', MONTH, DAY_OF_MONTH, year),
  String.raw`(?<d>\d\d)(?<M>\d\d)${year}`,
  String.raw`(?<M>\d\d)(?<d>\d\d)${year}`,
  String.raw`${year}[^\p{L}\p{N}]?(?<j>\d{3})`,
];
const FRACTION = String.raw`(?:[.,:](?<f>\d{1,9}))?`;
const OTHER_CLOCKS = [
  String.raw`(?<h>\d\d)(?<m>\d\d)(?<s>\d\d)(?:[.,]?(?<f>\d{3}))?`,
  String.raw`(?<h>\d{1,2})\s?[hH시時时]\s?(?<m>\d\d)\s?[mM'분分]\s?(?<s>\d\d)`,
];
const CLOCKS = [
  divided('sign', String.raw`(?<h>\d{1,2})`, String.raw`(?<m>\d\d)`, String.raw`(?<s>\d\d)`) + FRACTION,
  ...OTHER_CLOCKS,
];
/** Beside a whole date the parts of a clock may be numbers of any width: `(2026, 6, 20, 13, 5, 1)`. */
const LOOSE_CLOCKS = [
  divided('sign', String.raw`(?<h>\d{1,2})`, String.raw`(?<m>\d{1,2})`, String.raw`(?<s>\d{1,2})`) + FRACTION,
  ...OTHER_CLOCKS,
];
const WITHOUT_SECONDS = [
  String.raw`(?<h>\d{1,2})[:.hH시時时]\s?(?<m>\d\d)`,
  String.raw`(?<h>\d\d)(?<m>\d\d)`,
];

const layout = (form: string, vague: boolean, counted?: Layout['counted']): Layout => ({
  form: new RegExp(`${form}[sSZ초秒]?(?![\\p{L}\\p{N}_])`, 'uy'),
  vague,
  ...(counted ? { counted } : {}),
});

/** Days from the first one of spreadsheets to the epoch. */
const SPREADSHEET = 25_569;
/** Milliseconds from the first moment of these counts of 100 ns to the epoch. */
const SINCE_1601 = 11_644_473_600_000;
const SINCE_YEAR_1 = 62_135_596_800_000;

/** Every date before and behind every clock. */
const together = (year: string, clocks: readonly string[], vague: boolean): Layout[] =>
  dates(year).flatMap((date) =>
    clocks.flatMap((clock) => [
      layout(`${date}${JOINT}${clock}`, vague),
      layout(`${clock}${JOINT}${date}`, vague),
    ]),
  );

/** All layouts, those that say most first. */
export const LAYOUTS: readonly Layout[] = [
  ...together(YEAR, [...LOOSE_CLOCKS, ...WITHOUT_SECONDS], false),
  ...together(SHORT_YEAR, CLOCKS, true),
  layout(String.raw`(?<n>1[34]\d{16})`, false, (value) => value / 1e4 - SINCE_1601),
  layout(String.raw`(?<n>6[34]\d{16})`, false, (value) => value / 1e4 - SINCE_YEAR_1),
  layout(String.raw`(?<n>[45]\d{4}\.\d{3,15})`, true, (value) => (value - SPREADSHEET) * DAY),
  // Alone only with colons, which addresses have more of.
  layout(
    String.raw`(?<![:.]|\p{N}[-/.]\p{N}{1,4}[\s,;|T]{1,2})(?<h>\d{1,2}):(?<m>\d\d):(?<s>\d\d)${FRACTION}(?!:)`,
    true,
  ),
];

/** The year before the first one of the Republic of China. */
const MINGUO = 1_911;

function yearOf(digits: string): number {
  const year = Number(digits);
  return digits.length === 2 ? 2_000 + year : digits.length === 3 ? MINGUO + year : year;
}

/**
 * Reads the time of one layout that begins at `index`; a clock alone is completed by `now`.
 * @param zone IANA zone
 */
export function laidOutTime(
  { form, counted }: Layout,
  text: string,
  index: number,
  zone: string,
  now: Reference,
): FoundTime | undefined {
  form.lastIndex = index;
  const parts = form.exec(text)?.groups;
  if (!parts) return undefined;
  const end = form.lastIndex;
  const { y, M, d, j, h, m, s = '0', f = '', n } = parts;
  // What is counted in days is local time, as whoever wrote it saw it.
  if (counted) {
    const ms = counted(Number(n));
    const local = n!.includes('.') ? atDay([1970, 1, 1], ms, zone, now) : ms;
    return local === undefined ? undefined : { ms: Math.round(local), end };
  }
  const millis = Number(f.padEnd(3, '0').slice(0, 3));
  const dayMs = timeOfDay(Number(h), Number(m), Number(s), millis);
  if (Number.isNaN(dayMs)) return undefined;
  let ms: number | undefined;
  if (y === undefined) ms = withoutDay(dayMs, zone, now);
  else if (j === undefined) ms = atDay([yearOf(y), Number(M), Number(d)], dayMs, zone, now);
  else if (Number(j) >= 1 && Number(j) <= 366)
    ms = atDay([yearOf(y), 1, 1], (Number(j) - 1) * DAY + dayMs, zone, now);
  return ms === undefined ? undefined : { ms, end };
}

function atDay(
  [year, month, day]: [year: number, month: number, day: number],
  dayMs: number,
  zone: string,
  now: Reference,
): number | undefined {
  const ms = onward(instant(year, month, day, dayMs, zone), zone, now);
  return ms !== undefined && Number.isFinite(ms) ? ms : undefined;
}
