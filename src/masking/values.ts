import { isNoValue, type Secrecy } from './names.ts';
import { makeOf } from './randomness.ts';
import { PLACEHOLDER } from './span.ts';

/** A value as it stands in a text, without what encloses it. */
export interface Value {
  start: number;
  end: number;
  text: string;
  quoted: boolean;
}

/** Characters of a value that are read. */
const MOST = 4_000;
const QUOTES = '"\'`';
/** What a value without quotes ends before, if what follows is another field or nothing. */
const SEPARATORS = ',;&';
const CLOSING = ')}]';
const NEXT_FIELD = /^[\s,;&]{0,3}["']?[\w.[\]$-]{1,40}["']?\s?[=:]/;

/** The value that begins at a place; undefined where nothing stands there. */
export function valueAt(text: string, from: number): Value | undefined {
  let start = from;
  while (text[start] === '\\') start += 1;
  if (isHiddenAt(text, start)) return undefined;
  // A bracket around a whole value: `authorization=[Bearer …]`.
  if ('[({'.includes(text[start] ?? ' ') && !/^[[({]{2}/.test(text.slice(start, start + 2))) start += 1;
  while (text[start] === '\\') start += 1;
  if (isHiddenAt(text, start)) return undefined;
  const quote = text[start];
  if (quote === undefined) return undefined;
  if (QUOTES.includes(quote)) return quotedAt(text, start + 1, quote);
  const end = endOfBare(text, start);
  return end > start ? { start, end, text: text.slice(start, end), quoted: false } : undefined;
}

/** Whether something stands there already that was hidden. */
const isHiddenAt = (text: string, at: number): boolean =>
  text[at] === '[' && /^\[(?:[A-Z]+_\d+|redacted|[a-z]{2,8})\]/.test(text.slice(at, at + 20));

/** Up to the same quote: not one behind a backslash, unless the first stood behind one as well. */
function quotedAt(text: string, start: number, quote: string): Value | undefined {
  const isEscaped = text[start - 2] === '\\';
  const last = Math.min(text.length, start + MOST);
  let end = start;
  for (; end < last; end += 1) {
    const c = text[end];
    if (c === '\n') break;
    if (c === '\\') {
      if (isEscaped && QUOTES.includes(text[end + 1] ?? ' ')) break;
      if (!isEscaped) end += 1;
    } else if (c === quote) break;
  }
  end = Math.min(end, last);
  return end > start ? { start, end, text: text.slice(start, end), quoted: true } : undefined;
}

function endOfBare(text: string, start: number): number {
  const last = Math.min(text.length, start + MOST);
  let end = start;
  for (; end < last; end += 1) {
    const c = text[end]!;
    if (c === '[' && isHiddenAt(text, end)) break;
    if (/\s/.test(c) || c === '"' || c === '`' || c === '<') break;
    if (c === "'" && !/[\p{L}\p{N}]/u.test(text[end + 1] ?? '')) break;
    if (c === '\\' && /["'\\nrt]/.test(text[end + 1] ?? '')) break;
    if (CLOSING.includes(c) && /^(?:$|[\s,;.:)}\]"'\\<])/.test(text.slice(end + 1, end + 2))) break;
    if (SEPARATORS.includes(c)) {
      const rest = text.slice(end + 1, end + 60);
      if (rest === '' || /^\s/.test(rest) || NEXT_FIELD.test(rest)) break;
    }
  }
  while (end > start && /[.,:;]/.test(text[end - 1]!)) end -= 1;
  return end;
}

/** What stands for a value that is not there: stars, a variable, a note that it was hidden. */
const STANDIN =
  /^(?:[*x•.#_?-]{1,40}|\$\{?[\w.:-]{1,80}\}?|\$\([^)]{0,80}\)?|\{\{?.{0,80}|%[\w(){}]{1,30}%?|<[^>]{0,80}>?|\[?(?:redacted|hidden|masked|filtered|removed|secret|protected|omitted|sensitive|secure)\b.{0,20}|\(.{0,20}\)?|:\w{1,30}|@\w{1,30}@?|env[.:].{1,60})$/i;

export const isStandIn = (text: string): boolean =>
  PLACEHOLDER.test(text) || STANDIN.test(text) || text.startsWith('[redacted');

/** Forms that have letters and digits, and are names of other things. */
const OTHER_FORM = new RegExp(
  [
    // A file, with a line: `auth.py:88`; a path; an address with a scheme; a host with a port; an address of mail.
    String.raw`[\w$./-]{1,120}\.[A-Za-z]{1,5}(?::\d{1,6}){0,2}`,
    '[~.]{0,2}/.*',
    String.raw`[A-Za-z]:\\.*`,
    '[a-z][a-z+.-]{1,20}://.*',
    String.raw`[\w.-]{1,80}:\d{2,5}`,
    String.raw`[\w.+-]{1,64}@[\w.-]{1,80}`,
    // A version, an address, a time, a size, a count.
    String.raw`v?\d{1,5}(?:[.:-]\d{1,6}){1,6}(?:[-+.]?[a-z]{1,8}[\d.]{0,6})?`,
    String.raw`\d{4}-\d{2}-\d{2}T.*`,
    String.raw`[+-]?\d[\d.,]*(?:[a-zA-Z%]{1,3}|bytes|sec|min)?`,
    // A code of an error, an id of an order, a word with a number: `ORA-01017`, `E11000`, `ORD-2026-31`.
    String.raw`[A-Z]{1,6}[-_]?\d{1,8}(?:-\d{1,8}){0,3}`,
    // A class or a call.
    String.raw`[A-Za-z_$][\w$]{0,60}(?:(?:\.|::|->|#)[A-Za-z_$][\w$]{0,60}){1,8}(?:\(.*)?`,
    String.raw`[\w.]{1,80}@[0-9a-f]{6,16}`,
    '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}',
  ]
    .map((one) => `^(?:${one})$`)
    .join('|'),
);
/** A word or two with a number: a name of a machine, a user, an order; also of a simple password. */
const WORD_NUMBER = /^[A-Za-z]{1,20}(?:[-_.][A-Za-z]{1,20}){0,4}(?:[-_.#]?\d{1,9}){1,3}$/;
/** Parts with signs between them: a name with a hash, of a pod or a resource. */
const PARTS = /^[a-z][a-z\d]{0,30}(?:[-_.:/][a-z\d]{1,40}){1,8}$/;

/**
 * Whether a word may be a password where nothing else says so: letters with digits or signs, and no known form of another thing.
 * @param near it stands where a password stands (`password is …`), so it may be a word with a number
 */
export function looksSecret(text: string, near: boolean): boolean {
  if (text.length < (near ? 4 : 6) || text.length > 500 || isStandIn(text) || isNoValue(text)) return false;
  if (OTHER_FORM.test(text)) return false;
  const { lower, upper, digits, others } = makeOf(text);
  if (lower + upper === 0) return near && digits >= 4 && others === 0;
  const hasSign = /[!#$%^&*~?@+=]/.test(text);
  if (digits === 0 && !(hasSign && others < text.length / 2)) return false;
  return near || (!WORD_NUMBER.test(text) && !PARTS.test(text));
}

/** Whether the value of a name is to be hidden. `loose`: `name: value` without quotes, as people also write sentences. */
export function isSecretValue({ text, quoted }: Value, secrecy: Secrecy, loose: boolean): boolean {
  const trimmed = text.trim();
  if (trimmed.length < 2 || isStandIn(trimmed) || isNoValue(trimmed)) return false;
  const { lower, upper, digits, others, changes } = makeOf(trimmed);
  if (secrecy === 'code') return digits >= 3 && trimmed.length <= 64 && !/\s/.test(trimmed);
  if (secrecy === 'password') {
    // What is said of it, in a language without other letters: `비밀번호: 불일치`.
    if (!quoted && lower + upper + digits === 0) return false;
    return !loose || quoted || lower + upper + digits > 0;
  }
  if (/\s/.test(trimmed) && !/^(?:bearer|basic|token|bot|apikey)\s+\S+$/i.test(trimmed)) return false;
  if (/^[a-z][a-z+.-]{1,20}:\/\/|^[~.]{0,2}\//i.test(trimmed)) return false;
  if (trimmed.length < 6 || lower + upper === 0) return trimmed.length >= 8 && digits >= 8;
  if (lower > 1 && upper > 1 && changes >= trimmed.length * 0.3) return true;
  return (
    digits > 0 || (others > 0 && trimmed.length >= 10 && /[+/=!#$%^&*]/.test(trimmed)) || trimmed.length >= 16
  );
}
