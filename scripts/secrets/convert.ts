// Rules of gitleaks, written for Go's RE2, as patterns for JavaScript that cost a bounded time at each place of a text.

/** A rule as the product reads it. */
export interface SecretRule {
  id: string;
  pattern: string;
  flags: string;
  /** The pattern is tried only where one of these stands in the text, in lower case. */
  keywords: string[];
  /** Bits a character of the secret must have on average. */
  entropy?: number;
  /** What such a secret may not look like. */
  allow?: string[];
}

type Value = string | number | string[];
export type Table = Record<string, Value | Table[]>;

/** What a pattern without an end may match at most. */
const MOST = 500;
/** Where a value ends in source code; in a log anything but a letter or a digit ends it. */
const ENDS = [String.raw`(?:[\x60'"\s;]|\\[nr]|$)`, String.raw`(?:[\x60'"\s;]|\\[nr]|$|\b)`];
/** The name before the keyword is no part of the secret, and costs the most to match. */
const BEFORE = /^(\(\?i\))?\[\\w\.-\]\{0,50\}\?/;

/** The rules in the text of `gitleaks.toml`, which has tables, strings, numbers and lists of strings. */
export function readToml(text: string): Table[] {
  const rules: Table[] = [];
  let table: Table | undefined;
  const entry = /^(\w+) = (?:'''([\s\S]*?)'''|"((?:[^"\\\n]|\\.)*)"|(-?\d[\d.]*)|\[([\s\S]*?)\])[ \t]*$/gm;
  const head = /^\[\[(\w+(?:\.\w+)*)\]\]|^\[(\w+)\]/gm;
  const heads = [...text.matchAll(head)];
  for (const [index, one] of heads.entries()) {
    const body = text.slice(one.index + one[0].length, heads[index + 1]?.index ?? text.length);
    const made: Table = {};
    for (const [, key, raw, quoted, number, list] of body.matchAll(entry))
      made[key!] =
        raw ??
        (quoted !== undefined ? JSON.parse(`"${quoted}"`) : undefined) ??
        (number !== undefined ? Number(number) : stringsOf(list!));
    if (one[1] === 'rules') {
      table = made;
      rules.push(made);
    } else if (one[1] === 'rules.allowlists' && table) {
      const known = (table.allowlists ?? []) as Table[];
      table.allowlists = [...known, made];
    }
  }
  return rules;
}

const stringsOf = (list: string): string[] =>
  [...list.matchAll(/'''([\s\S]*?)'''|"((?:[^"\\\n]|\\.)*)"/g)].map(
    ([, raw, quoted]) => raw ?? (JSON.parse(`"${quoted}"`) as string),
  );

/** The rule for JavaScript; a string says why it is left out. */
export function convert(rule: Table): SecretRule | string {
  const { id, regex, keywords, entropy, allowlists } = rule;
  if (typeof id !== 'string' || typeof regex !== 'string') return 'has no pattern';
  if (!Array.isArray(keywords) || keywords.length === 0) return 'has no keywords';
  let flags = 'g';
  let source = regex.replace(BEFORE, '$1').replace(/^\(\?i:\[\\w\.-\]\{0,50\}\?/, '(?i:');
  if (source.startsWith('(?i)')) {
    flags += 'i';
    source = source.slice(4);
  }
  for (const end of ENDS) source = source.replaceAll(end, '(?![A-Za-z0-9])');
  source = source
    .replaceAll(String.raw`\z`, '$')
    .replaceAll('[[:alnum:]]', '[A-Za-z0-9]')
    .replace(/\(\?P<\w+>/g, '(?:');
  if (/(?<!\\)\(\?s:/.test(source)) return 'matches any text';
  const scoped = scopeFlags(source);
  const pattern = scoped && bound(scoped);
  if (pattern === undefined) return 'has no bound';
  const allow = (allowlists as Table[] | undefined)?.flatMap((list) =>
    list.regexTarget === undefined && Array.isArray(list.regexes) ? (list.regexes as string[]) : [],
  );
  // Keys of documents are hidden like others: only forms are allowed, which have a class of characters.
  const forms = allow?.filter((one) => one.includes('['));
  try {
    new RegExp(pattern, flags);
  } catch {
    return 'is no pattern of JavaScript';
  }
  return {
    id,
    pattern,
    flags,
    keywords: (keywords as string[]).map((word) => word.toLowerCase()),
    ...(typeof entropy === 'number' ? { entropy } : {}),
    ...(forms && forms.length > 0 ? { allow: forms } : {}),
  };
}

/** `a(?i)b` holds to the end of its group in RE2: `a(?i:b)`. */
function scopeFlags(source: string): string | undefined {
  let out = source;
  for (let at = out.indexOf('(?i)'); at >= 0; at = out.indexOf('(?i)')) {
    const end = groupEnd(out, at + 4);
    const rest = out.slice(at + 4, end);
    if (hasAlternative(rest)) return undefined;
    out = `${out.slice(0, at)}(?i:${rest})${out.slice(end)}`;
  }
  return out;
}

/** Where the group that is open at a place ends, or the pattern. */
function groupEnd(source: string, from: number): number {
  let depth = 0;
  let inClass = false;
  for (let i = from; i < source.length; i += 1) {
    const c = source[i];
    if (c === '\\') i += 1;
    else if (inClass) inClass = c !== ']';
    else if (c === '[') inClass = true;
    else if (c === '(') depth += 1;
    else if (c === ')') {
      if (depth === 0) return i;
      depth -= 1;
    }
  }
  return source.length;
}

function hasAlternative(source: string): boolean {
  let depth = 0;
  let inClass = false;
  for (let i = 0; i < source.length; i += 1) {
    const c = source[i];
    if (c === '\\') i += 1;
    else if (inClass) inClass = c !== ']';
    else if (c === '[') inClass = true;
    else if (c === '(') depth += 1;
    else if (c === ')') depth -= 1;
    else if (c === '|' && depth === 0) return true;
  }
  return false;
}

/** Each repetition with an end; nothing where any text or a group would be repeated without one. */
function bound(source: string): string | undefined {
  let out = '';
  let last = '';
  for (let i = 0; i < source.length; i += 1) {
    const c = source[i]!;
    if (c === '\\') {
      last = source.slice(i, i + 2);
      out += last;
      i += 1;
    } else if (c === '[') {
      let end = i + 1;
      while (source[end] !== ']' || end === i + 1) end += source[end] === '\\' ? 2 : 1;
      last = source.slice(i, end + 1);
      out += last;
      i = end;
    } else if (c === '+' || c === '*') {
      if (last === '.' || last === ')' || last === '\\S') return undefined;
      out += c === '+' ? `{1,${MOST}}` : `{0,${MOST}}`;
    } else if (c === '{') {
      const [whole, least] = /^\{(\d+),\}/.exec(source.slice(i)) ?? [];
      if (whole !== undefined) {
        if (last === '.' || last === ')' || last === '\\S' || /^\[\\[sS]\\[sS]/.test(last)) return undefined;
        out += `{${least},${Math.max(Number(least), MOST)}}`;
        i += whole.length - 1;
      } else out += c;
    } else {
      out += c;
      last = c;
    }
  }
  return out;
}
