import { isNoValue, SECRET_WORDS } from '../names.ts';
import { isRandom } from '../randomness.ts';
import type { Finder, Span } from '../span.ts';
import { isStandIn, looksSecret } from '../values.ts';

const NOUN = new RegExp(
  String.raw`(?<![\p{L}\p{N}_-])(?:${SECRET_WORDS.source('noun')})(?![\p{L}\p{N}_-])`,
  'giu',
);
const NOUN_EAST = new RegExp(`(?:${SECRET_WORDS.source('noun-east')})`, 'g');
const NOUN_NEAR = /pass|pin|otp|code|pwd|senha|contrase|wort|mot de|parola|парол|şifre|has[lł]o/i;
/** What joins a noun and what it is. */
const IS = /^(?:is|was|are|were|be|to|as|ist|est|es|é|war|lautet|:|=|-|–|->|with|now)$/i;
/** Behind these stands a name of something else. */
const OTHERS =
  /^(?:user|users|username|account|host|server|by|from|at|on|in|line|file|id|role|db|database|pod|node|service|realm|client|version|url|uri|path|key|field|column|table|policy|module|of|called|named|secret)$/i;
/** Words that are read behind a noun. */
const WORDS = 7;
/** Words of a sentence, with what is in quotes as one. */
const TOKEN = /"([^"\n]{1,120})"|'([^'\n]{1,120})'|`([^`\n]{1,120})`|[^\s]+/g;
const LOGIN = new RegExp(String.raw`\b(?:${SECRET_WORDS.source('login')})`, 'i');
const IN_QUOTES = /(?<![\p{L}\p{N}])(["'])([!-~]{6,100}?)\1(?![\p{L}\p{N}])/gu;

interface Word {
  start: number;
  end: number;
  text: string;
  quoted: boolean;
  /** The sentence or field ends behind it. */
  ends: boolean;
}

function* wordsFrom(text: string, from: number, most: number): Generator<Word> {
  TOKEN.lastIndex = from;
  for (let n = 0; n < most; n += 1) {
    const match = TOKEN.exec(text);
    if (!match || text.slice(from, match.index).includes('\n') || match.index - from > 200) return;
    const inner = match[1] ?? match[2] ?? match[3];
    if (inner !== undefined) {
      const start = match.index + 1;
      yield { start, end: start + inner.length, text: inner, quoted: true, ends: false };
      continue;
    }
    let start = match.index;
    let end = match.index + match[0].length;
    while (start < end && /[([{"'<]/.test(text[start]!)) start += 1;
    const before = end;
    while (end > start && /[)\]}"'>.,;:]/.test(text[end - 1]!)) end -= 1;
    const ends = /[.,;]/.test(text.slice(end, before));
    yield { start, end, text: text.slice(start, end), quoted: false, ends };
  }
}

/** Behind a noun: `the password for prod is X`, `wrong password "X"`. */
function readBehind(text: string, noun: string, from: number, spans: Span[]): void {
  const isNear = NOUN_NEAR.test(noun);
  let before = '';
  let first = true;
  // A noun that is the name of a field is read as such.
  if (/^["'`]?\s{0,2}[=]/.test(text.slice(from, from + 4))) return;
  const gap = /^["'`]?\s{0,3}[:-]{0,2}/.exec(text.slice(from, from + 6))![0];
  if (gap !== '' && /^\S*$/.test(gap) && !/:/.test(gap)) return;
  for (const word of wordsFrom(text, from + gap.length, WORDS)) {
    const joined = IS.test(before) || gap.includes(':');
    if (word.text !== '' && !isStandIn(word.text) && !isNoValue(word.text) && !OTHERS.test(before)) {
      const direct = joined || (first && isNear);
      const isOne =
        word.quoted && first && isNear
          ? !/\s/.test(word.text) && word.text.length >= 4
          : isNear || joined
            ? looksSecret(word.text, direct)
            : looksSecret(word.text, false) && word.text.length >= 10 && isRandom(word.text);
      if (isOne) {
        spans.push({ start: word.start, end: word.end, kind: 'PASSWORD' });
        return;
      }
    }
    if (word.ends || /=/.test(word.text)) return;
    before = word.text;
    first = false;
  }
}

/** `X as the password`, `X is my password`. */
function readBefore(text: string, from: number, spans: Span[]): void {
  const match =
    /(\S{4,100})\s(?:as|is|was|for|est|ist|como)\s(?:(?:the|a|my|our|his|her|your|new|old|le|la|el|das|mein|root|admin|user)\s){0,3}$/i.exec(
      text.slice(Math.max(0, from - 160), from),
    );
  if (!match) return;
  const value = match[1]!.replace(/^["'([{]+|["')\]},;:]+$/g, '');
  if (!looksSecret(value, false) && !(/^["']/.test(match[1]!) && looksSecret(value, true))) return;
  const start = Math.max(0, from - 160) + match.index + match[1]!.indexOf(value);
  spans.push({ start, end: start + value.length, kind: 'PASSWORD' });
}

/** `비밀번호는 X 입니다`, `비밀번호 X 오류`, `パスワードは X`, and `X를 비밀번호로`. */
function readEast(text: string, from: number, to: number, spans: Span[]): void {
  const behind =
    /^(?:(?:는|은|가|이|를|을|로|으로|가 |는|が|を|は|に|是|为|為)?(?:\s{0,2}(?:값|번호|키|문자열|현재|새|임시|초기|변경|설정|기존|입력|: ?|= ?|->|→))?)?\s{0,3}[:=：]?\s{0,3}["'`([「“]{0,2}([!-&*-~][!-~]{2,100})/u.exec(
      text.slice(to, to + 140),
    );
  if (behind) {
    const value = behind[1]!.replace(/["'`)\].,;:]+$/, '');
    const after = text.slice(to + behind[0].length - (behind[1]!.length - value.length));
    const isCounted =
      /^\d+$/.test(value) && /^ ?(?:회|번|자|개|분|초|일|시|건|명|차|단계|번째|글자|字|回|次)/.test(after);
    if (!isCounted && looksSecret(value, true)) {
      const start = to + behind[0].length - behind[1]!.length;
      spans.push({ start, end: start + value.length, kind: 'PASSWORD' });
      return;
    }
  }
  const before =
    /([!-~]{5,100})(?:을|를|로|은|는|이|가|を|が|は)?\s(?:(?:새|임시|초기|관리자|계정|현재)\s)?$/u.exec(
      text.slice(Math.max(0, from - 120), from),
    );
  if (
    before &&
    /^(?:로|으로|입니다|에|が|に|で)/.test(text.slice(to, to + 4)) &&
    looksSecret(before[1]!, false)
  ) {
    const start = Math.max(0, from - 120) + before.index;
    spans.push({ start, end: start + before[1]!.length, kind: 'PASSWORD' });
  }
}

/** Passwords and keys in sentences, and among what was handed to a function that lets people in. */
export const findInProse: Finder = (text, spans) => {
  for (const match of text.matchAll(NOUN)) {
    readBehind(text, match[0], match.index + match[0].length, spans);
    readBefore(text, match.index, spans);
  }
  for (const match of text.matchAll(NOUN_EAST))
    readEast(text, match.index, match.index + match[0].length, spans);
  if (!LOGIN.test(text)) return;
  for (const match of text.matchAll(IN_QUOTES)) {
    const value = match[2]!;
    if (!looksSecret(value, false) || !/[!#$%^&*~?@+]/.test(value)) continue;
    if (/[{}<>\\]|=.*&|^[#.]/.test(value)) continue;
    spans.push({ start: match.index + 1, end: match.index + 1 + value.length, kind: 'PASSWORD' });
  }
};
