import type { SourceLine } from '../../../domain/log/source-line.ts';
import { createLineDecoder, type Encoding, wholeEnd } from '../files/encoding.ts';
import { createEventJoiner } from '../files/events.ts';
import { headAndTail, MAX_HELD, MAX_TAIL, type NumberedLine } from '../files/lines.ts';
import { isSame, type OpenFile } from './file-position.ts';

/** Bytes that are read at once. */
export const CHUNK = 256 * 1024;
/** Bytes before the position to go on at; they show again what form the events have. */
const BEFORE = 64 * 1024;
/** Bytes that are kept of the end of a very long line: a character has at most four. */
const TAIL_BYTES = 4 * MAX_TAIL;
const LF = 10;
const CR = 13;

/** What one reading of a file gave. */
export interface TailRead {
  /** The events that are complete. */
  lines: SourceLine[];
  /** Where to go on after a crash, once `lines` are stored. */
  offset: number;
  /** There is nothing more to read now. */
  atEnd: boolean;
}

/** Reads one file from its position on. A line that has no end yet waits for the rest. */
export class Tail {
  readonly #file: OpenFile;
  readonly #joiner = createEventJoiner();
  readonly #decode: (bytes: Uint8Array) => string;
  readonly #chunk = Buffer.alloc(CHUNK);
  #lookedBack: boolean;
  /** Offset of the bytes to read next. */
  #readAt: number;
  readonly #line: HeldLine;
  /** Offset at which the line in hand begins. */
  #lineAt: number;

  /** @param onEncoding called once when the text is not UTF-8 */
  constructor(file: OpenFile, onEncoding?: (encoding: Encoding) => void) {
    this.#file = file;
    this.#decode = createLineDecoder(onEncoding);
    this.#line = new HeldLine(this.#decode);
    this.#readAt = file.position.offset;
    this.#lineAt = file.position.offset;
    this.#lookedBack = file.position.offset === 0;
  }

  /** Whether an event waits for more lines of it. */
  get hasOpenEvent(): boolean {
    return this.#joiner.open !== undefined;
  }

  /** Reads on by one chunk. */
  async read(): Promise<TailRead> {
    if (!this.#lookedBack) await this.#lookBack();
    this.#lookedBack = true;
    const lines: SourceLine[] = [];
    const chunk = this.#chunk;
    const { bytesRead } = await this.#file.handle.read(chunk, 0, chunk.length, this.#readAt);
    const bytes = chunk.subarray(0, bytesRead);
    let start = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
      this.#line.add(bytes.subarray(start, end));
      start = end + 1;
      this.#endLine(this.#readAt + start, lines);
    }
    this.#line.add(bytes.subarray(start));
    this.#readAt += bytesRead;
    return { lines, offset: this.#safeOffset(), atEnd: bytesRead < chunk.length };
  }

  /**
   * Ends the open event, which has waited long enough for more lines.
   * @param last the file will not grow any more: a line without an end is one too
   */
  flush(last: boolean): TailRead {
    const lines: SourceLine[] = [];
    if (last && this.#line.begun) this.#endLine(this.#readAt, lines);
    for (let event = this.#joiner.flush(); event; event = this.#joiner.flush()) this.#push(event, lines);
    return { lines, offset: this.#safeOffset(), atEnd: true };
  }

  /** Whether the file was truncated and begun anew. */
  async restarted(): Promise<boolean> {
    return (await this.#file.handle.stat()).size < this.#readAt || !(await isSame(this.#file));
  }

  /** Whether it has no name any more. */
  async deleted(): Promise<boolean> {
    return (await this.#file.handle.stat()).nlink === 0;
  }

  async close(): Promise<void> {
    await this.#file.handle.close();
  }

  /**
   * Shows the joiner what was read before. After a restart it must tell events apart as it did before, because events
   * that were stored without the position being stored are read again.
   */
  async #lookBack(): Promise<void> {
    const { offset } = this.#file.position;
    const bytes = Buffer.alloc(Math.min(BEFORE, offset));
    const { bytesRead } = await this.#file.handle.read(bytes, 0, bytes.length, offset - bytes.length);
    const lines = this.#decode(bytes.subarray(0, bytesRead))
      .split('\n')
      .slice(bytes.length < offset ? 1 : 0);
    for (const text of lines) this.#joiner.add({ number: 0, text: text.replace(/\r$/, '') });
    while (this.#joiner.flush());
  }

  #endLine(nextAt: number, out: SourceLine[]): void {
    const event = this.#joiner.add({ number: this.#lineAt, text: this.#line.end() });
    this.#lineAt = nextAt;
    this.#push(event, out);
  }

  #push(event: NumberedLine | undefined, out: SourceLine[]): void {
    if (!event) return;
    const { path, position } = this.#file;
    out.push({ text: event.text, source: path, position: `${position.id}/${event.number}` });
  }

  #safeOffset(): number {
    return this.#joiner.open?.number ?? this.#lineAt;
  }
}

/** The bytes of a line until its end comes. Of a very long one the beginning and the end are kept, the rest is counted. */
class HeldLine {
  readonly #decode: (bytes: Uint8Array) => string;
  #parts: Buffer[] = [];
  #size = 0;
  /** The last bytes of what came after `parts`, and how many characters all of that was. */
  #tail = Buffer.alloc(0);
  #beyond = 0;

  constructor(decode: (bytes: Uint8Array) => string) {
    this.#decode = decode;
  }

  get begun(): boolean {
    return this.#size > 0;
  }

  add(bytes: Buffer): void {
    const room = Math.max(0, MAX_HELD - this.#size);
    // A copy: the chunk is used again.
    if (room > 0 && bytes.length > 0) this.#parts.push(Buffer.from(bytes.subarray(0, room)));
    this.#size += Math.min(room, bytes.length);
    if (bytes.length <= room) return;
    const rest = bytes.subarray(room);
    this.#beyond += unitsOf(rest);
    this.#tail = Buffer.concat([this.#tail, rest.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
  }

  /** The text of the line; the next one begins. */
  end(): string {
    const bytes = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
    const beyond = this.#beyond;
    const whole = beyond > 0 ? wholeEnd(bytes) : bytes.length;
    const end = bytes.at(-1) === CR && beyond === 0 ? whole - 1 : whole;
    const head = this.#decode(bytes.subarray(0, end));
    const text =
      beyond > 0
        ? headAndTail(
            head,
            this.#decode(wholeStart(this.#tail)).slice(-MAX_TAIL),
            beyond + unitsOf(bytes.subarray(whole)),
          )
        : head;
    this.#parts = [];
    this.#size = 0;
    this.#tail = Buffer.alloc(0);
    this.#beyond = 0;
    return text;
  }
}

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
