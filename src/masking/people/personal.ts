import type { Finder, Kind } from '../span.ts';
import {
  isBirth,
  isBusinessNumber,
  isCardNumber,
  isChineseNumber,
  isCpf,
  isIban,
  isResidentNumber,
} from './checksums.ts';

/** One kind of personal data. */
interface Personal {
  kind: Kind;
  pattern: RegExp;
  /** A text must have this before the pattern is tried. */
  sign?: RegExp;
  /** So many digits must stand together, with no more than a sign between them. */
  digits?: number;
  /** @param before the text before it, by which a place is named */
  valid?: (value: string, before: string) => boolean;
}

/** Signs between groups of digits: also spaces and hyphens that do not break a line. */
const GAP = String.raw`[ .\-\u00a0\u2007\u2009\u202f\u2010-\u2015\u2212]`;
/** What people are told by, behind which fewer signs are enough. */
const PERSON_PLACE =
  /(?:rrn|ssn|jumin|resident|foreigner|alien|arc|national|identity|주민|외국인|등록번호|실명|신분증|생년월일)[\p{L} _"'.:=#()-]{0,24}$/iu;
const PHONE_PLACE =
  /(?:phone|tel|mobile|cell|fax|sms|call|contact|hp|전화|연락처|휴대|핸드폰|폰|번호|팩스|문자|콜백|msisdn|whatsapp)[\p{L} _"'.:=#()-]{0,24}$/iu;
const CARD_PLACE = /(?:card|pan|카드)[\p{L} _"'.:=#()-]{0,24}$/iu;

function isResident(value: string, before: string): boolean {
  const digits = value.replace(/\D/g, '');
  const sex = digits[6]!;
  if (!isBirth(digits.slice(0, 6), sex)) return false;
  const gap = value.replace(/\d/g, '');
  if (/^[-\u2010-\u2015]$/.test(gap) || PERSON_PLACE.test(before)) return true;
  // Nobody is older than a hundred years or so, and nobody comes from the future.
  const year = Number(digits.slice(0, 2));
  if ('1256'.includes(sex) ? year < 25 : year > 40) return false;
  return isResidentNumber(digits);
}

function isCard(value: string, before: string): boolean {
  const groups = value.split(new RegExp(GAP, 'u'));
  if (groups.length > 1 && (groups.length < 3 || groups.some((group) => group.length > 7))) return false;
  const { length } = value.replace(/\D/g, '');
  // Longer or shorter numbers without gaps are ids, unless a card is spoken of.
  if (groups.length === 1 && length !== 16 && length !== 15 && !CARD_PLACE.test(before)) return false;
  return isCardNumber(value);
}

const PERSONAL: Personal[] = [
  {
    kind: 'EMAIL',
    sign: /@/,
    pattern: /(?<![\w.+-])[\w.+-]{1,64}@(?:[\w\uac00-\ud7a3-]{1,63}\.)+(?:[a-z]{2,24}\b|\uD55C\uAD6D)/gi,
  },
  {
    kind: 'EMAIL',
    sign: /%40/,
    pattern: /(?<![\w.+-])[\w.+-]{1,64}%40(?:[\w-]{1,63}\.)+[a-z]{2,24}\b/gi,
  },
  {
    kind: 'RRN',
    digits: 13,
    pattern: new RegExp(String.raw`(?<![\d.-])\d{6}(?:${GAP}|\s-\s)?[1-8]\d{6}(?![\d-]|\.\d)`, 'gu'),
    valid: isResident,
  },
  // Its second half hidden already but for the sex: the day of birth is left to be seen.
  { kind: 'RRN', sign: /-[1-8]\*{6}/, pattern: /(?<![\d.-])\d{6}-[1-8](?=\*{6})/g },
  {
    kind: 'CARD',
    digits: 13,
    pattern: new RegExp(
      String.raw`(?<![\w.-])\d{4}(?:${GAP}?\d{4,6}){1,2}${GAP}?\d{1,7}(?:${GAP}\d{3})?(?![\d-]|\.\d)`,
      'gu',
    ),
    valid: isCard,
  },
  {
    kind: 'BUSINESS',
    digits: 10,
    pattern: /(?<![\d-])\d{3}[- .]\d{2}[- .]\d{5}(?![\d-])/g,
    valid: isBusinessNumber,
  },
  {
    kind: 'BUSINESS',
    sign: /사업자|business|brn|biz/i,
    pattern:
      /(?:사업자(?:등록)?(?:번호)?|business[ _-]?(?:no|number|reg\w*)|brn|biz_?no)["']?\s{0,2}[:=]?\s{0,2}["']?(\d{10})(?!\d)/gi,
    valid: isBusinessNumber,
  },
  // Mobile telephones of Korea, at home and from abroad.
  {
    kind: 'PHONE',
    digits: 9,
    pattern: new RegExp(
      String.raw`(?<![\w.-])(?:(?:\+|00)82${GAP}?(?:\(0\)|0)?${GAP}?|0|\(0)1[016789]\)?${GAP}?\d{3,4}${GAP}?\d{4}(?![\w-])`,
      'gu',
    ),
  },
  // Other telephones of Korea.
  {
    kind: 'PHONE',
    digits: 9,
    pattern: new RegExp(
      String.raw`(?<![\w.-])(?:(?:\+|00)82${GAP}?(?:\(0\)|0)?${GAP}?|\(?0)(?:2|[3-6][1-5]|70|50\d|80)\)?${GAP}\d{3,4}${GAP}\d{4}(?![\w-]|\.\d)`,
      'gu',
    ),
    valid: (value) => !/^\d+\.\d+\.\d+$/.test(value),
  },
  {
    kind: 'PHONE',
    digits: 8,
    pattern: /(?<![\w.-])1[5689]\d{2}-\d{4}(?![\w-])/g,
    valid: (_value, before) => PHONE_PLACE.test(before),
  },
  {
    kind: 'PHONE',
    digits: 9,
    pattern: /(?<![\w.-])0(?:2|[3-6][1-5]|70|50\d)\d{7,8}(?![\w-]|\.\d)/g,
    valid: (_value, before) => PHONE_PLACE.test(before),
  },
  // North America, and any country by its number.
  { kind: 'PHONE', digits: 10, pattern: /(?<![\w(.-])\([2-9]\d{2}\) ?[2-9]\d{2}[-. ]\d{4}(?![\w-])/g },
  {
    kind: 'PHONE',
    digits: 10,
    pattern: /(?<![\w.+-])(?:1[-. ])?[2-9]\d{2}([-.])[2-9]\d{2}\1\d{4}(?![\w-]|\.\d)/g,
  },
  {
    kind: 'PHONE',
    digits: 9,
    sign: /\+[1-9]/,
    pattern: new RegExp(
      String.raw`(?<![\w.+-])\+[1-9]\d{0,2}(?:${GAP}?\(?\d{1,4}\)?(?:${GAP}?\d{2,4}){2,4}|\d{8,12})(?![\w-]|\.\d)`,
      'gu',
    ),
    valid: (value) => {
      const { length } = value.replace(/\D/g, '');
      return length >= 9 && length <= 15;
    },
  },
  {
    kind: 'ACCOUNT',
    sign: /계좌|통장|예금|입금|이체|송금|account|acct|bank|iban|은행|가상계좌|口座/i,
    pattern:
      /(?:계좌|통장|예금|입금|이체|송금|은행|口座|account|acct|bank)[^\d\n]{0,24}?(?<![\w.-])(\d{2,6}(?:-\d{2,8}){1,3})(?![\w-])/gi,
    valid: (value) => {
      const { length } = value.replace(/\D/g, '');
      return length >= 10 && length <= 16 && !/^\d{4}-\d\d-\d\d(?!\d)/.test(value);
    },
  },
  {
    kind: 'ACCOUNT',
    sign: /계좌|통장|口座|acct|account|bank/i,
    pattern:
      /(?:계좌|통장|口座|bank[ _-]?account|account[ _-]?(?:no|number|num)|acct[ _-]?(?:no|number|num)?)[^\d\n]{0,16}?(?<![\w.-])(\d{10,16})(?![\w.-])/gi,
  },
  {
    kind: 'ACCOUNT',
    sign: /[A-Z]{2}\d{2}/,
    pattern: /(?<![\w-])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,4})?(?![\w-])/g,
    valid: isIban,
  },
  // Licences of drivers in Korea: the region, the year, a number, a check.
  { kind: 'IDENTITY', digits: 12, pattern: /(?<![\w-])(?:1[1-9]|2[0-8])-\d{2}-\d{6}-\d{2}(?![\w-])/g },
  {
    kind: 'IDENTITY',
    sign: /면허|licen[cs]e/i,
    pattern: /(?:면허|licen[cs]e)[^\d\n]{0,24}?((?:1[1-9]|2[0-8])[- ]?\d{2}[- ]?\d{6}[- ]?\d{2})(?![\w-])/gi,
  },
  {
    kind: 'IDENTITY',
    digits: 10,
    pattern:
      /(?:서울|부산|경기|강원|충북|충남|전북|전남|경북|경남|제주|대구|인천|광주|대전|울산) ?\d{2}-\d{6}-\d{2}(?![\w-])/g,
  },
  {
    kind: 'IDENTITY',
    sign: /passport|여권|パスポート|护照/i,
    pattern:
      /(?:passport|여권|パスポート|护照)[^\n]{0,24}?(?<![A-Za-z\d])([A-Z]{1,2}\d{3}[A-Z]?\d{4,5}|[A-Z0-9]{2}\d{6,7})(?![A-Za-z\d])/gi,
  },
  {
    kind: 'IDENTITY',
    sign: /ssn|social|tax|tin\b|itin|national|nino|aadhaar|dni|nie|nif|pesel|sin\b|tfn|bsn|mynumber|identity|insee|codice|steuer|マイナンバー|身份证|신분증/i,
    pattern:
      /(?:\bssn|social[ _-]?security|tax[ _-]?id|\btin\b|\bitin\b|national[ _-]?(?:id|insurance)|\bnino\b|aadhaar|\bdni\b|\bnie\b|\bnif\b|pesel|\bsin\b|\btfn\b|\bbsn\b|my[ _-]?number|identity[ _-]?(?:card|no|number)|\binsee\b|codice fiscale|steuer-?id|マイナンバー|身份证|신분증)[^\d\n]{0,20}?(?<![\d.])((?:[A-Z]{1,2} ?)?\d(?:[ .-]?[\dA-Z]){6,17})(?![\w-])/gi,
    valid: (value) => value.replace(/\D/g, '').length >= 6,
  },
  {
    kind: 'IDENTITY',
    digits: 17,
    pattern: /(?<![\w.-])[1-9]\d{5}(?:19|20)\d{9}[\dXx](?![\w.-])/g,
    valid: isChineseNumber,
  },
  { kind: 'IDENTITY', digits: 11, pattern: /(?<![\w.-])\d{3}\.\d{3}\.\d{3}-\d{2}(?![\w-])/g, valid: isCpf },
  {
    kind: 'IDENTITY',
    sign: /[A-Z]{6}\d{2}[A-Z]/,
    pattern: /(?<![\w-])[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z](?![\w-])/g,
  },
];

/** Signs between digits of one number, and how many of them may follow each other. */
const BETWEEN = new Set(
  [...' .-()\u00a0\u2007\u2009\u202f\u2010\u2011\u2012\u2013\u2014\u2015\u2212'].map((c) => c.charCodeAt(0)),
);
const MOST_BETWEEN = 3;

/** Digits that stand together, at most. */
function mostDigits(text: string): number {
  let most = 0;
  let digits = 0;
  let gap = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) {
      digits += 1;
      gap = 0;
      if (digits > most) most = digits;
    } else if (digits > 0) {
      gap += 1;
      if (gap > MOST_BETWEEN || !BETWEEN.has(code)) digits = 0;
    }
  }
  return most;
}

/** Characters before a number in which its place may be named. */
const BEFORE = 40;

/** Data of people: hidden from models outside the operator's machines, and from chats by choice. */
export const findPersonal: Finder = (text, spans) => find(PERSONAL, text, spans);

export function find(
  list: Personal[],
  text: string,
  spans: { start: number; end: number; kind: Kind }[],
): void {
  const most = mostDigits(text);
  for (const { kind, pattern, sign, valid, digits = 0 } of list) {
    if (digits > most || (sign && !sign.test(text))) continue;
    for (const match of text.matchAll(pattern)) {
      const named = match.slice(1).find((group) => group !== undefined && group.length > 1);
      const value = named ?? match[0];
      const start = match.index + match[0].lastIndexOf(value);
      if (valid && !valid(value, text.slice(Math.max(0, start - BEFORE), start))) continue;
      spans.push({ start, end: start + value.length, kind });
    }
  }
}
