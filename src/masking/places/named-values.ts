import { isNoValue, type Secrecy, secrecyOf } from '../names.ts';
import type { Finder, Span } from '../span.ts';
import { isSecretValue, isStandIn, looksSecret, type Value, valueAt } from '../values.ts';

/** What a name of a secret has somewhere; most names have none of it. */
const STEM =
  /pas|pw|psw|secret|token|key|auth|cred|cookie|sess|sid|sig|hmac|ticket|login|assertion|otp|pin|cvc|cvv|jwt|mfa|bearer|code|mnemonic|phrase|kennwort|wachtwoord|contrase|senha|parola|haslo|sifre|losenord|adgangskode|salasana|mdp|[^\0-\x7f]/i;
const NAME = /[\p{L}_][\p{L}\p{N}_$.-]{0,80}/gu;
const SCHEME = /^(?:bearer|basic|token|bot|apikey|api-key|digest|negotiate|ntlm|hmac|key|plain|pass)$/i;

/** Where a value begins, and how its name and it are joined. */
interface Joint {
  at: number;
  loose: boolean;
  /** Only what looks like a secret is one here. */
  doubtful: boolean;
}

/** What stands behind a name: `=`, `:`, `=>`, also after quotes and brackets; the rest of `name="password" value="…"`. */
const SIGN = /^(?:\\{0,8}["'`])?\s{0,2}\]?\s{0,8}(?:(=>|:=|={1,3}|->|\?=)|(:{1,2}))[ \t]{0,8}/;
const ATTRIBUTE =
  /^\\{0,8}["'`]\s{0,4},?\s{0,20}(?:-\s)?\\{0,8}["'`]?(?:value|val|text|data|default|content|newValue|v)\\{0,8}["'`]?\s{0,3}[:=]\s{0,3}/i;
const LINE_BELOW = /^["'`]?\s{0,3}\n\s{1,20}(?:value|val|data):\s{1,8}/;
const ELEMENT = /^(?:\s[^<>\n]{0,100})?>/;
const PAIR = /^\\{0,8}["'`]\s{0,3},\s{0,3}(?=\\{0,8}["'`])/;
const BRACKET = /^\s?[([{]/;
const MARKED = /^\s{0,2}(?:\|\s{0,2}|\t)/;

function jointAt(text: string, start: number, end: number): Joint | undefined {
  const rest = text.slice(end, end + 140);
  const sign = SIGN.exec(rest);
  if (sign) {
    const isTight = sign[1] !== undefined || !/\s$/.test(sign[0]) || /["'`]/.test(sign[0]);
    return { at: end + sign[0].length, loose: !isTight, doubtful: false };
  }
  const attribute = ATTRIBUTE.exec(rest) ?? LINE_BELOW.exec(rest);
  if (attribute) return { at: end + attribute[0].length, loose: false, doubtful: false };
  const before = text[start - 1];
  const element = ELEMENT.exec(rest.replace(/^["'`]/, ' '));
  if (
    element &&
    (before === '<' ||
      (before === ':' && text.slice(Math.max(0, start - 20), start).includes('<')) ||
      /["'`]/.test(rest[0] ?? ''))
  )
    return { at: end + element[0].length, loose: false, doubtful: false };
  const pair = /["'`]/.test(before ?? ' ') ? PAIR.exec(rest) : null;
  if (pair) return { at: end + pair[0].length, loose: false, doubtful: true };
  // A flag of a command: `--password X`, `-storepass X`.
  if (before === '-' && /^\s{1,3}(?!-)\S/.test(rest)) {
    const [flag = ''] = /--?[\p{L}\p{N}_.-]*$/u.exec(text.slice(Math.max(0, start - 40), start)) ?? [];
    if (flag !== '' && /^(?:$|\s|["'([])/.test(text.slice(start - flag.length - 1, start - flag.length)))
      return { at: end + /^\s+/.exec(rest)![0].length, loose: false, doubtful: false };
  }
  const bracket = BRACKET.exec(rest);
  if (bracket) return { at: end + bracket[0].length, loose: false, doubtful: true };
  const marked = MARKED.exec(rest);
  return marked ? { at: end + marked[0].length, loose: true, doubtful: true } : undefined;
}

/** A sentence goes on: `password: must have 8 characters`. */
const isProse = (text: string, { end, text: word, quoted }: Value): boolean =>
  !quoted && /^[a-z]+$/.test(word) && /^[ ,]? ?[a-z]{2,}\b(?![=:])/.test(text.slice(end, end + 30));

/** Whether a value that a name leads to is to be hidden. */
function isHidden(text: string, name: string, value: Value, secrecy: Secrecy, joint: Joint): boolean {
  if (joint.doubtful)
    return secrecy === 'code' ? isSecretValue(value, secrecy, true) : looksSecret(value.text, value.quoted);
  if (joint.loose && isProse(text, value)) return false;
  const short = /(?:^|[_.-])(?:pass|pw|pin)$/i.test(name);
  // `passed: 3`, `pass: 42` of tests; `PWD=/home/app` of a shell.
  if (short && /^\d{1,3}$/.test(value.text)) return false;
  if (/pwd$/i.test(name) && /^(?:~?\/|[A-Z]:\\)/.test(value.text)) return false;
  return isSecretValue(value, secrecy, joint.loose);
}

/** The value behind a word for how it is shown: `authorization: Bearer …`. */
function beyondScheme(text: string, value: Value): Value {
  if (!SCHEME.test(value.text)) return value;
  const gap = /^[ \t:]{1,3}/.exec(text.slice(value.end, value.end + 4));
  return (gap && valueAt(text, value.end + gap[0].length)) ?? value;
}

/** The value of `name=value` in every form it has in logs, where the name is one of a secret. */
export const findNamedValues: Finder = (text, spans) => {
  let done = 0;
  for (const match of text.matchAll(NAME)) {
    const raw = match[0];
    // What is hidden already names nothing more.
    if (match.index < done || !STEM.test(raw)) continue;
    const name = raw.replace(/[-.$]+$/, '');
    // A name of ASCII letters ends where those of another language begin: `비밀번호는`.
    const secrecy = secrecyOf(name);
    if (!secrecy) continue;
    done = findValue(text, name, match.index, secrecy, spans) ?? done;
  }
};

/** @returns where the value ends that was found */
function findValue(
  text: string,
  name: string,
  start: number,
  secrecy: Secrecy,
  spans: Span[],
): number | undefined {
  const end = start + name.length;
  const joint = jointAt(text, start, end);
  const first = joint && valueAt(text, joint.at);
  if (!joint || !first || isStandIn(first.text)) return undefined;
  const value = beyondScheme(text, first);
  if (value !== first && isNoValue(value.text)) return undefined;
  if (!isHidden(text, name, value, secrecy, joint)) return undefined;
  spans.push({ start: value.start, end: value.end, kind: secrecy === 'token' ? 'TOKEN' : 'PASSWORD' });
  return value.end;
}
