/**
 * Control sequences of terminals (ECMA-48), found in one pass: a state machine after Paul Williams' parser
 * (https://vt100.net/emu/dec_ansi_parser), cut down to where a sequence ends.
 */

/** The part of a text that is used here; a test can count how often it is read. */
export type Readable = Pick<string, 'length' | 'charCodeAt' | 'slice'>;

const BEL = 0x07;
const ESC = 0x1b;
const ST = 0x9c;

/** What kind of sequence an escape or a C1 character begins. */
type Begins = 'csi' | 'string' | 'one' | 'nothing';

/** The kind that the character after an ESC begins; the C1 form of that character is 0x40 higher. */
const afterEscape = (code: number): Begins => {
  switch (code) {
    case 0x5b: // [
      return 'csi';
    case 0x50: // P: DCS
    case 0x58: // X: SOS
    case 0x5d: // ]: OSC
    case 0x5e: // ^: PM
    case 0x5f: // _: APC
      return 'string';
    case 0x4e: // N, O: the next character in another set
    case 0x4f:
      return 'one';
    default:
      return 'nothing';
  }
};

const isC1 = (code: number): boolean => code >= 0x80 && code <= 0x9f;

/** Where a CSI ends whose parameters begin at `from`: after its final character; -1 if something else comes first. */
function csiEnd(text: Readable, from: number): number {
  let at = from;
  let code = text.charCodeAt(at);
  while (code >= 0x30 && code <= 0x3f) code = text.charCodeAt(++at);
  while (code >= 0x20 && code <= 0x2f) code = text.charCodeAt(++at);
  return code >= 0x40 && code <= 0x7e ? at + 1 : -1;
}

/** Where a string (OSC, DCS, …) ends: after BEL or ST; -1 if the line ends or another sequence begins first. */
function stringEnd(text: Readable, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BEL || code === ST) return at + 1;
    if (code === ESC) return text.charCodeAt(at + 1) === 0x5c ? at + 2 : -1;
    if (isC1(code) || code === 0x0a || code === 0x18 || code === 0x1a) return -1;
  }
  return -1;
}

/** Where the sequence ends that begins with the ESC or C1 character at `start`; at least one character is one. */
function sequenceEnd(text: Readable, start: number): number {
  const first = text.charCodeAt(start);
  let begins: Begins;
  let body = start + 1;
  if (first === ESC) {
    let code = text.charCodeAt(body);
    if (code >= 0x20 && code <= 0x2f) {
      // Intermediate characters and one more, for example to choose a character set.
      while (code >= 0x20 && code <= 0x2f) code = text.charCodeAt(++body);
      return code >= 0x30 && code <= 0x7e ? body + 1 : start + 1;
    }
    if (!(code >= 0x30 && code <= 0x7e)) return body;
    begins = afterEscape(code);
    body += 1;
  } else begins = afterEscape(first - 0x40);
  if (begins === 'one') {
    const code = text.charCodeAt(body);
    return code >= 0x20 && code <= 0x7e ? body + 1 : body;
  }
  // Of a sequence without an end only the beginning is removed: what follows is text.
  const end = begins === 'csi' ? csiEnd(text, body) : begins === 'string' ? stringEnd(text, body) : body;
  return end < 0 ? body : end;
}

/**
 * Text without terminal control: CSI, OSC, DCS, APC, PM and SOS in their 7- and 8-bit forms, and every other ESC and C1
 * character. Of a sequence without an end only its beginning is removed, so that nothing can hide what follows it; what is
 * left holds neither ESC nor C1, so removing makes no new sequence. Reads each character at most three times, whatever
 * the text: each look ahead stops at the next ESC or C1 character.
 */
export function withoutControlSequences<T extends Readable>(text: T): T | string {
  let out = '';
  let kept = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code !== ESC && !isC1(code)) {
      at += 1;
      continue;
    }
    out += text.slice(kept, at);
    at = sequenceEnd(text, at);
    kept = at;
  }
  return kept === 0 ? text : out + text.slice(kept);
}
