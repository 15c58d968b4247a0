import { Lexicon } from '../../lexicon/lexicon.ts';
import { serviceLike } from '../names.ts';
import { ENDINGS, entrySpanning, FOLDABLE, isFiller, spellings } from './words.ts';

/** What words of a question may also be: names and words of the logs, which are never taken for mistyped ones. */
export interface Own {
  services: readonly string[];
  /** Words of the messages, in lower case. */
  words: ReadonlySet<string>;
}

/** Words of times, which are read elsewhere but mistyped all the same. */
const TIME_WORDS =
  'yesterday today tonight morning afternoon evening night noon midnight between until before after minutes minute hours hour seconds weeks week monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october november december previous past'.split(
    ' ',
  );
const KOREAN_TIMES = ['어제', '그제', '오늘', '오전', '오후', '새벽', '아침', '저녁', '지난', '이후', '이전'];
const DAY_NAMES = new Set(['어제', '오늘']);
/** Words of their own that are a slip away from one of a question. */
const REAL = new Set([
  ...new Lexicon('questions/ordinary').words('words'),
  ...['form', 'forms', 'dose', 'trial', 'sign', 'signs', 'unite', 'causal', 'quite'],
]);
const QUOTED = /"[^"]*"|“[^”]*”|`[^`]*`/u;
const PIECE = new RegExp(`${QUOTED.source}|[^\\s"“\`]+`, 'gu');
const BORDER = /^([('‘]*)(.*?)([?!.,;:)'’~]*)$/su;
/** A day named before the one it is compared with: `yesterday vs today` asks what `today vs yesterday` does. */
const DAYS = /\byesterday\s*(?:vs\.?|versus|against|->|→|and|or)\s*today\b/giu;
const KOREAN_DAYS = /오늘(?:이랑|하고|과|이나|,)?\s*어제(?:랑|와|하고)?\s(?=[^?]{0,60}(?:비교|차이|대비))/gu;
/** `한시간`: the number stands apart for the reading of times. */
const GLUED_HOURS = /(?<![가-힣])((?:지난|최근|마지막)?)\s?(한|두|세|네)(시간)/gu;

/** `reqs/min`: so many in a time. Elsewhere what stands on both sides of a stroke are words. */
const RATE = /(?<![\p{L}\p{N}/])(\p{L}+)\/(sec(?:ond)?|min(?:ute)?|hour|hr|s|m|h)(?![\p{L}\p{N}/])/giu;
const UNITS: Record<string, string> = { s: 'second', m: 'minute', h: 'hour' };
const STROKE = /(?<=(?:^|\s)\p{L}+)\/(?=\p{L}+(?:$|\s))/gu;

/** `있었던 거 아니죠?` only asks to be told so. */
const TAG =
  /\s?(?:거|것|건|게)\s?(?:아니|아닌)(?:죠|지|야|지요|가|가요|에요|예요|니|냐|었어|었나요)?\s?[?.!]*$/u;

const BOTH_DAYS = /\btoday\s*(?:and|or|to|with|,)\s*yesterday\b/giu;
const COMPARES = /\b(?:compar|differ)/iu;

/** The question in the spelling that its reading knows: slips mended, words that were written as one apart. Quotes stay. */
export function respelled(text: string, own: Own): string {
  const ordered = text
    .replace(TAG, '?')
    .replace(RATE, (_, what: string, unit: string) => `${what} per ${UNITS[unit[0]!.toLowerCase()]}`)
    .replace(STROKE, ' ')
    .replace(DAYS, 'today vs yesterday')
    .replace(BOTH_DAYS, (both) => (COMPARES.test(text) ? 'today vs yesterday' : both))
    .replace(KOREAN_DAYS, '오늘 어제와 ')
    .replace(GLUED_HOURS, (_, before: string, number: string, unit: string) =>
      `${before} ${number} ${unit}`.trimStart(),
    );
  const names = new Set(own.services.map((name) => name.toLowerCase()));
  return ordered.replace(PIECE, (piece) => {
    if (QUOTED.test(piece)) return piece;
    const [, before, word, after] = BORDER.exec(piece)!;
    return word && word.length <= LONGEST ? `${before}${mended(word, names, own)}${after}` : piece;
  });
}

/** Longer ones are no words of a language. */
const LONGEST = 24;

function mended(word: string, names: ReadonlySet<string>, { words, services }: Own): string {
  const lower = word.toLowerCase();
  if (names.has(lower) || words.has(lower) || entrySpanning(lower)) return word;
  const split = /[가-힣]/.test(lower) ? apart(lower, names) : undefined;
  if (split) return split;
  if (serviceLike(lower, services)) return word;
  if (/^[a-z]+$/.test(lower)) return REAL.has(lower) ? word : (slipOf(lower) ?? word);
  if (!/[가-힣]/.test(lower)) return lower.replace(/^(top|last|first|latest)(\d{1,2})$/, '$1 $2');
  return unfolded(lower) ?? word;
}

/** The one word that this is with two neighbours exchanged, a letter too few or too many, or another vowel. */
function slipOf(word: string): string | undefined {
  if (word.length < 4) return undefined;
  const known = [...spellings(word[0]!), ...TIME_WORDS.filter((one) => one[0] === word[0])];
  if (known.includes(word)) return undefined;
  const near = new Set(known.filter((one) => isSlip(word, one)));
  // `erorrs` is mended as well as `erorr`.
  if (near.size === 0 && word.endsWith('s')) {
    const single = slipOf(word.slice(0, -1));
    return single && `${single}s`;
  }
  return near.size === 1 ? [...near][0] : undefined;
}

const VOWEL = /[aeiou]/;

function isSlip(word: string, meant: string): boolean {
  if (meant.length < 4 || Math.abs(word.length - meant.length) > 1) return false;
  let same = 0;
  while (same < word.length && word[same] === meant[same]) same += 1;
  const [x, y] = [word.slice(same), meant.slice(same)];
  if (x.length > 1 && x[0] === y[1] && x[1] === y[0] && x.slice(2) === y.slice(2)) return true;
  // A letter that is doubled, or should be, is a slip in a short word too.
  const longer = x.length > y.length ? word : meant;
  if (word.length < 6 && longer[same] !== longer[same - 1]) return false;
  if (x === y.slice(1) || x.slice(1) === y) return true;
  if (word.length < 6) return false;
  return VOWEL.test(x[0] ?? '') && VOWEL.test(y[0] ?? '') && x.slice(1) === y.slice(1);
}

/** `에러난`, `cart에러`, `요청수`: a name or a word that stands for something, and one that is all of the rest. */
function apart(word: string, names: ReadonlySet<string>): string | undefined {
  for (let at = word.length - 1; at >= 2; at -= 1) {
    const [head, rest] = [word.slice(0, at), word.slice(at)];
    if (!/^[가-힣]/.test(rest)) continue;
    const isHead = names.has(head) || DAY_NAMES.has(head) || (!isFiller(head) && entrySpanning(head));
    if (!isHead) continue;
    if (/^수(?:는|가|를|도|만|요|좀|야)?$/.test(rest)) return `${head} 건${rest}`;
    if (entrySpanning(rest) && !(rest.length === 1 && isFiller(rest))) return `${head} ${rest}`;
    const more = rest.length > 1 ? (apart(rest, names) ?? unfolded(rest)) : undefined;
    if (more) return `${head} ${more}`;
  }
  return undefined;
}

/** Finals and vowels that sound alike and are written for each other: `있엇나`, `에라`, `됬어`. */
const ALIKE_FINALS = new Map([
  [20, 19],
  [18, 17],
]);
const ALIKE_VOWELS = new Map([
  [5, 1],
  [7, 3],
  [10, 15],
  [11, 15],
]);

function fold(text: string): string {
  return text.replace(/[가-힣]/gu, (syllable) => {
    const code = syllable.charCodeAt(0) - 0xac00;
    const [initial, vowel, final] = [Math.floor(code / 588), Math.floor((code % 588) / 28), code % 28];
    return String.fromCharCode(
      0xac00 + initial * 588 + (ALIKE_VOWELS.get(vowel) ?? vowel) * 28 + (ALIKE_FINALS.get(final) ?? final),
    );
  });
}

/** Known words by how they sound; those that sound the same are no guess. */
const SOUNDS = new Map<string, string>();
for (const one of [...FOLDABLE, ...KOREAN_TIMES]) if (!SOUNDS.has(fold(one))) SOUNDS.set(fold(one), one);

const TAILS = new Map(ENDINGS.map((one): [string, string] => [fold(one), one]));

/** A word with the beginning of a known one, as it sounds. */
function unfolded(word: string): string | undefined {
  const sound = fold(word);
  for (let at = word.length; at >= 2; at -= 1) {
    const known = SOUNDS.get(sound.slice(0, at));
    if (!known) continue;
    const tail = word.slice(at);
    for (const end of [tail, TAILS.get(sound.slice(at)) ?? tail])
      if (entrySpanning(known + end) || KOREAN_TIMES.includes(known + end)) return known + end;
  }
  return undefined;
}
