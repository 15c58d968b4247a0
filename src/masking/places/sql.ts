import { secrecyOf } from '../names.ts';
import type { Finder, Span } from '../span.ts';
import { isStandIn, looksSecret } from '../values.ts';

const STATEMENT =
  /\b(?:insert|update|select|create|alter|identified|password|crypt|encrypt|merge|replace|exec)\b/i;
/** Where a statement says itself that a text is a password. */
const SAID =
  /\b(?:identified\s{1,3}(?:with\s{1,3}\S{1,40}\s{1,3})?(?:by|as)(?:\s{1,3}password)?|(?:encrypted\s{1,3}|unencrypted\s{1,3})?password(?:\s{0,3}=|\s{0,3}\(|\s{1,3}(?:to|is)|)|(?:crypt|md5|sha\d?|aes_encrypt|aes_decrypt|pgp_sym_\w{1,20}|encryptbypassphrase|old_password|hash)\s{0,2}\()\s{0,3}[Nn]?(?:"([^"\n]{2,200})"|'((?:[^'\n]|''){2,200})')/gi;
const INSERT =
  /\b(?:insert\s{1,3}into|replace\s{1,3}into|merge\s{1,3}into)\s{1,3}[^\s(]{1,80}\s{0,3}\(([^()\n]{1,2000})\)\s{0,3}values?\s{0,3}/gi;
/** A column that is set or compared, whose value is given apart. */
const BOUND = /([\w."`[\]]{1,80})\s{0,2}(?:=|<>|like)\s{0,2}(\?|\$\d{1,3}|:\w{1,40}|@\w{1,40}|%s)/gi;
const PLACE_OF_VALUE = /\?|\$\d{1,3}|%s/g;
/** Where the values are. */
const PARAMETERS =
  /\b(?:param(?:eter)?s?|args|arguments|binds?|bindings|values|bound|with|using)\b["']?\s{0,3}[:=]?>?\s{0,3}[[({]/gi;
const DETAIL = /\$(\d{1,3}) = '((?:[^'\n]|''){1,500})'/g;

const isSecretColumn = (name: string): boolean => {
  const secrecy = secrecyOf(name.replace(/["`[\]\s]/g, ''));
  return secrecy !== undefined;
};

interface Item {
  start: number;
  end: number;
}

/** The values of a list in brackets, from the place behind the first bracket; at most so many. */
function itemsFrom(text: string, from: number): { items: Item[]; end: number } {
  const items: Item[] = [];
  const last = Math.min(text.length, from + 4_000);
  let at = from;
  let start = from;
  let quote = '';
  let depth = 0;
  const push = (end: number): void => {
    let [a, b] = [start, end];
    while (a < b && /[\s"'`]/.test(text[a]!)) a += 1;
    while (b > a && /[\s"'`\\]/.test(text[b - 1]!)) b -= 1;
    items.push({ start: a, end: b });
  };
  for (; at < last; at += 1) {
    const c = text[at]!;
    if (quote !== '') {
      if (c === quote) quote = '';
    } else if ((c === "'" || c === '"') && !/[\w]/.test(text[at - 1] ?? ' ')) quote = c;
    else if (c === '(' || c === '[' || c === '{') depth += 1;
    else if ((c === ')' || c === ']' || c === '}') && depth > 0) depth -= 1;
    else if (c === ')' || c === ']' || c === '}') break;
    else if (c === ',' && depth === 0) {
      push(at);
      start = at + 1;
    }
  }
  push(at);
  return { items, end: at };
}

/** Passwords in statements: beside their column, in the list of values, and in the parameters that are logged apart. */
export const findInSql: Finder = (text, spans) => {
  if (!STATEMENT.test(text)) return;
  for (const match of text.matchAll(SAID)) {
    const value = match[1] ?? match[2]!;
    if (isStandIn(value)) continue;
    const start = match.index + match[0].lastIndexOf(value);
    spans.push({ start, end: start + value.length, kind: 'PASSWORD' });
  }
  const bound = new Set<number>();
  for (const match of text.matchAll(INSERT)) findInserted(text, match, bound, spans);
  let places = 0;
  let from = 0;
  for (const match of text.matchAll(BOUND)) {
    places += [...text.slice(from, match.index).matchAll(PLACE_OF_VALUE)].length;
    from = match.index + match[0].length;
    if (isSecretColumn(match[1]!))
      bound.add(match[2]!.startsWith('$') ? Number(match[2]!.slice(1)) - 1 : places);
    places += 1;
  }
  if (bound.size > 0) findParameters(text, bound, spans);
};

function findInserted(text: string, match: RegExpExecArray, bound: Set<number>, spans: Span[]): void {
  const columns = match[1]!.split(',').map(isSecretColumn);
  if (!columns.includes(true)) return;
  let at = match.index + match[0].length;
  // Several rows follow each other.
  for (let rows = 0; rows < 50 && text[at] === '('; rows += 1) {
    const { items, end } = itemsFrom(text, at + 1);
    for (const [index, item] of items.entries())
      if (columns[index]) {
        const value = text.slice(item.start, item.end);
        if (/^(?:\?|\$\d+|:\w+|@\w+|%s)$/.test(value)) bound.add(index);
        else if (value.length > 1 && !isStandIn(value) && !/^(?:null|default)$/i.test(value))
          spans.push({ ...item, kind: 'PASSWORD' });
      }
    at = end + 1;
    while (/[\s,]/.test(text[at] ?? '')) at += 1;
  }
}

function findParameters(text: string, bound: ReadonlySet<number>, spans: Span[]): void {
  for (const match of text.matchAll(PARAMETERS)) {
    const { items } = itemsFrom(text, match.index + match[0].length);
    for (const [index, item] of items.entries()) {
      const value = text.slice(item.start, item.end);
      // A list may begin with something else: what looks like a password is hidden beside the place that is known.
      if ((bound.has(index) && value.length > 1 && !isStandIn(value)) || looksSecret(value, false))
        spans.push({ ...item, kind: 'PASSWORD' });
    }
  }
  for (const match of text.matchAll(DETAIL))
    if (bound.has(Number(match[1]) - 1)) {
      const start = match.index + match[0].length - 1 - match[2]!.length;
      spans.push({ start, end: start + match[2]!.length, kind: 'PASSWORD' });
    }
}
