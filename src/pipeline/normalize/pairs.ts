import { AT_SIGN, isAt, LETTER, NAME, SPACE, UNDERSCORE } from './lexicon/characters.ts';

const MAX_KEY = 64;
/** Pairs read of one text. */
const MAX_PAIRS = 64;

/** The `key=value` pairs of a text, and how much of it they cover (0..1). */
export interface Pairs {
  fields: Record<string, string>;
  count: number;
  covered: number;
}

/**
 * Finds what `(^|\s)([A-Za-z_][\w.@-]{0,63})=("(([^"\\]|\\.)*)"|[^\s"]*)` finds. A quote without a closing one begins no value.
 * @param equals the index of the first `=`; -1 for none
 */
export function pairsOf(line: string, equals = line.indexOf('=')): Pairs {
  const fields: Record<string, string> = {};
  let count = 0;
  let covered = 0;
  /** The end of the last pair. */
  let from = 0;
  for (let at = equals; at >= 0; at = line.indexOf('=', Math.max(at + 1, from))) {
    const start = keyStart(line, at, from);
    if (start < 0) continue;
    const close = line.charCodeAt(at + 1) === 34 ? closingQuote(line, at + 2) : -1;
    let value: string;
    if (close >= 0) {
      value = line.slice(at + 2, close);
      if (value.includes('\\')) value = value.replace(/\\(.)/g, '$1');
      from = close + 1;
    } else {
      from = valueEnd(line, at + 1);
      value = line.slice(
        at + 1,
        CLOSES_PAIR.has(line.charCodeAt(from - 1)) && !within(line, '=', at + 1, from) ? from - 1 : from,
      );
    }
    fields[line.slice(start, at)] ??= value;
    // The white space before a pair belongs to it.
    covered += from - Math.max(0, start - 1);
    if (++count >= MAX_PAIRS) break;
  }
  return { fields, count, covered: line.length === 0 ? 0 : covered / line.length };
}

/** `,` `;` `)` `]` after a value belong to the sentence around it. */
const CLOSES_PAIR = new Set([44, 59, 41, 93]);

/** Where the key before the `=` at `equals` begins; -1 when there is none, or when it begins before `from`. */
function keyStart(line: string, equals: number, from: number): number {
  let start = equals;
  while (start > from && isAt(line, start - 1, NAME | AT_SIGN)) start--;
  if (equals - start > MAX_KEY || start === equals || !isAt(line, start, LETTER | UNDERSCORE)) return -1;
  return start === 0 || (start > from && isAt(line, start - 1, SPACE)) ? start : -1;
}

/** Where the quoted value ends that begins at `at`; -1 when it does not end. */
function closingQuote(line: string, at: number): number {
  for (let end = at; end < line.length; end++) {
    const code = line.charCodeAt(end);
    if (code === 34) return end;
    if (code !== 92) continue;
    end += 1;
    // The dot of the expression above matches no line break.
    const escaped = line.charCodeAt(end);
    if (escaped === 10 || escaped === 13 || escaped === 0x2028 || escaped === 0x2029) return -1;
  }
  return -1;
}

function valueEnd(line: string, at: number): number {
  let end = at;
  while (end < line.length && line.charCodeAt(end) !== 34 && !isAt(line, end, SPACE)) end++;
  return end;
}

function within(line: string, character: string, start: number, end: number): boolean {
  const at = line.indexOf(character, start);
  return at >= 0 && at < end;
}
