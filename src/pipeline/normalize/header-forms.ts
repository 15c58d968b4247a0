import {
  AT_SIGN,
  COLON,
  DASH,
  DIGIT,
  DOLLAR,
  DOT,
  HASH,
  isAt,
  LETTER,
  NAME,
  runEnd,
  SLASH,
  SPACE,
  sticky,
  UNDERSCORE,
  UPPER,
  WORD,
} from './lexicon/characters.ts';

// The forms of the parts of a header. Each function says where a form ends that begins at an index, or -1 when there is
// none; the regular expression for the same form is in its comment.

const OPEN = 91;
const CLOSE = 93;

/** A host: a letter or digit, then `[\w./@#-]`, up to 255 characters, then white space. Ends before the white space. */
export function hostEnd(text: string, at: number): number {
  if (!isAt(text, at, LETTER | DIGIT)) return -1;
  const end = runEnd(text, at, NAME | SLASH | AT_SIGN | HASH);
  return end - at <= 255 && isAt(text, end, SPACE) ? end : -1;
}

/** `[\w./:-]{1,64}\s`: a name before the time. Ends before the white space. */
export function prefixEnd(text: string, at: number): number {
  const end = runEnd(text, at, NAME | SLASH | COLON);
  return end > at && end - at <= 64 && isAt(text, end, SPACE) ? end : -1;
}

/** `program[pid]: ` or `program: `. */
export interface Program {
  name: string;
  pid: string | undefined;
  /** Where the message begins. */
  end: number;
}

const IN_PARENTHESES = 120;

/**
 * `program[pid]: ` of a syslog line; the program may carry a facility in parentheses, slashes, and words of its own:
 * `[\w./@-]+(\([\w-]+\))?( [A-Z][\w.-]*){0,2}\[[\w.-]+\]( \([^()]{1,120}\))?:\s`.
 * @param bare whether `program: ` without a process id is enough
 */
export function programAt(text: string, at: number, bare: boolean): Program | undefined {
  const plain = runEnd(text, at, NAME | SLASH | AT_SIGN);
  if (plain === at) return undefined;
  let end = plain;
  if (text[end] === '(') {
    end = runEnd(text, plain + 1, WORD | DASH);
    if (end === plain + 1 || text[end] !== ')') return undefined;
    end += 1;
  }
  if (bare && text[end] === ':' && isAt(text, end + 1, SPACE))
    return { name: text.slice(at, plain), pid: undefined, end: end + 2 };
  const facility = end;
  for (let words = 0; words < 2 && text[end] === ' ' && isAt(text, end + 1, UPPER); words++)
    end = runEnd(text, end + 1, NAME);
  if (text.charCodeAt(end) !== OPEN) return undefined;
  const pidEnd = runEnd(text, end + 1, NAME);
  if (pidEnd === end + 1 || text.charCodeAt(pidEnd) !== CLOSE) return undefined;
  let behind = pidEnd + 1;
  if (text[behind] === ' ' && text[behind + 1] === '(') {
    let close = behind + 2;
    while (
      close < text.length &&
      close - behind < IN_PARENTHESES + 2 &&
      text[close] !== '(' &&
      text[close] !== ')'
    )
      close++;
    if (close > behind + 2 && text[close] === ')') behind = close + 1;
  }
  if (text[behind] !== ':' || !isAt(text, behind + 1, SPACE)) return undefined;
  return {
    name: text.slice(at, end === facility ? plain : end),
    pid: text.slice(end + 1, pidEnd),
    end: behind + 2,
  };
}

/**
 * A bracketed part, which may have one level of brackets inside: `[worker[3]/main]`. Gives the index of its closing
 * bracket: `\[([^[\]]|\[[^[\]]{0,100}\]){1,200}\]`.
 */
export function bracketEnd(text: string, at: number): number {
  let end = at + 1;
  for (let units = 0; units <= 200; units++) {
    const code = text.charCodeAt(end);
    if (Number.isNaN(code)) return -1;
    if (code === CLOSE) return units > 0 ? end : -1;
    end += 1;
    if (code !== OPEN) continue;
    const inner = end;
    for (;;) {
      const within = text.charCodeAt(end);
      if (within === CLOSE) break;
      if (Number.isNaN(within) || within === OPEN || end - inner === 100) return -1;
      end += 1;
    }
    end += 1;
  }
  return -1;
}

/** `-{1,3}( :)?`, `|`, `·`, `::` or `»` before white space. */
export function separatorEnd(text: string, at: number): number {
  const code = text.charCodeAt(at);
  let end = at + 1;
  if (code === 45) {
    end = Math.min(runEnd(text, at, DASH), at + 3);
    if (text.startsWith(' :', end) && isAt(text, end + 2, SPACE)) return end + 2;
  } else if (code === 58) {
    if (text.charCodeAt(end) !== 58) return -1;
    end += 1;
  } else if (code !== 124 && code !== 0xb7 && code !== 0xbb) return -1;
  return isAt(text, end, SPACE) ? end : -1;
}

/** Whether a name, a colon and a digit are at `at`, as in every place in a source file. */
export function mayBeLocation(text: string, at: number): boolean {
  const first = text.charCodeAt(at);
  const end = runEnd(text, first === 123 || first === 40 ? at + 1 : at, NAME | DOLLAR | AT_SIGN | SLASH);
  return text.charCodeAt(end) === 58 && isAt(text, end + 1, DIGIT);
}

