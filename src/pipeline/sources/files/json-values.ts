// A file that is one JSON document, or objects over several lines each, as JSON Lines: one object a line.

const QUOTE = 34;
const BACKSLASH = 92;
const LF = 10;
const COMMA = 44;
const isBlank = (byte: number): boolean => byte === 32 || byte === 9 || byte === LF || byte === 13;
const opens = (byte: number): boolean => byte === 123 || byte === 91;
const closes = (byte: number): boolean => byte === 125 || byte === 93;

/** Bytes at the beginning that tell the shape of a file. */
const HEAD = 16 * 1024;
/** A list of objects. */
const LIST = /^\s*\[\s*\{/;
/** Objects over several lines. */
const SPREAD = /^\s*\{\s*\n\s*"/;
/** The scalars of an envelope before its list of objects: `{"nextToken": "…", "events": [{`. */
const ENVELOPE =
  /^\s*\{\s*((?:"[^"\\]{1,100}"\s*:\s*(?:"(?:[^"\\]|\\.){0,2000}"|[\w.+-]{1,40})\s*,\s*){0,16})"[^"\\]{1,100}"\s*:\s*\[\s*\{/;
const KEY = /"([^"\\]{1,100})"\s*:/g;

/** Where the objects of a document begin, in bytes. */
interface Shape {
  from: number;
}

/** @param isRecord whether a field of that name is part of a record: then its object is no envelope */
function shapeOf(head: Buffer, isDocument: boolean, isRecord: (field: string) => boolean): Shape | undefined {
  const mark = head[0] === 0xef && head[1] === 0xbb ? 3 : 0;
  const text = head.toString('latin1', mark, Math.min(head.length, HEAD));
  if (LIST.test(text)) return { from: mark + text.indexOf('[') + 1 };
  const envelope = ENVELOPE.exec(text);
  if (envelope && ![...envelope[1]!.matchAll(KEY)].some((key) => isRecord(key[1]!)))
    return { from: mark + envelope[0].lastIndexOf('[') + 1 };
  return isDocument && SPREAD.test(text) ? { from: mark } : undefined;
}

/**
 * Gives each object of a JSON document a line of its own: the elements of a list, also of one in an envelope, and objects that
 * go over several lines. The bytes of anything else pass as they are. Memory does not grow with the document.
 * @param isDocument the file is JSON by its name
 */
export async function* jsonLines(
  chunks: AsyncIterable<Uint8Array>,
  isDocument: boolean,
  isRecord: (field: string) => boolean,
): AsyncGenerator<Uint8Array> {
  let held: Buffer | undefined = Buffer.alloc(0);
  let cut: ((chunk: Uint8Array) => Uint8Array) | undefined;
  for await (const chunk of chunks) {
    if (!held) {
      yield cut ? cut(chunk) : chunk;
      continue;
    }
    held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk]);
    const shape = shapeOf(held, isDocument, isRecord);
    if (shape) cut = createCutter();
    yield cut ? cut(held.subarray(shape!.from)) : held;
    held = undefined;
  }
}

/** Copies bytes with a line end behind each object, and with spaces in place of the line ends within. */
function createCutter(): (chunk: Uint8Array) => Uint8Array {
  let depth = 0;
  let quoted = false;
  let escaped = false;
  /** The list has ended. */
  let done = false;
  return (chunk) => {
    const out = Buffer.allocUnsafe(chunk.length * 2);
    let length = 0;
    for (const byte of chunk) {
      if (done) break;
      if (quoted) {
        out[length++] = byte;
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) quoted = false;
        continue;
      }
      if (depth === 0 && closes(byte)) done = true;
      else if (depth === 0 && (isBlank(byte) || byte === COMMA)) continue;
      else {
        quoted = byte === QUOTE;
        if (opens(byte)) depth += 1;
        else if (closes(byte)) depth -= 1;
        out[length++] = byte === LF || byte === 13 ? 32 : byte;
        if (depth === 0 && !quoted) out[length++] = LF;
      }
    }
    return out.subarray(0, length);
  };
}
