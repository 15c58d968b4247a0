import { AppError } from '../domain/errors.ts';

interface Detector {
  name: string;
  pattern: RegExp;
  /** Which group of the pattern is the secret; the whole match when absent. */
  group?: number;
  /** Rejects look-alikes, e.g. by a checksum. */
  valid?: (value: string) => boolean;
}

const PLACEHOLDER = /\[(?:KEY|JWT|TOKEN|PASSWORD|EMAIL|RRN|BUSINESS|CARD|PHONE)_\d+\]/;
/** A quote, also as it stands inside JSON that is a string of JSON: `\"`. */
const QUOTE = String.raw`(?:\\{0,3}["'])?`;
const BETWEEN = String.raw`${QUOTE}\s{0,3}(?::|=|=>|%3[ad])\s{0,3}`;
/** A secret's value in `name=value`: quoted, or up to white space or a separator; never a placeholder. */
const VALUE = String.raw`(?:\\{1,3}["']((?!\[[A-Z]+_\d+\])[^"'\\\n]{2,200})|"((?!\[[A-Z]+_\d+\])[^"\n]{2,200})"|'((?!\[[A-Z]+_\d+\])[^'\n]{2,200})'|((?!\[[A-Z]+_\d+\]|\*{3}|<\*>|null\b|none\b|true\b|false\b)[^\s"',;&)}\]]{2,200}))`;
/** Words that name a secret whatever stands before them (`PGPASSWORD`), and those that need a border (`bypass` is none). */
const SECRET =
  'passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|(?:secret|signing|encryption|master)[_-]?key(?:[_-]?base)?|비밀번호|암호';
const SECRET_ALONE = 'pass|pw|credentials?|authorization';

/** Credentials: hidden from every model and every pack. */
const CREDENTIALS: Detector[] = [
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
  { name: 'JWT', pattern: /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g },
  {
    name: 'TOKEN',
    pattern:
      /\b(?:sk-[\w-]{16,}|sk_(?:live|test)_\w{10,}|xox[abeoprs]-[\w-]{10,}|xapp-[\w-]{10,}|gh[opsur]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|npm_\w{30,}|hf_\w{20,}|(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[\w-]{30,}|ya29\.[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}|dop_v1_[0-9a-f]{40,})/g,
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
      /\b(?:mysql|mysqldump|mysqladmin|mariadb|sshpass|redis-cli)\b[^\n]{0,200}?\s-[pa](?!\[[A-Z]+_\d+\])([^\s-]\S{1,100})/g,
    group: 1,
  },
];

/** Data of people: hidden from models outside the operator's machines. */
const PERSONAL: Detector[] = [
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
    pattern: /(?<![\d.-])[3-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{2,7}(?![\d.-])/g,
    valid: (value) => /^\d{14,19}$/.test(value.replace(/[ -]/g, '')) && luhn(value.replace(/[ -]/g, '')),
  },
  { name: 'PHONE', pattern: /(?<![\w.-])(?:\+82[ -]?|0)1[016789][ -]?\d{3,4}[ -]?\d{4}(?![\w-])/g },
  { name: 'PHONE', pattern: /(?<![\w.-])0(?:2|[3-6]\d|70)-\d{3,4}-\d{4}(?![\w-])/g },
  { name: 'PHONE', pattern: /(?<![\w.+-])\+\d{1,3}[ -]\(?\d{1,4}\)?(?:[ -]\d{2,4}){2,3}(?![\w-])/g },
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

export interface Masker {
  /** Throws AppError `internal` when something detectable would remain: nothing is sent then. */
  mask(text: string): string;
  /** Puts the hidden values back. */
  unmask(text: string): string;
  /** Hides in text what was found to be a credential: an answer has no use for one, whoever asked for it. */
  conceal(text: string): string;
}

/**
 * Hides credentials, and with `personal` also data of people, behind placeholders such as `[EMAIL_1]` that stand for
 * the same value all through one request.
 */
export function createMasker(options: { personal: boolean }): Masker {
  const detectors = options.personal ? [...CREDENTIALS, ...PERSONAL] : CREDENTIALS;
  const placeholders = new Map<string, string>();
  const values = new Map<string, string>();
  const numbers = new Map<string, number>();
  const placeholder = (name: string, value: string): string => {
    const known = placeholders.get(value);
    if (known) return known;
    const number = (numbers.get(name) ?? 0) + 1;
    numbers.set(name, number);
    const made = `[${name}_${number}]`;
    placeholders.set(value, made);
    values.set(made, value);
    return made;
  };
  return {
    mask(text) {
      // Text that looks like a placeholder already must not be turned into somebody's value later.
      let out = text.replace(new RegExp(PLACEHOLDER, 'g'), (found) => found.replace('_', '-'));
      for (const detector of detectors)
        out = replace(out, detector, (value) => placeholder(detector.name, value));
      for (const detector of detectors)
        if (matches(out, detector)) throw new AppError('internal', `masking left a ${detector.name} behind`);
      return out;
    },
    unmask: (text) => text.replace(new RegExp(PLACEHOLDER, 'g'), (found) => values.get(found) ?? found),
    conceal(text) {
      let out = text;
      for (const [made, value] of values)
        if (HIDDEN.test(made) && value.length >= SHORTEST) out = out.replaceAll(value, REDACTED);
      return out;
    },
  };
}

/** Placeholders of credentials; data of people come back into the answer. */
const HIDDEN = /^\[(?:KEY|JWT|TOKEN|PASSWORD)_/;
const SHORTEST = 4;
const REDACTED = '[redacted]';

/** Replaces credentials for good, for packs that a person or a file gets. */
export function redactCredentials(text: string): string {
  let out = text;
  for (const detector of CREDENTIALS) out = replace(out, detector, () => REDACTED);
  return out;
}

function secretOf(match: RegExpMatchArray, detector: Detector): string | undefined {
  const value = detector.group
    ? match[detector.group]
    : (match.slice(1).find((group) => group !== undefined) ?? match[0]);
  if (value === undefined || PLACEHOLDER.test(value) || value.startsWith('[redacted]')) return undefined;
  return detector.valid && !detector.valid(value) ? undefined : value;
}

function replace(text: string, detector: Detector, by: (value: string) => string): string {
  let out = '';
  let from = 0;
  for (const match of text.matchAll(detector.pattern)) {
    const value = secretOf(match, detector);
    if (value === undefined) continue;
    const at = match.index + match[0].lastIndexOf(value);
    out += text.slice(from, at) + by(value);
    from = at + value.length;
  }
  return out + text.slice(from);
}

function matches(text: string, detector: Detector): boolean {
  for (const match of text.matchAll(detector.pattern))
    if (secretOf(match, detector) !== undefined) return true;
  return false;
}