/** `[#-]?\d{1,8}(#\d+)?[:,]?` before white space. */
export function numberEnd(text: string, at: number): number {
  const start = isAt(text, at, HASH | DASH) ? at + 1 : at;
  let end = runEnd(text, start, DIGIT);
  if (end === start || end - start > 8) return -1;
  if (isAt(text, end, HASH)) {
    const digits = end + 1;
    end = runEnd(text, digits, DIGIT);
    if (end === digits) return -1;
  }
  if (text[end] === ':' || text[end] === ',') end += 1;
  return isAt(text, end, SPACE) ? end : -1;
}

/** A component in a column of its own, followed by a tab or by two or more spaces: `[A-Za-z][\w.-]{0,40}(\t|\s{2,})\S`. */
export function columnEnd(text: string, at: number): number {
  if (!isAt(text, at, LETTER)) return -1;
  const end = runEnd(text, at, NAME);
  if (end - at > 41 || !isAt(text, end, SPACE)) return -1;
  if (text.charCodeAt(end) !== 9 && !isAt(text, end + 1, SPACE)) return -1;
  return runEnd(text, end, SPACE) < text.length ? end : -1;
}

/** A qualified name before a bracketed part: `shop.api.server [req-1f0c]`. Ends before the space. */
export function qualifiedEnd(text: string, at: number): number {
  let end = at;
  let dots = 0;
  for (;;) {
    const part = end;
    if (part === at && !isAt(text, at, LETTER | UNDERSCORE | DOLLAR)) return -1;
    end = runEnd(text, part, WORD | DOLLAR | DASH);
    if (end === part) return -1;
    if (!isAt(text, end, DOT)) break;
    dots += 1;
    end += 1;
  }
  return dots > 0 && isAt(text, end, SPACE) && text.charCodeAt(end + 1) === OPEN ? end : -1;
}

export interface Logger {
  name: string;
  end: number;
  colon: boolean;
}
const MAX_LOGGER = 120;
/** A logger that begins with digits; it must have a dash after it. */
const NUMBERED =
  /(\d{1,6}(?=[\w.-]+\s+(?:\*\d+\s+)?-\s)[A-Za-z_$][\w.$/@-]{0,119})(?:\[\d+\])?\s?(?::(?=\s|$)|(?=\s+(?:[*(#[][\w.-]{1,12}[\])]?\s+)?-\s))/y;

/**
 * `com.shop.Pool`, `WindowManager:`, `o.a.Client -`: a name that ends in a colon, or that has a dash after it, perhaps
 * with a mark between: `[A-Za-z_$][\w.$/@-]{0,119}(\[\d+\])?\s?(:(?=\s|$)|(?=\s+(MARK\s+)?-\s))`.
 */
export function loggerAt(text: string, at: number): Logger | undefined {
  if (isAt(text, at, DIGIT)) {
    if (!isAt(text, runEnd(text, at, DIGIT), LETTER | UNDERSCORE | DOLLAR)) return undefined;
    const match = sticky(NUMBERED, text, at);
    return match ? { name: match[1]!, end: at + match[0].length, colon: match[0].endsWith(':') } : undefined;
  }
  if (!isAt(text, at, LETTER | UNDERSCORE | DOLLAR)) return undefined;
  const nameEnd = runEnd(text, at, NAME | DOLLAR | SLASH | AT_SIGN);
  if (nameEnd - at > MAX_LOGGER) return undefined;
  let end = nameEnd;
  if (text.charCodeAt(end) === OPEN) {
    end = runEnd(text, nameEnd + 1, DIGIT);
    if (end === nameEnd + 1 || text.charCodeAt(end) !== CLOSE) return undefined;
    end += 1;
  }
  const space = runEnd(text, end, SPACE);
  if (text[space] === ':' && space - end <= 1) {
    if (space + 1 < text.length && !isAt(text, space + 1, SPACE)) return undefined;
    return { name: text.slice(at, nameEnd), end: space + 1, colon: true };
  }
  if (space === end || !dashAt(text, space)) return undefined;
  return { name: text.slice(at, nameEnd), end: space > end + 1 ? end + 1 : end, colon: false };
}

/** A dash before white space, perhaps with a mark before it. */
const dashAt = (text: string, at: number): boolean =>
  (text.charCodeAt(at) === 45 && isAt(text, at + 1, SPACE)) || markEnd(text, at) >= 0;

/** A mark between the name of a program and the dash after it, `browser.exe *64 - `: `[*(#[][\w.-]{1,12}[\])]?(?=\s+-\s)`. */
export function markEnd(text: string, at: number): number {
  const first = text[at];
  if (first !== '*' && first !== '(' && first !== '#' && first !== '[') return -1;
  let end = runEnd(text, at + 1, NAME);
  if (end === at + 1 || end - at > 13) return -1;
  if (text[end] === ']' || text[end] === ')') end += 1;
  const dash = runEnd(text, end, SPACE);
  return dash > end && text.charCodeAt(dash) === 45 && isAt(text, dash + 1, SPACE) ? end : -1;
}
