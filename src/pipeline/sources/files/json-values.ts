// A file that is one JSON document, or objects over several lines each, as JSON Lines: one object a line.

const QUOTE = 34;
const BACKSLASH = 92;
const LF = 10;
const CR = 13;
const SPACE = 32;
const LINE_END = Uint8Array.of(LF);
const COMMA = 44;
const isBlank = (byte: number): boolean => byte === 32 || byte === 9 || byte === LF || byte === 13;
const opens = (byte: number): boolean => byte === 123 || byte === 91;
const closes = (byte: number): boolean => byte === 125 || byte === 93;

/** Bytes at the beginning that tell the shape of a file. */
const HEAD = 16 * 1024;
/** A list of objects. */
const LIST = /^\s*\[\s*\{\s*["}]/;
/** Objects over several lines. */
const SPREAD = /^\s*\{\s*\n\s*"/;
/** The scalars of an envelope before its list of objects: `{"nextToken": "…", "events": [{`. */
const ENVELOPE =
  /^\s*\{\s*((?:"[^"\\]{1,100}"\s*:\s*(?:"(?:[^"\\]|\\.){0,2000}"|[\w.+-]{1,40})\s*,\s*){0,16})"[^"\\]{1,100}"\s*:\s*\[\s*\{\s*["}]/;
const KEY = /"([^"\\]{1,100})"\s*:/g;

/** Where the objects of a document begin, in bytes, and how many brackets are open around their list. */
interface Shape {
  from: number;
  around: number;
}
/** An object that is longer is none, or none that could be shown: what began it is text. */
const MAX_OBJECT = 1024 * 1024;

/** @param isRecord whether a field of that name is part of a record: then its object is no envelope */
function shapeOf(head: Buffer, isDocument: boolean, isRecord: (field: string) => boolean): Shape | undefined {
  const mark = head[0] === 0xef && head[1] === 0xbb ? 3 : 0;
  const text = head.toString('latin1', mark, Math.min(head.length, HEAD));
  if (LIST.test(text)) return { from: mark + text.indexOf('[') + 1, around: 0 };
  const envelope = ENVELOPE.exec(text);
  if (envelope && ![...envelope[1]!.matchAll(KEY)].some((key) => isRecord(key[1]!)))
    return { from: mark + envelope[0].lastIndexOf('[') + 1, around: 1 };
  return isDocument && SPREAD.test(text) ? { from: mark, around: 0 } : undefined;
}

/**
 * Gives each object of a JSON document a line of its own: the elements of a list, also of one in an envelope, and objects that
 * go over several lines. The bytes of anything else pass as they are, also what follows a document, and an object that does not
 * end within a megabyte. Memory does not grow with the document.
 * @param isDocument the file is JSON by its name
 */
export async function* jsonLines(
  chunks: AsyncIterable<Uint8Array>,
  isDocument: boolean,
  isRecord: (field: string) => boolean,
): AsyncGenerator<Uint8Array> {
  let cutter: Cutter | undefined;
  let begun = false;
  for await (const chunk of chunks) {
    let bytes = chunk;
    if (!begun) {
      begun = true;
      const head = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const shape = shapeOf(head, isDocument, isRecord);
      if (shape) {
        cutter = new Cutter(shape.around);
        bytes = chunk.subarray(shape.from);
      }
    }
    if (cutter) yield* cutter.cut(bytes);
    else yield bytes;
  }
  if (cutter) yield* cutter.rest();
}

/** Puts a line end behind each object, and spaces in place of the line ends within. */
class Cutter {
  /** Brackets that are open around the list; `around` of them close behind it. */
  #around: number;
  #state: 'objects' | 'behind' | 'text' = 'objects';
  #depth = 0;
  #quoted = false;
  #escaped = false;
  /** What came of the open object in the chunks before. */
  #held: Uint8Array[] = [];
  #size = 0;

  constructor(around: number) {
    this.#around = around;
  }

  *cut(chunk: Uint8Array): Generator<Uint8Array> {
    /** Where the open object begins in this chunk. */
    let start = 0;
    let at = 0;
    for (; at < chunk.length && this.#state !== 'text'; at++) {
      const byte = chunk[at]!;
      if (this.#depth === 0 && this.#state === 'objects') {
        if (isBlank(byte) || byte === COMMA) continue;
        if (closes(byte)) {
          this.#state = this.#around > 0 ? 'behind' : 'text';
          this.#depth = this.#around;
          continue;
        }
        start = at;
        // Neither an object nor the end of their list.
        if (!opens(byte)) break;
      }
      if (!this.#ends(byte)) continue;
      if (this.#state === 'behind') this.#state = 'text';
      else yield this.#line(chunk.subarray(start, at + 1));
    }
    if (this.#state === 'text') start = at;
    else if (at < chunk.length) this.#state = 'text';
    if (this.#state === 'text') {
      yield* this.rest();
      if (start < chunk.length) yield chunk.subarray(start);
    } else if (this.#state === 'objects' && this.#depth > 0) yield* this.#hold(chunk.subarray(start));
  }

  /** What is held of an object without an end. */
  *rest(): Generator<Uint8Array> {
    yield* this.#held.splice(0);
    this.#size = 0;
  }

  /** Takes a byte of an object; whether it is its last. */
  #ends(byte: number): boolean {
    if (this.#quoted) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#quoted = false;
      return false;
    }
    if (byte === QUOTE) this.#quoted = true;
    else if (opens(byte)) this.#depth += 1;
    else if (closes(byte)) this.#depth -= 1;
    return this.#depth === 0;
  }

  #line(end: Uint8Array): Uint8Array {
    const line = Buffer.concat([...this.#held.splice(0), end, LINE_END]);
    this.#size = 0;
    for (let at = 0; at < line.length - 1; at++) if (line[at] === LF || line[at] === CR) line[at] = SPACE;
    return line;
  }

  *#hold(bytes: Uint8Array): Generator<Uint8Array> {
    // A copy: the reader may use the chunk again.
    this.#held.push(Uint8Array.from(bytes));
    this.#size += bytes.length;
    if (this.#size <= MAX_OBJECT) return;
    this.#state = 'text';
    yield* this.rest();
  }
}
