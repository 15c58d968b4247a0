import { SECRET_WORDS } from '../names.ts';
import { isRandom, makeOf } from '../randomness.ts';
import type { Finder, Kind } from '../span.ts';
import { isStandIn, looksSecret } from '../values.ts';

/** A pattern whose group is the secret. */
interface Place {
  kind: Kind;
  /** What the text must have before the pattern is tried. */
  sign: string | RegExp;
  pattern: RegExp;
  valid?: (value: string) => boolean;
}

const QUOTE = String.raw`(?:\\{0,3}["'])?`;
/** No placeholder begins here: what is already hidden is not hidden again. */
const FRESH = String.raw`(?!\[[A-Z]+_\d+\]|\[redacted)`;
/** Words by which a path says that the next part lets somebody in. */
const LETS_IN =
  'reset|reset-?password|password-?reset|forgot(?:-?password)?|recover(?:y)?|invit(?:e|es|ation|ations)|verif(?:y|ication)|confirm(?:ation)?|activat(?:e|ion)|magic(?:-?link)?|login|signin|sso|unsubscribe|share[ds]?|token|tokens|auth|callback|join|accept|access|webhooks?|hooks?|incoming|bot|passwordless|unlock|download|d|s|services|link|otp|signup|register|email|session|sessions';

const long = (value: string): boolean => {
  const { digits, lower, upper } = makeOf(value);
  return value.length >= 16 && digits >= 2 && lower + upper >= 4;
};

const PLACES: Place[] = [
  // The whole header, before its parts are taken for something smaller.
  {
    kind: 'TOKEN',
    sign: /cookie/i,
    pattern: new RegExp(
      String.raw`\b(?:set-)?cookie2?${QUOTE}\s{0,3}[:=]\s{0,3}${QUOTE}(${FRESH}[\w.-]+=[^"'\\\n]{2,4000})`,
      'gi',
    ),
  },
  {
    kind: 'TOKEN',
    sign: /authorization/i,
    pattern: new RegExp(
      String.raw`\bauthorization${QUOTE}\s{0,3}[:=]\s{0,3}\[?${QUOTE}(?:digest|oauth|hawk|signature|aws4-hmac-sha256|aws|acs\d?-hmac-sha256)\s+(${FRESH}[^\n]{4,2000})`,
      'gi',
    ),
  },
  {
    kind: 'TOKEN',
    sign: /bearer|basic|bot|token|negotiate|ntlm|digest|apikey/i,
    pattern: new RegExp(
      String.raw`\b(?:bearer|basic|bot|token|negotiate|ntlm|apikey|api-key)[ :]{1,2}${QUOTE}(${FRESH}[\w.~+/-]{12,4000}={0,2})`,
      'gi',
    ),
    valid: (value) => makeOf(value).digits > 0 && (isRandom(value) || looksSecret(value, false)),
  },
  {
    kind: 'JWT',
    sign: 'eyJ',
    // From the first `eyJ` of a run of its characters, so that each run is looked at once.
    pattern: /(?<![\w-])(?:(?!\beyJ)[\w-])*(eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*){0,3})/g,
  },
  {
    kind: 'PASSWORD',
    sign: '://',
    // Up to the last `@`: a password may hold one, and a slash where the part behind it is no host.
    pattern: new RegExp(String.raw`:\/\/[^\s:@/"'<>]{0,64}:${FRESH}([^\s/"'<>]{1,200})@`, 'g'),
    valid: (value) => !isStandIn(value),
  },
  {
    kind: 'PASSWORD',
    sign: '://',
    pattern: new RegExp(
      String.raw`:\/\/[^\s:@/"'<>?]{1,64}:${FRESH}(?!\d{1,5}\/)([^\s"'<>@?]{3,100})@(?=[\w.-]+(?:[:/]|$))`,
      'g',
    ),
    valid: (value) => !isStandIn(value),
  },
  // A token alone before the host.
  {
    kind: 'TOKEN',
    sign: '://',
    pattern: /:\/\/([\w.~%-]{16,200})@/g,
    valid: (value) => makeOf(value).digits > 1,
  },
  {
    kind: 'TOKEN',
    sign: /[?&]|%3f|%26/i,
    pattern: new RegExp(
      String.raw`[?&;\s](?:code|key|k|sig|s|st|signature|ticket|nonce|t|auth|access|hash|h|otp|state|assertion|verifier|code_verifier|invite|share|magic|link|confirm\w{0,10}|reset\w{0,10}|activation\w{0,10})=(${FRESH}[\w.~%+/-]{16,2000}={0,2})`,
      'gi',
    ),
    valid: long,
  },
  {
    kind: 'TOKEN',
    sign: '/',
    pattern: new RegExp(
      String.raw`\/(?:${LETS_IN})(?:\/(?:[a-z]{2,16}|\d{3,25}|[TB][A-Z0-9]{7,12})){0,3}\/(${FRESH}[\w.~=-]{14,300})(?![\w.~=-])`,
      'gi',
    ),
    valid: (value) => long(value) && !/^\d{4}-\d\d|\.[a-z]{2,5}$|^[0-9a-f]{8}-[0-9a-f]{4}-/i.test(value),
  },
  {
    kind: 'TOKEN',
    sign: '/bot',
    pattern: /\/bot(\d{6,12}:[\w-]{20,60})/g,
  },
  {
    kind: 'TOKEN',
    sign: /[-_.A-Z\d]/,
    pattern: new RegExp(`(?<![A-Za-z0-9])(?:${SECRET_WORDS.source('vendor-token')})`, 'g'),
    valid: (value) => hasChance(value),
  },
  {
    kind: 'PASSWORD',
    sign: '@',
    // `user:password@host` without a scheme; digits alone are a port, and `login:kim@corp.io` is an e-mail address.
    pattern: new RegExp(
      [
        String.raw`(?<![\w/:.@-])(?!(?:${SECRET_WORDS.source('not-a-user')}):)`,
        String.raw`[a-z][\w.-]{0,40}:(?!\d+@)${FRESH}([^\s:@/"'<>]{3,100})@`,
        String.raw`(?=[\w-]+(?:\.[\w-]+)*(?::\d+)?(?:[/\s,;"')\]]|$))`,
      ].join(''),
      'gi',
    ),
  },
];

/** A token of a vendor has a part that is no word: `sk-network-timeout-in-region` has none. */
function hasChance(value: string): boolean {
  let longest = '';
  for (const part of value.split(/[-_.:]/)) if (part.length > longest.length) longest = part;
  const { digits, upper, lower, length, changes } = makeOf(longest);
  if (length < 10) return makeOf(value).digits > 5;
  // No word is that long.
  if (length >= 18) return true;
  return digits > 0 || (upper > 1 && lower > 1 && changes > length / 5);
}

/** What stands in headers, addresses and keys of known vendors. */
export const findInHeadersAndUrls: Finder = (text, spans) => {
  for (const { kind, sign, pattern, valid } of PLACES) {
    if (typeof sign === 'string' ? !text.includes(sign) : !sign.test(text)) continue;
    for (const match of text.matchAll(pattern)) {
      const value = match.slice(1).find((group) => group !== undefined) ?? match[0];
      if (isStandIn(value) || (valid && !valid(value))) continue;
      const start = match.index + match[0].lastIndexOf(value);
      spans.push({ start, end: start + value.length, kind });
    }
  }
};
