import { Lexicon } from '../lexicon/lexicon.ts';

/** Words that a statement may use although no log line has them. */
const ENGLISH = new Lexicon('vocabulary-english').words('words');
const ENDING = /(?:ingly|edly|ings?|ied|ies|ions?|ness|ed|es|ly|ers?|able|s|e|y)$/;
/** A word without its ending, so that `logged`, `logs` and `log` are the same. */
const stem = (word: string): string =>
  word.length <= 4
    ? word.replace(/s$/, '')
    : word.replace(ENDING, '').replace(/([b-df-hj-np-tv-z])\1$/, '$1');
const KNOWN = new Set([...ENGLISH, ...[...ENGLISH].map(stem)]);

/** The beginnings of Korean words that a statement may use; endings and particles follow them. */
const KOREAN = new RegExp(`^(?:${new Lexicon('vocabulary-korean').source('beginnings')})`);

const KOREAN_WORD = /[가-힣]{2,}/g;
const ENGLISH_WORD = /[a-z][a-z'’]{3,}/g;

const variants = (word: string): string[] => [
  word,
  word.replace(/s$/, ''),
  word.replace(/(?:es|ed|er|ers|ing)$/, ''),
  word.replace(/(?:s|d|r|rs|ing)$/, '').replace(/([^e])$/, '$1e'),
  stem(word),
];

/** Korean words for what English log lines say. */
const TRANSLATED: [RegExp, RegExp][] = [
  [/^만료/, /expir/],
  [/^(?:가득|꽉)/, /full|no space|exhaust/],
  [/^(?:초과|넘)/, /exceed|timed out|timeout|over|limit/],
  [/^(?:거부|거절)/, /refus|denied|reject/],
  [/^(?:끊|단절)/, /reset|closed|lost|broken|disconnect/],
  [/^(?:롤백|되돌)/, /roll(?:ed)? ?back/],
  [/^(?:할당|배정)/, /alloc/],
  [/^(?:누락|빠)/, /missing|not found|absent/],
  [/^(?:트랜잭션|거래)/, /transaction/],
  [/^(?:데이터베이스|디비)/, /database|\bdb\b|sql/],
  [/^(?:쿼리|질의|조회)/, /query|select|statement/],
  [/^(?:업스트림|상위)/, /upstream/],
  [/^(?:핸드셰이크|협상)/, /handshake/],
  [/^(?:쓰기|기록하지)/, /write/],
  [/^(?:읽기|읽지)/, /read/],
  [/^(?:주문)/, /order/],
  [/^(?:결제)/, /payment|charge|billing/],
  [/^(?:로그인|접속)/, /log ?in|connect/],
  [/^(?:크기|사이즈)/, /size/],
  [/^(?:줄였|줄이|낮)/, /lower|reduc|shrink|was \d/],
  [/^(?:배포|버전)/, /deploy|version|release/],
  [/^(?:재시작|재기동)/, /restart/],
];
const isTranslated = (word: string, known: string): boolean =>
  TRANSLATED.some(([korean, english]) => korean.test(word) && english.test(known));

/**
 * The words of a sentence that are neither in the evidence nor in ordinary language. If there is one, the sentence says something
 * that no line shows.
 * @param text lower case, without names of services and without what is checked otherwise
 * @param known the text of the evidence, lower case
 */
export function unaccounted(text: string, known: string): string[] {
  const english = (text.match(ENGLISH_WORD) ?? [])
    .map((word) => word.replace(/['’].*$/, ''))
    .filter((word) => word.length > 3 && !variants(word).some((form) => KNOWN.has(form)));
  const korean = (text.match(KOREAN_WORD) ?? []).filter((word) => !KOREAN.test(word));
  return [
    ...english.filter((word) => !known.includes(stem(word).slice(0, 12))),
    ...korean.filter((word) => !known.includes(word.slice(0, 2)) && !isTranslated(word, known)),
  ];
}
