import { Lexicon } from '../lexicon/lexicon.ts';

/** How one kind of secret is found. */
export interface SecretPattern {
  name: string;
  pattern: RegExp;
  /** Which group of the pattern is the secret; the whole match when absent. */
  group?: number;
  /** Rejects look-alikes, e.g. by a checksum. */
  valid?: (value: string) => boolean;
}

/** What replaces a secret. */
export const PLACEHOLDER = /\[(?:KEY|JWT|TOKEN|PASSWORD|EMAIL|RRN|BUSINESS|CARD|PHONE|IP|NAME)_\d+\]/;
/** A quote, also as it stands inside JSON that is a string of JSON: `\"`. */
const QUOTE = String.raw`(?:\\{0,3}["'])?`;
const BETWEEN = String.raw`${QUOTE}\s{0,3}(?::|=|=>|%3[ad])\s{0,3}`;
const LEXICON = new Lexicon('secrets');
/** No placeholder begins here: what is already hidden is not hidden again. */
const FRESH = String.raw`(?!\[[A-Z]+_\d+\])`;
/** A secret's value in `name=value`: quoted, or up to white space or a separator; never a placeholder. */
const VALUE = `(?:${[
  String.raw`\\{1,3}["'](${FRESH}[^"'\\\n]{2,200})`,
  String.raw`"(${FRESH}[^"\n]{2,200})"`,
  String.raw`'(${FRESH}[^'\n]{2,200})'`,
  String.raw`((?!\[[A-Z]+_\d+\]|\*{3}|<\*>|(?:null|none|true|false|yes|no)\b)[^\s"',;&)}\]]{2,200})`,
].join('|')})`;
/**
 * Words that name a secret whatever comes before them (`PGPASSWORD`), and words that must begin at a border (`bypass` is not
 * one).
 */
const SECRET = LEXICON.source('named');
const SECRET_ALONE = LEXICON.source('named-alone');
/** The form of a password in a sentence, in contrast to a word about passwords: it has a digit or a sign. */
const PROSE_VALUE = String.raw`(["']${FRESH}[^"'\n]{3,100}["']|${FRESH}(?=[!-~]*[\d!#$%^*_])[!-~]{4,100})`;

const LOGIN_TOOL = `(?:${LEXICON.source('login-tool')})`;

/** Credentials: hidden from every model and every pack. */
export const CREDENTIALS: SecretPattern[] = [
  // The whole header, before its parts are taken for something smaller.
  {
    name: 'TOKEN',
    pattern: new RegExp(
      String.raw`\b(?:set-)?cookie${QUOTE}\s{0,3}[:=]\s{0,3}${QUOTE}([\w.-]+=[^"'\\\n]{2,4000})`,
      'gi',
    ),
  },
  {
    name: 'TOKEN',
    pattern: new RegExp(
      String.raw`\bauthorization${BETWEEN}${QUOTE}(?:(?:digest|oauth|hawk|signature|aws4-hmac-sha256)\s+([^\n]{4,2000})|(?:token|api-?key|key|negotiate|ntlm)\s+([^\s"',;\\]{4,2000}))`,
      'gi',
    ),
  },
  {
    name: 'KEY',
    pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  },
  {
    name: 'JWT',
    // From the first `eyJ` of a run of its characters, so that each run is looked at once.
    pattern: /(?<![\w-])(?:(?!\beyJ)[\w-])*(eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)/g,
    group: 1,
  },
  {
    name: 'TOKEN',
    pattern: new RegExp(String.raw`\b(?:${LEXICON.source('vendor-token')})`, 'g'),
  },
  { name: 'TOKEN', pattern: /\b(?:Bearer|Basic|Bot)\s+(?!\[[A-Z]+_\d+\])([\w.~+/-]{12,}=*)/g, group: 1 },
  {
    name: 'PASSWORD',
    // Up to the last `@`: a password may hold one.
    pattern: /:\/\/[^\s:@/"']{0,64}:(?!\[[A-Z]+_\d+\])([^\s/"']{1,200})@/g,
    group: 1,
  },
  {
    name: 'PASSWORD',
    pattern: new RegExp(
      String.raw`(?<![\w.-])(?:[\w.-]*(?:${SECRET})|(?:[\w.-]*[_.-])?(?:${SECRET_ALONE}))${BETWEEN}${VALUE}`,
      'gi',
    ),
  },
  {
    name: 'PASSWORD',
    pattern: /(?:^|\s)--?(?:password|passwd|pass|token|secret)[ =](?!\[[A-Z]+_\d+\])(\S{2,200})/gi,
    group: 1,
  },
  {
    name: 'PASSWORD',
    pattern:
      /\b(?:mysql|mariadb)\w*\b(?:(?!\bmysql|\bmariadb)[^\n]){0,200}?\s-p(?!\[[A-Z]+_\d+\])([^\s"'-]\S{1,100})/g,
    group: 1,
  },
  {
    name: 'PASSWORD',
    // Command-line tools that take the password as a word of its own.
    pattern: new RegExp(
      String.raw`\b${LOGIN_TOOL}\b(?:(?!\b${LOGIN_TOOL})[^\n]){0,200}?\s-[paPw]\s?(?!\[[A-Z]+_\d+\])([^\s"'-]\S{1,100})`,
      'g',
    ),
    group: 1,
  },
  {
    name: 'PASSWORD',
    pattern:
      /\b(?:curl|wget|http)\b(?:(?!\b(?:curl|wget|http)\b)[^\n]){0,200}?\s(?:-u|--user)[ =]?[^\s:]{1,64}:(?!\[[A-Z]+_\d+\])(\S{2,100})/g,
    group: 1,
  },
  {
    name: 'PASSWORD',
    // `user:password@host` without a scheme; digits alone are a port, and `login:kim@corp.io` is an e-mail address.
    pattern: new RegExp(
      [
        String.raw`(?<![\w/:.@-])(?!(?:${LEXICON.source('not-a-user')}):)`,
        String.raw`[a-z][\w.-]{0,40}:(?!\d+@)${FRESH}([^\s:@/"'<>]{3,100})@`,
        String.raw`(?=[\w-]+(?:\.[\w-]+)*(?::\d+)?(?:[/\s,;"')\]]|$))`,
      ].join(''),
      'gi',
    ),
    group: 1,
  },
  {
    name: 'PASSWORD',
    pattern: new RegExp(
      String.raw`\b(?:password|passphrase|passwd|pass ?code)\s+(?:(?:is|was|are)(?: now)?|(?:set|changed|reset|updated) to)\s{0,3}:?\s{0,3}${PROSE_VALUE}`,
      'gi',
    ),
    group: 1,
  },
  {
    name: 'PASSWORD',
    pattern: new RegExp(
      String.raw`(?:비밀번호|패스워드|암호)(?:는|은|가|이|를|을)?\s{0,3}[:=]?\s{0,3}${PROSE_VALUE}`,
      'g',
    ),
    group: 1,
  },
];

/** Data of people: hidden from models outside the operator's machines. */
export const PERSONAL: SecretPattern[] = [
  { name: 'EMAIL', pattern: /(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.)+[a-z]{2,24}\b/gi },
  {
    name: 'RRN',
    pattern: /(?<!\d)\d{6}-[1-8]\d{6}(?!\d)/g,
    valid: (value) => isDate(value.slice(0, 6)),
  },
  {
    name: 'RRN',
    pattern: /(?<![\d.])\d{6}[1-8]\d{6}(?![\d.])/g,
    valid: (value) => isDate(value.slice(0, 6)) && rrnChecksum(value),
  },
  { name: 'BUSINESS', pattern: /(?<![\d-])\d{3}-\d{2}-\d{5}(?![\d-])/g, valid: businessChecksum },
  {
    name: 'CARD',
    pattern: /(?<![\w.-])[3-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{2,7}(?![\d.-])/g,
    valid: (value) => /^\d{14,19}$/.test(value.replace(/[ -]/g, '')) && luhn(value.replace(/[ -]/g, '')),
  },
  { name: 'PHONE', pattern: /(?<![\w.-])(?:\+82[ -]?|0)1[016789][ -]?\d{3,4}[ -]?\d{4}(?![\w-])/g },
  { name: 'PHONE', pattern: /(?<![\w.-])0(?:2|[3-6]\d|70)-\d{3,4}-\d{4}(?![\w-])/g },
  { name: 'PHONE', pattern: /(?<![\w(])\([2-9]\d{2}\) ?[2-9]\d{2}-\d{4}(?![\w-])/g },
  { name: 'PHONE', pattern: /(?<![\w.+-])\+\d{1,3}[ -]\(?\d{1,4}\)?(?:[ -]\d{2,4}){2,3}(?![\w-])/g },
];

/** Addresses of machines, hidden by choice. */
export const ADDRESSES: SecretPattern[] = [
  {
    name: 'IP',
    pattern: /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\.?\d)/g,
    valid: (value) => value.split('.').every((part) => Number(part) <= 255),
  },
  { name: 'IP', pattern: /(?<![\w:])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(?![\w:])/gi },
  {
    name: 'IP',
    pattern: /(?<![\w:])(?:[0-9a-f]{1,4}:){1,6}:(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,5})?(?![\w:])/gi,
  },
];

const SURNAME =
  '[김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민나지엄채원천방공현]';
const FULL_NAME = "[A-Z][a-z]{1,20}(?:[ -][A-Z][a-z'.]{0,20}){1,3}";
/** Names of people where a line says that they are, hidden by choice. */
export const NAMES: SecretPattern[] = [
  {
    name: 'NAME',
    pattern: new RegExp(
      String.raw`(?:\b(?:full|customer|user|display|first|last|real)?[_ ]?name|이름|성명|성함|고객명|예금주|수취인)${BETWEEN}${QUOTE}(${FULL_NAME}|[가-힣]{2,5}(?![가-힣]))`,
      'g',
    ),
    group: 1,
  },
  {
    name: 'NAME',
    pattern: new RegExp(String.raw`\b(?:Mr|Mrs|Ms|Dr|Dear)\.? (${FULL_NAME}|[A-Z][a-z]{1,20})`, 'g'),
    group: 1,
  },
  {
    name: 'NAME',
    pattern: new RegExp(`(?<![가-힣])(${SURNAME}[가-힣]{1,2})(?= ?(?:님|씨|고객|회원)(?![가-힣]{3}))`, 'g'),
    group: 1,
  },
];

function isDate(yymmdd: string): boolean {
  const month = Number(yymmdd.slice(2, 4));
  const day = Number(yymmdd.slice(4, 6));
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

function rrnChecksum(digits: string): boolean {
  const weights = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];
  const sum = weights.reduce((acc, weight, i) => acc + weight * Number(digits[i]), 0);
  return (11 - (sum % 11)) % 10 === Number(digits[12]);
}

function businessChecksum(value: string): boolean {
  const digits = [...value.replaceAll('-', '')].map(Number);
  const weights = [1, 3, 7, 1, 3, 7, 1, 3, 5];
  const sum = weights.reduce(
    (acc, weight, i) => acc + weight * digits[i]!,
    Math.floor((digits[8]! * 5) / 10),
  );
  return (10 - (sum % 10)) % 10 === digits[9];
}

function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    let digit = Number(digits[digits.length - 1 - i]);
    if (i % 2 === 1) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 === 0;
}
