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

/** Chinese characters and Korean letters. */
const GOES_ON = '[\\u3400-\\u9fff\\uac00-\\ud7a3]';
/** What may follow such a unit without a space: particles, and words for before, within, elapsed; no rest of another word. */
const BEHIND_UNIT = [
  '(?:간|동안|이내|내|후|전|뒤|만)(?:에|의|은|는|만|로|까지)?(?![가-힣])',
  '(?:가|를|는|로|에|의|씩|당|째|임)(?![가-힣])',
  '동안|이내|이상|이하|미만|마다|걸|경과|소요|지연|대기|까지|부터|보다|정도|쯤|가량|넘|남|초과|입니다|였|이었',
  '以内|以內|以上|以下|未満|内|內|後|后|前|间|間|鐘|钟|左右|每|毎|超|経過|经过|過|过|待|の|的|之|完成|遅延|延迟|延遲',
].join('|');
/** A unit of a script without spaces that is also the beginning of other words: `초기화`, `秒杀`. */
const UNSPACED_END = `(?!${GOES_ON})|(?=${BEHIND_UNIT})`;

/** The shortest ones in capitals are other abbreviations. */
const MIN_CAPITALIZED = 3;

/** A letter at the beginning is small or capital, as German writes it. */
function withEitherCase(word: string): string {
  const first = word[0]!;
  const capital = first.toUpperCase();
  return capital === first || word.length < MIN_CAPITALIZED ? word : `[${first}${capital}]${word.slice(1)}`;
}

function unitSource(word: string): string {
  if (word === 'с') return 'с(?![ .]?[\\u0400-\\u04ff])';
  if (isSpaced(word)) return `${withEitherCase(word)}(?![a-z\\u00aa-\\u1fff])`;
  return word.charCodeAt(0) < 0x3000 ? word : `${word}(?:${UNSPACED_END})`;
}

/**
 * A part of a regular expression that matches such a word; upper and lower case but that of its first letter are up to its
 * flags. The one letter that is also Russian for `with` counts only where no word follows.
 */
export const TIME_UNIT_WORDS: string = LONGEST_FIRST.map(unitSource).join('|');

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
