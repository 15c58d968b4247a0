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

/** What may stand between two numbers: signs, or one letter or the sign of a unit (`T`, `h`, `년`, `時`). */
const GAP = String.raw`(?:\p{L}?[^\p{L}\p{N}]{1,3}|\p{L})`;
/** Between a date and a clock, also the sign of a unit and a space. */
const JOINT = String.raw`(?:\p{L}{0,2}[^\p{L}\p{N}]{0,4}\p{L}?)`;

/** Dates, each with whether it is vague. Four digits of a year begin with those of this century, or of the Buddhist era. */
const YEAR = String.raw`(?<y>(?:19|20|25|26)\d\d|1[0-4]\d)`;
const DATES: readonly (readonly [form: string, vague: boolean])[] = [
  [`${YEAR}${GAP}(?<M>\\d{1,2})${GAP}(?<d>\\d{1,2})`, false],
  [`${YEAR}(?<M>\\d\\d)(?<d>\\d\\d)`, false],
  [`(?<d>\\d{1,2})${GAP}(?<M>\\d{1,2})${GAP}${YEAR}`, false],
  [`(?<M>\\d{1,2})${GAP}(?<d>\\d{1,2})${GAP}${YEAR}`, false],
  [`(?<d>\\d\\d)(?<M>\\d\\d)${YEAR}`, false],
  [`(?<M>\\d\\d)(?<d>\\d\\d)${YEAR}`, false],
  [`${YEAR}${GAP}?(?<j>\\d{3})`, false],
  [`(?<y>\\d\\d)${GAP}(?<M>\\d{1,2})${GAP}(?<d>\\d{1,2})`, true],
  [`(?<y>\\d\\d)(?<M>\\d\\d)(?<d>\\d\\d)`, true],
  [`(?<d>\\d{1,2})${GAP}(?<M>\\d{1,2})${GAP}(?<y>\\d\\d)`, true],
  [`(?<M>\\d{1,2})${GAP}(?<d>\\d{1,2})${GAP}(?<y>\\d\\d)`, true],
  [`(?<d>\\d\\d)(?<M>\\d\\d)(?<y>\\d\\d)`, true],
  [`(?<M>\\d\\d)(?<d>\\d\\d)(?<y>\\d\\d)`, true],
  [`(?<y>\\d\\d)${GAP}?(?<j>\\d{3})`, true],
];
const CLOCKS = [
  String.raw`(?<h>\d{1,2})${GAP}(?<m>\d\d)${GAP}(?<s>\d\d)(?:[.,:](?<f>\d{1,9}))?`,
  String.raw`(?<h>\d\d)(?<m>\d\d)(?<s>\d\d)(?:[.,]?(?<f>\d{3}))?`,
  String.raw`(?<h>\d{1,2})${GAP}(?<m>\d\d)`,
  String.raw`(?<h>\d\d)(?<m>\d\d)`,
];

const layout = (form: string, vague: boolean, counted?: Layout['counted']): Layout => ({
  form: new RegExp(`${form}(?!\\d)`, 'uy'),
  vague,
  ...(counted ? { counted } : {}),
});

/** Days from the first one of spreadsheets to the epoch. */
const SPREADSHEET = 25_569;
/** Milliseconds from the first moment of these counts of 100 ns to the epoch. */
const SINCE_1601 = 11_644_473_600_000;
const SINCE_YEAR_1 = 62_135_596_800_000;

/** All layouts, those that say most first. */
export const LAYOUTS: readonly Layout[] = [
  ...DATES.flatMap(([date, vague]) =>
    CLOCKS.flatMap((clock) => [
      layout(`${date}${JOINT}${clock}`, vague),
      layout(`${clock}${JOINT}${date}`, vague),
    ]),
  ),
  layout(String.raw`(?<n>1[34]\d{16})`, false, (value) => value / 1e4 - SINCE_1601),
  layout(String.raw`(?<n>6[34]\d{16})`, false, (value) => value / 1e4 - SINCE_YEAR_1),
  layout(String.raw`(?<n>[45]\d{4}\.\d{3,15})`, true, (value) => (value - SPREADSHEET) * DAY),
  layout(CLOCKS[0]!, true),
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
    const local = n!.includes('.') ? atDay(1970, 1, 1, ms, zone, now) : ms;
    return local === undefined ? undefined : { ms: Math.round(local), end };
  }
  const millis = Number(f.padEnd(3, '0').slice(0, 3));
  const dayMs = timeOfDay(Number(h), Number(m), Number(s), millis);
  if (Number.isNaN(dayMs)) return undefined;
  let ms: number | undefined;
  if (y === undefined) ms = withoutDay(dayMs, zone, now);
  else if (j === undefined) ms = atDay(yearOf(y), Number(M), Number(d), dayMs, zone, now);
  else if (Number(j) >= 1 && Number(j) <= 366)
    ms = atDay(yearOf(y), 1, 1, (Number(j) - 1) * DAY + dayMs, zone, now);
  return ms === undefined ? undefined : { ms, end };
}

function atDay(
  year: number,
  month: number,
  day: number,
  dayMs: number,
  zone: string,
  now: Reference,
): number | undefined {
  const ms = onward(instant(year, month, day, dayMs, zone), zone, now);
  return ms !== undefined && Number.isFinite(ms) ? ms : undefined;
}
