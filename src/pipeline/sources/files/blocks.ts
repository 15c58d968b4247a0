// Events of several lines that are told by their form alone, without a time at their beginning.

/** What is known about the block that an open event may be. */
export interface Block {
  kind: 'none' | 'comments' | 'record' | 'list' | 'numbered' | 'element' | 'time';
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
const ELEMENT = /^\s*<([A-Za-z][\w.:-]{0,60})[\s>]/;
/** A time and nothing else. */
const TIME_ALONE =
  /^(?:[[(]?\d{4}[-/.]\d{2}[-/.]\d{2}[T ]\d{2}:\d{2}[\d:.,]{0,16}(?:Z|\s?[+-]\d{2}:?\d{2}|\s[A-Z]{3,4})?[\])]?|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}(?: [A-Z]{3,4})?(?: \d{4})?)\s*$/;
const MAX_TIME = 48;

/** The block that a first line may begin. */
export function blockOf(text: string): Block {
  const block: Block = { kind: 'none', comments: 0, inComments: false, column: -1, end: '' };
  const first = text.charCodeAt(0);
  if (first === 35) {
    if (COMMENT.test(text)) Object.assign(block, { kind: 'comments', comments: 1, inComments: true });
  } else if (first === 95) {
    if (RECORD.test(text)) block.kind = 'record';
  } else if (first === 60 || (first === 32 && text.trimStart().charCodeAt(0) === 60)) {
    const name = ELEMENT.exec(text)?.[1];
    block.end = `</${name}>`;
    if (name && !text.includes(block.end) && !text.trimEnd().endsWith('/>')) block.kind = 'element';
  } else if (text.length <= MAX_TIME && TIME_ALONE.test(text)) block.kind = 'time';
  else if (NUMBERED.test(text)) block.kind = 'numbered';
  else block.column = listedColumn(text);
  return block;
}

/** The column of the colon of a listed value; -1 when the line is none. */
const listedColumn = (text: string): number =>
  text.slice(0, 80).includes(' : ') && LISTED.test(text) ? text.indexOf(' : ') + 1 : -1;

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
  if (block.column < 0) return undefined;
  if (block.kind === 'none') {
    if (lines > 1 || gap || listedColumn(text) !== block.column) return undefined;
    block.kind = 'list';
    return true;
  }
  // A value of several lines is indented below its first one.
  return !gap || text.slice(0, block.column + 1).trim() === '';
}
