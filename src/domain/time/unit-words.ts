/*
 * Words for milliseconds and seconds in languages other than English as they follow a number, from the unit patterns of Unicode
 * CLDR, with the abbreviations of programmers. Left out are those that are a plain word as well.
 */

const MILLISECONDS = [
  ...[
    '밀리초',
    'ミリ秒',
    '毫秒',
    'мс',
    'мсек',
    'миллисекунд',
    'миллисекунда',
    'миллисекунды',
    'мілісекунд',
    'мілісекунди',
  ],
  ...[
    'милисекунди',
    'милисекунде',
    'msn',
    'milisaniye',
    'mili giây',
    'miligiây',
    'milidetik',
    'ezredmásodperc',
  ],
  ...[
    'Millisekunden',
    'Millisekunde',
    'millisekunder',
    'millisekund',
    'millisekuntia',
    'milisekund',
    'milisekundy',
    'milisekúnd',
  ],
  ...[
    'millisecondes',
    'milliseconde',
    'milisegundos',
    'milissegundos',
    'millisecondi',
    'milliseconden',
    'milisecunde',
  ],
  ...[
    'χιλιοστά του δευτερολέπτου',
    'มิลลิวินาที',
    'มิลลิวิ',
    'ملي ثانية',
    'ملي ث',
    'אלפיות שנייה',
    'मिलीसेकंड',
    'میلی‌ثانیه',
  ],
];
const SECONDS = [
  ...[
    '초',
    '秒',
    'с',
    'сек',
    'секунд',
    'секунда',
    'секунды',
    'секунди',
    'секунде',
    'sn',
    'saniye',
    'giây',
    'detik',
    'dtk',
  ],
  ...[
    'Sek',
    'Sekunden',
    'Sekunde',
    'sekunder',
    'sekund',
    'sekuntia',
    'sekundy',
    'sekundi',
    'sekunde',
    'sekúnd',
    'másodperc',
  ],
  ...['secondes', 'seconde', 'segundos', 'segundo', 'secondi', 'seconden', 'secunde', 'δευτ', 'δευτερόλεπτα'],
  ...['วินาที', 'ثانية', 'ثوان', 'שניות', 'שנ׳', 'सेकंड', 'ثانیه'],
];

/** Milliseconds of each unit, by its word in small letters. */
const LENGTHS: ReadonlyMap<string, number> = new Map([
  ...MILLISECONDS.map((word) => [word.toLowerCase(), 1] as const),
  ...SECONDS.map((word) => [word.toLowerCase(), 1_000] as const),
]);
const LONGEST_FIRST = [...LENGTHS.keys()].sort((a, b) => b.length - a.length);

/**
 * A part of a regular expression that matches such a word; upper and lower case are up to its flags. The one letter that is
 * also Russian for `with` counts only where no word follows.
 */
export const TIME_UNIT_WORDS: string = LONGEST_FIRST.map((word) =>
  word === 'с' ? 'с(?![ .]?[\\u0400-\\u04ff])' : isSpaced(word) ? `${word}(?![a-z\\u00aa-\\u1fff])` : word,
).join('|');

function isSpaced(word: string): boolean {
  const code = word.charCodeAt(word.length - 1);
  return code < 0xe00 || (code > 0xe7f && code < 0x3000);
}

/** Milliseconds of a unit that `TIME_UNIT_WORDS` matched; undefined for any other word. */
export const lengthOfUnit = (word: string): number | undefined => LENGTHS.get(word.toLowerCase());

const BEHIND = new RegExp(` ?(?:${TIME_UNIT_WORDS})`, 'iy');
const FIRST = new Set(
  LONGEST_FIRST.flatMap((word) => [word.charCodeAt(0), word.toUpperCase().charCodeAt(0)]),
);

/** Whether such a unit, perhaps after a space, is at a place of a text. */
export function isTimeUnitAt(text: string, at: number): boolean {
  if (!FIRST.has(text.charCodeAt(text.charCodeAt(at) === 32 ? at + 1 : at))) return false;
  BEHIND.lastIndex = at;
  return BEHIND.test(text);
}
