import type { SourceLine } from '../../source-line.ts';
import { createLineDecoder, type Encoding, wholeEnd } from '../files/encoding.ts';
import { createEventJoiner } from '../files/events.ts';
import { headAndTail, MAX_HELD, MAX_TAIL, type NumberedLine } from '../files/lines.ts';
import { isSame, type OpenFile } from './file-position.ts';

/** What is read at once. */
export const CHUNK = 256 * 1024;
/** Bytes before the place to go on at, out of which is seen again what form the events have. */
const BEFORE = 64 * 1024;
const LF = 10;

/** What one reading of a file gave: its events, and the offset up to which they and their kind are complete. */
export interface TailRead {
  lines: SourceLine[];
  /** Where to go on after a crash, once `lines` are safe. */
  offset: number;
  /** Nothing more is there now. */
  atEnd: boolean;
}

/**
 * Reads one file from its place on; the bytes of a line that is not ended yet wait for the rest.
 * @param onEncoding told once when the text is not UTF-8
 */
export function createTail(file: OpenFile, onEncoding?: (encoding: Encoding) => void) {
  const { path, handle, position } = file;
  const joiner = createEventJoiner();
  const decode = createLineDecoder(onEncoding);
  const chunk = Buffer.alloc(CHUNK);
  /** Where the next bytes are read, and where the line begins that they continue. */
  let readAt = position.offset;
  let lineAt = position.offset;
  let parts: Buffer[] = [];
  let held = 0;
  /** The last bytes of what came after those held, and of how many characters all of that was. */
  let tail = Buffer.alloc(0);
  let beyond = 0;

  const lineOf = ({ number, text }: NumberedLine): SourceLine => ({
    text,
    source: path,
    position: `${position.id}/${number}`,
  });
  const hold = (bytes: Buffer): void => {
    const room = Math.max(0, MAX_HELD - held);
    // A copy: the chunk is used again.
    if (room > 0 && bytes.length > 0) parts.push(Buffer.from(bytes.subarray(0, room)));
    held += Math.min(room, bytes.length);
    if (bytes.length <= room) return;
    const rest = bytes.subarray(room);
    beyond += unitsOf(rest);
    // Four bytes hold a character at most.
    tail = Buffer.concat([tail, rest.subarray(-4 * MAX_TAIL)]).subarray(-4 * MAX_TAIL);
  };
  /** Ends the line in hand; gives the event it completes. */
  const endLine = (next: number): NumberedLine | undefined => {
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    const whole = beyond > 0 ? wholeEnd(bytes) : bytes.length;
    const end = bytes.at(-1) === 13 && beyond === 0 ? whole - 1 : whole;
    const head = decode(bytes.subarray(0, end));
    const after = beyond + unitsOf(bytes.subarray(whole));
    const text = beyond > 0 ? headAndTail(head, decode(wholeStart(tail)).slice(-MAX_TAIL), after) : head;
    const line = { number: lineAt, text };
    parts = [];
    held = 0;
    tail = Buffer.alloc(0);
    beyond = 0;
    lineAt = next;
    return joiner.add(line);
  };
  /**
   * Shows the joiner what was read before: events have to be told apart after a restart as they were before it, since
   * those that were stored and not noted are read again.
   */
  async function lookBack(): Promise<void> {
    const bytes = Buffer.alloc(Math.min(BEFORE, position.offset));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, position.offset - bytes.length);
    const lines = decode(bytes.subarray(0, bytesRead))
      .split('\n')
      .slice(bytes.length < position.offset ? 1 : 0);
    for (const text of lines) joiner.add({ number: 0, text: text.replace(/\r$/, '') });
    joiner.flush();
  }
  let begun = position.offset === 0;
  const safeOffset = (): number => joiner.open?.number ?? lineAt;

  return {
    /** Reads on by one chunk. */
    async read(): Promise<TailRead> {
      if (!begun) await lookBack();
      begun = true;
      const lines: SourceLine[] = [];
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, readAt);
      let start = 0;
      while (start < bytesRead) {
        const end = chunk.subarray(0, bytesRead).indexOf(LF, start);
        if (end < 0) break;
        hold(chunk.subarray(start, end));
        const event = endLine(readAt + end + 1);
        if (event) lines.push(lineOf(event));
        start = end + 1;
      }
      hold(chunk.subarray(start, bytesRead));
      readAt += bytesRead;
      return { lines, offset: safeOffset(), atEnd: bytesRead < chunk.length };
    },
    /**
     * Ends the open event, which has waited long enough for more of it.
     * @param last the file will not grow any more: a line without an end is one too
     */
    flush(last: boolean): TailRead {
      const lines: SourceLine[] = [];
      if (last && held > 0) {
        const event = endLine(readAt);
        if (event) lines.push(lineOf(event));
      }
      const event = joiner.flush();
      if (event) lines.push(lineOf(event));
      return { lines, offset: safeOffset(), atEnd: true };
    },
    /** Whether the file was truncated and begun anew. */
    restarted: async (): Promise<boolean> => (await handle.stat()).size < readAt || !(await isSame(file)),
    /** Whether it has no name any more. */
    deleted: async (): Promise<boolean> => (await handle.stat()).nlink === 0,
    get hasOpenEvent() {
      return joiner.open !== undefined;
    },
    close: () => handle.close(),
  };
}
export type Tail = ReturnType<typeof createTail>;

/** UTF-16 units of UTF-8 bytes: one for each character, two for those of four bytes. */
function unitsOf(bytes: Uint8Array): number {
  let units = 0;
  for (const byte of bytes) if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
  return units;
}

/** Bytes of UTF-8 from the first whole character on. */
function wholeStart(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < 3 && start < bytes.length && (bytes[start]! & 0xc0) === 0x80) start += 1;
  return bytes.subarray(start);
}
