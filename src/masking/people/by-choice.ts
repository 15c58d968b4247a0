import type { Finder } from '../span.ts';
import { find } from './personal.ts';

const BETWEEN = String.raw`\\{0,3}["']?\s{0,3}(?::|=|=>|%3[ad])\s{0,3}\\{0,3}["']?`;
/** What makes four numbers a version and no address. */
const VERSION = /(?:version|build|release|oid|rev|ver|v|firmware|driver)[ :=.]{0,3}$/i;
const REGION =
  '(?:서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충청?[남북]|충청[남북]|전라?[남북]|전라[남북]|경상?[남북]|경상[남북]|제주)(?:특별자치시|특별자치도|특별시|광역시|도|시)?';

/** Addresses of machines and of people. */
const ADDRESSES: Parameters<typeof find>[0] = [
  {
    kind: 'IP',
    sign: /\d\.\d/,
    pattern: /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\.?\d)/g,
    valid: (value, before) =>
      value.split('.').every((part) => Number(part) <= 255) && !VERSION.test(before.slice(-12)),
  },
  {
    kind: 'IP',
    sign: /(?:[0-9a-f]{1,4}:){5}/i,
    pattern: /(?<![\w:])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(?![\w:])/gi,
  },
  {
    kind: 'IP',
    sign: /::/,
    pattern: /(?<![\w:])(?:[0-9a-f]{1,4}:){1,6}:(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,5})?(?![\w:])/gi,
    // `dead::beef` are words.
    valid: (value) => /\d/.test(value),
  },
  {
    kind: 'IP',
    sign: /[0-9a-f]{2}[:-][0-9a-f]{2}[:-][0-9a-f]{2}/i,
    pattern: /(?<![\w:-])[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}(?![\w:-])/gi,
  },
  {
    kind: 'IP',
    sign: /\./,
    pattern: /(?<![\w.])[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}(?![\w.])/gi,
    valid: (value) => /\d/.test(value) && /[a-f]/i.test(value),
  },
  {
    kind: 'ADDRESS',
    sign: /[시군구] /,
    pattern: new RegExp(
      String.raw`${REGION} (?:[가-힣]{1,8}[시군구] ?){1,2}(?:[가-힣\d]{1,12}[읍면동리가] ?)?(?:[가-힣\d·]{1,14}(?:로|길)(?:\d{1,4}번?길)?)? ?(?:산 ?)?\d{1,5}(?:-\d{1,5})?(?:,? ?(?:\d{1,4}동|지하|B?\d{1,3}층|\d{1,5}호|\([가-힣\d ,]{2,20}\))){0,4}`,
      'g',
    ),
  },
  {
    kind: 'ADDRESS',
    sign: /[로길] ?\d/,
    pattern:
      /(?:[가-힣]{1,8}[시군구] )?(?<![가-힣])[가-힣\d·]{1,14}(?:로|길) ?\d{1,4}(?:-\d{1,4})?,? \d{1,4}동 \d{1,5}호/g,
  },
  {
    kind: 'ADDRESS',
    sign: /\d [A-Z]/,
    pattern:
      /(?<![\w.])\d{1,5} (?:[NSEW]\.? )?(?:[A-Z][a-z]{1,20} ){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl)\b\.?(?:,? (?:Apt|Suite|Ste|Unit|#)\.? ?[\w-]{1,6})?(?:,? [A-Z][A-Za-z ]{1,30},? [A-Z]{2} \d{5}(?:-\d{4})?)?/g,
  },
];

const SURNAME =
  '[김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민나지엄채원천방공현]';
const FULL_NAME = "[A-Z][a-z]{1,20}(?:[ -][A-Z][a-z'.]{0,20}){1,3}";
/** What customers are called that is no name. */
const NO_NAME =
  /^(?:최?우수|신규|이용|전체|기존|일반|법인|개인|장기|휴면|정|준|잠재|해외|국내|외국인|신용|온라인|주요|유료|무료|모든|전용|공용|현재|이전|대상|등록|기업|단체|성인|미성년|유효|차단|정지|탈퇴|한국인|이번|우리|오늘|고정|충성|주문|구매|방문|문의|민원|임직원|임원|전사|성실|원래|지정|천만)$/;
const isName = (value: string): boolean => !NO_NAME.test(value);

/** Names of people, if a line says that they are names. */
const NAMES: Parameters<typeof find>[0] = [
  {
    kind: 'NAME',
    pattern: new RegExp(
      String.raw`(?:\b(?:full|customer|user|display|first|last|real)?[_ ]?name|이름|성명|성함|고객명|회원명|주문자|수령인|받는 ?분|보내는 ?분|예금주|수취인|담당자|신청자|가입자)${BETWEEN}(${FULL_NAME}|[가-힣]{2,5}(?![가-힣]))`,
      'g',
    ),
    valid: isName,
  },
  {
    kind: 'NAME',
    sign: /M[rs]|D(?:r|ear)/,
    pattern: new RegExp(String.raw`\b(?:Mr|Mrs|Ms|Dr|Dear)\.? (${FULL_NAME}|[A-Z][a-z]{1,20})`, 'g'),
  },
  {
    kind: 'NAME',
    sign: /[님씨]/,
    pattern: new RegExp(`(?<![가-힣])(${SURNAME}[가-힣]{1,2})(?= ?(?:님|씨)(?![가-힣]{3}))`, 'g'),
    valid: isName,
  },
  {
    kind: 'NAME',
    sign: /고객|회원/,
    pattern: new RegExp(`(?<![가-힣])(${SURNAME}[가-힣]{2}) ?(?:고객|회원)(?![가-힣]{3})`, 'g'),
    valid: isName,
  },
];

/** Addresses of an operator's own machines say nothing of anybody. */
const OWN =
  /^(?:0\.|10\.|127\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|192\.168\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|255\.|::1$|f[cd][0-9a-f]{2}:|fe80:)/i;

/** Addresses, hidden by choice. */
export const findAddresses: Finder = (text, spans) => find(ADDRESSES, text, spans);
/** Names of people, hidden by choice. */
export const findNames: Finder = (text, spans) => find(NAMES, text, spans);
/** Addresses of people, and of machines that are none of the operator's own. */
export const findOutsideAddresses: Finder = (text, spans) => {
  const found: Parameters<Finder>[1] = [];
  find(ADDRESSES, text, found);
  for (const span of found) if (!OWN.test(text.slice(span.start, span.end))) spans.push(span);
};
/** Names where a field or a word before them tells that they are names. */
export const findNamedPeople: Finder = (text, spans) =>
  find(
    NAMES.filter(({ sign }) => sign?.source !== '[님씨]'),
    text,
    spans,
  );
