// The names of months, weekdays and halves of a day in all languages that the runtime knows. English is looked up first, so
// that the tables are made only where a log is in another language, and once.

const MONTHS = new Map<string, number>();
const WEEKDAYS = new Set<string>();
for (const [
  index,
  name,
] of 'January February March April May June July August September October November December'
  .split(' ')
  .entries()) {
  const short = name.slice(0, 3);
  for (const word of [name, short, short.toUpperCase(), name.toUpperCase(), short.toLowerCase()])
    MONTHS.set(word, index + 1);
}
MONTHS.set('Sept', 9);
for (const name of 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' '))
  for (const word of [name, name.slice(0, 3)]) WEEKDAYS.add(word);

interface Names {
  months: Map<string, number>;
  weekdays: Set<string>;
  /** `true` for the second half of the day. */
  halves: Map<string, boolean>;
}

/** Languages whose names go first where two languages use one word for two months, then all others by their code. */
const FIRST = [
  'ko',
  'ja',
  'zh',
  'de',
  'fr',
  'es',
  'pt',
  'it',
  'nl',
  'pl',
  'cs',
  'ru',
  'uk',
  'tr',
  'sv',
  'da',
  'nb',
];
const A = 97;
const LETTERS = 26;
let names: Names | undefined;

/** Codes of two letters that the runtime has data for. */
function languages(): string[] {
  const codes: string[] = [];
  for (let i = 0; i < LETTERS * LETTERS; i++)
    codes.push(String.fromCharCode(A + Math.floor(i / LETTERS), A + (i % LETTERS)));
  return [...new Set([...FIRST, ...Intl.DateTimeFormat.supportedLocalesOf(codes)])];
}

/** A name as it is looked up: small letters, no dot, plain spaces. */
const plain = (word: string): string =>
  word
    .toLowerCase()
    .replace(/[.\u200e\u200f]/g, '')
    .replace(/[\s\u00a0\u202f]+/g, ' ')
    .trim();

function build(): Names {
  const made: Names = { months: new Map(), weekdays: new Set(), halves: new Map() };
  const add = <T>(map: Map<string, T>, word: string, value: T): void => {
    // A number is no name; of two languages the first one counts.
    if (word && !/\d/.test(word) && !map.has(word)) map.set(word, value);
  };
  for (const language of languages()) {
    const format = (options: Intl.DateTimeFormatOptions) =>
      new Intl.DateTimeFormat(`${language}-u-ca-gregory-nu-latn`, { timeZone: 'UTC', ...options });
    const partOf = (made: Intl.DateTimeFormat, ms: number, type: string): string =>
      plain(made.formatToParts(ms).find((part) => part.type === type)?.value ?? '');
    for (const width of ['short', 'long'] as const) {
      // Within a date a name may have another ending than alone.
      const dated = format({ month: width, day: 'numeric', weekday: width });
      const alone = format({ month: width });
      for (let month = 0; month < 12; month++)
        for (const form of [dated, alone])
          add(made.months, partOf(form, Date.UTC(2026, month, 15), 'month'), month + 1);
      for (let day = 1; day <= 7; day++) made.weekdays.add(partOf(dated, Date.UTC(2026, 1, day), 'weekday'));
    }
    const half = format({ hour: 'numeric', hour12: true });
    const [morning, evening] = [3, 15].map((hour) => partOf(half, Date.UTC(2026, 0, 1, hour), 'dayPeriod'));
    if (!morning || !evening || morning === evening) continue;
    add(made.halves, morning, false);
    add(made.halves, evening, true);
  }
  made.weekdays.delete('');
  return made;
}

const known = (): Names => {
  names ??= build();
  return names;
};

/** The month that a word names in any language, 1 to 12; 0 for any other word. */
export const monthOf = (word: string): number => MONTHS.get(word) ?? known().months.get(plain(word)) ?? 0;

/** Whether a word names a day of the week in any language. */
export const isWeekday = (word: string): boolean => WEEKDAYS.has(word) || known().weekdays.has(plain(word));

/** Whether a word is the second half of the day (`true`) or the first (`false`), in any language; undefined for others. */
export const halfOf = (word: string): boolean | undefined => known().halves.get(plain(word));
