import { isAt, LETTER } from '../../normalize/lexicon/characters.ts';

// Events of several lines that are told by their form alone, without a time at their beginning.

/** What is known about the block that an open event may be. */
export interface Block {
  kind: 'listed' | 'comments' | 'record' | 'list' | 'numbered' | 'element' | 'time';
  /** Lines of comments so far; the last line was one. */
  comments: number;
  inComments: boolean;
  /** The column of the colon in a list of names and values. */
  column: number;
  /** What closes an element. */
  end: string;
}

/** `# Time: …`, `# User@Host: …`: names and values in comments before a statement. */
const COMMENT = /^# [A-Z][\w@]{1,30}(?: [a-z]{1,20})?: /;
/** The first field of a record of a journal's export. */
const RECORD = /^__[A-Z][A-Z\d_]{2,40}=/;
/** `Event[12]:` */
const NUMBERED = /^[A-Z][a-z]{2,20}\[\d{1,9}\]:?\s*$/;
/** `TimeCreated  : 11/24/2026 6:00:00 AM` */
const LISTED = /^[A-Za-z][\w .-]{0,40}?\s{1,30}: /;
const ELEMENT = /^\s*<([A-Za-z][\w.:-]{0,60})(?:\s+[\w.:-]{1,60}=["'][^>]{0,2000})?>\s*(?:$|<)/;
/** A time and nothing else. */
const TIME_ALONE =
  /^(?:[[(]?\d{4}[-/.]\d{2}[-/.]\d{2}[T ]\d{2}:\d{2}[\d:.,]{0,16}(?:Z|\s?[+-]\d{2}:?\d{2}|\s[A-Z]{3,4})?[\])]?|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}(?: [A-Z]{3,4})?(?: \d{4})?)\s*$/;
const MAX_TIME = 48;

const block = (kind: Block['kind'], column = -1, end = ''): Block => ({
  kind,
  comments: 1,
  inComments: true,
  column,
  end,
});

/** The block that a first line may begin; undefined for most lines. */
export function blockOf(text: string): Block | undefined {
  const first = text.charCodeAt(0);
  if (first === 35) return COMMENT.test(text) ? block('comments') : undefined;
  if (first === 95) return RECORD.test(text) ? block('record') : undefined;
  if (first === 60 || (first === 32 && text.trimStart().charCodeAt(0) === 60)) {
    const name = ELEMENT.exec(text)?.[1];
    const end = `</${name}>`;
    return name && !text.includes(end) && !text.trimEnd().endsWith('/>')
      ? block('element', -1, end)
      : undefined;
  }
  if (text.length <= MAX_TIME) {
    if (TIME_ALONE.test(text)) return block('time');
    if (NUMBERED.test(text)) return block('numbered');
  }
  const column = isAt(text, 0, LETTER) ? listedColumn(text) : -1;
  return column < 0 ? undefined : block('listed', column);
}

/** The column of the colon of a listed value; -1 when the line is none. */
function listedColumn(text: string): number {
  const colon = text.indexOf(' : ');
  return colon > 0 && colon < 80 && LISTED.test(text) ? colon + 1 : -1;
}

/**
 * Whether a line belongs to the block of the open event; undefined where its block does not tell.
 * @param lines lines of the event so far
 * @param gap there are blank lines in between
 */
export function continuesBlock(block: Block, text: string, lines: number, gap: boolean): boolean | undefined {
  switch (block.kind) {
    case 'comments': {
      const comment = COMMENT.test(text);
      if (comment) {
        if (!block.inComments) return false;
        block.comments += 1;
        return true;
      }
      block.inComments = false;
      return block.comments > 1 ? true : undefined;
    }
    case 'record':
      return !gap && !text.startsWith('__CURSOR=');
    case 'numbered':
      return !NUMBERED.test(text);
    case 'element':
      if (block.end === '') return false;
      if (text.includes(block.end)) block.end = '';
      return true;
    case 'time':
      // The event is what comes directly behind its time.
      return lines === 1 && !gap ? true : undefined;
    default:
      return continuesList(block, text, lines, gap);
  }
}

/** A list of names and values shows by its second line, whose colon is in the same column. */
function continuesList(block: Block, text: string, lines: number, gap: boolean): boolean | undefined {
  if (block.kind === 'listed') {
    if (lines > 1 || gap || listedColumn(text) !== block.column) return undefined;
    block.kind = 'list';
    return true;
  }
  // A value of several lines is indented below its first one.
  return !gap || text.slice(0, block.column + 1).trim() === '';
}
