import { makeOf } from './randomness.ts';
import type { Finder, Span } from './span.ts';

/** A text with its escapes undone, and where each of its characters begins in the text it was made of. */
export interface View {
  text: string;
  at: Uint32Array;
}

const ESCAPE = /\\["'`/\\nrtux&=]|%[0-9a-fA-F]{2}|&(?:quot|apos|amp|lt|gt|#\d{2,5}|#x[0-9a-fA-F]{2,5});/;
/** An escape may itself be escaped. */
const ROUNDS = 3;
const ENTITIES: Record<string, string> = { quot: '"', apos: "'", amp: '&', lt: '<', gt: '>' };

/** What was meant by `\"`, `\u0022`, `%3D`, `&quot;`; undefined where there is none. */
export function unescapedView(text: string): View | undefined {
  let view: View | undefined;
  for (let round = 0; round < ROUNDS; round += 1) {
    const from: string = view?.text ?? text;
    if (!ESCAPE.test(from)) break;
    const next = unescapeOnce(from);
    const { at } = next;
    if (view) for (let i = 0; i < at.length; i += 1) at[i] = view.at[at[i]!]!;
    view = next;
  }
  return view;
}

function unescapeOnce(text: string): View {
  const at = new Uint32Array(text.length + 1);
  let out = '';
  let i = 0;
  const put = (char: string, length: number): void => {
    for (let n = 0; n < char.length; n += 1) at[out.length + n] = i;
    out += char;
    i += length;
  };
  while (i < text.length) {
    const c = text[i]!;
    if (c === '\\') putBackslash(text, i, put);
    else if (c === '%') putPercent(text, i, put);
    else if (c === '&') putEntity(text, i, put);
    else put(c, 1);
  }
  at[out.length] = text.length;
  return { text: out, at: at.subarray(0, out.length + 1) };
}

type Put = (char: string, length: number) => void;

function putBackslash(text: string, i: number, put: Put): void {
  const next = text[i + 1] ?? '';
  if (next !== '' && '"\'`/\\&=nrt'.includes(next)) {
    put('nrt'.includes(next) ? '\n' : next, 2);
    return;
  }
  const code = next === 'u' ? hex(text, i + 2, 4) : next === 'x' ? hex(text, i + 2, 2) : undefined;
  if (code === undefined) put('\\', 1);
  else put(String.fromCharCode(code), next === 'u' ? 6 : 4);
}

/** Bytes of UTF-8, of which one character may have three; a `+` behind them is a space. */
function putPercent(text: string, i: number, put: Put): void {
  const first = hex(text, i + 1, 2) ?? 0x80;
  const bytes = first < 0x80 ? 1 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xc0 && first < 0xe0 ? 2 : 0;
  let code = bytes === 1 ? first : bytes === 3 ? first & 0x0f : bytes === 2 ? first & 0x1f : undefined;
  for (let n = 1; n < bytes && code !== undefined; n += 1) {
    const more = text[i + 3 * n] === '%' ? hex(text, i + 3 * n + 1, 2) : undefined;
    code = more === undefined ? undefined : (code << 6) | (more & 0x3f);
  }
  if (code === undefined) {
    put('%', 1);
    return;
  }
  const isSpaced = text[i + 3 * bytes] === '+' && (code === 58 || code === 61);
  put(String.fromCharCode(code), 3 * bytes + (isSpaced ? 1 : 0));
}

function putEntity(text: string, i: number, put: Put): void {
  const end = text.indexOf(';', i);
  const name = end > i && end - i < 9 ? text.slice(i + 1, end) : '';
  const code = name.startsWith('#x')
    ? Number.parseInt(name.slice(2), 16)
    : name.startsWith('#')
      ? Number(name.slice(1))
      : Number.NaN;
  const known = ENTITIES[name] ?? (code >= 32 && code < 65_536 ? String.fromCharCode(code) : undefined);
  if (known === undefined) put('&', 1);
  else put(known, name.length + 2);
}

function hex(text: string, at: number, digits: number): number | undefined {
  let value = 0;
  for (let i = 0; i < digits; i += 1) {
    const code = text.charCodeAt(at + i);
    const digit =
      code >= 48 && code <= 57
        ? code - 48
        : code >= 97 && code <= 102
          ? code - 87
          : code >= 65 && code <= 70
            ? code - 55
            : -1;
    if (digit < 0) return undefined;
    value = value * 16 + digit;
  }
  return value;
}

const BASE64 = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{12,8000}={0,2}/g;
/** A name and a password: what `Basic` and the logins of registries hold. */
const LOGIN = /^[\w.@$+-]{1,60}:(?!\d+$)[^\s:/]\S{2,200}$/;
const PRINTABLE = /^[\t\n\r -~]+$|^[\t\n\r -~\u3131-\u318e\uac00-\ud7a3]+$/;
const SECRET_OBJECT =
  /\bkind["']?:\s{0,2}["']?Secret\b|\bSecret\s+[\w./-]{1,100}\s+data\b|\bsecrets?\b[^\n]{0,80}\bdata["']?[:=]/;
const DEPTH = 2;

/** What is written in base64 and holds a secret, or a login, is hidden whole. */
export function findInBase64(
  text: string,
  find: (inner: string) => Span[],
  spans: Span[],
  depth = DEPTH,
): void {
  const isSecretObject = SECRET_OBJECT.test(text);
  for (const match of text.matchAll(BASE64)) {
    const inner = decoded(match[0]);
    if (inner === undefined) continue;
    if (!isSecretObject && !LOGIN.test(inner) && find(inner).length === 0) {
      const deeper: Span[] = [];
      if (depth > 1) findInBase64(inner, find, deeper, depth - 1);
      if (deeper.length === 0) continue;
    }
    spans.push({ start: match.index, end: match.index + match[0].length, kind: 'TOKEN' });
  }
}

/** The text that a run of base64 stands for; undefined where it stands for none, as words do not. */
function decoded(run: string): string | undefined {
  const { lower, upper, digits, others } = makeOf(run.replace(/=+$/, ''));
  // Text in base64 has letters of both sizes.
  if (lower === 0 || upper === 0 || (digits === 0 && others === 0 && upper < 3)) return undefined;
  const bytes = Buffer.from(run, 'base64');
  // Most runs that are no text show it at once.
  for (let i = 0; i < Math.min(4, bytes.length); i += 1) if (bytes[i]! < 9) return undefined;
  const text = bytes.toString('utf8');
  return text.length >= 6 && PRINTABLE.test(text) ? text : undefined;
}

/** What a finder finds in a text, also behind escapes. */
export function findThrough(find: Finder, text: string, view: View | undefined, spans: Span[]): void {
  find(text, spans);
  if (!view) return;
  const found: Span[] = [];
  find(view.text, found);
  for (const { start, end, kind } of found) spans.push({ start: view.at[start]!, end: view.at[end]!, kind });
}
