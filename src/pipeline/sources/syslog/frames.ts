import { createLineDecoder } from '../files/encoding.ts';

/** What came out of a chunk: whole messages, and how many were rejected for their size or form. */
export interface Framed {
  messages: string[];
  tooLarge: number;
  malformed: number;
}

/** Digits of an octet count; a longer number is no count. */
const MAX_DIGITS = 9;
/** Pieces of a message are joined up to this many bytes while more of it is to come. */
const PIECE = 64 * 1024;
const LF = 10;
const CR = 13;
const NUL = 0;
const SPACE = 32;
const LESS = 60;

/** What is at the beginning of the bytes: an octet count, a line, or too little to say. */
function framingOf(bytes: Buffer, at: number): { count: number; body: number } | 'line' | 'more' {
  let end = at;
  while (end < bytes.length && end - at <= MAX_DIGITS && isDigit(bytes[end]!)) end += 1;
  const digits = end - at;
  if (digits === 0 || digits > MAX_DIGITS || bytes[at] === 48) return 'line';
  // A count is followed by a space and a priority; a line may well begin with a year.
  if (end < bytes.length && bytes[end] !== SPACE) return 'line';
  if (end + 1 >= bytes.length) return 'more';
  if (bytes[end + 1] !== LESS) return 'line';
  return { count: Number(bytes.toString('latin1', at, end)), body: end + 1 };
}
const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;

/**
 * Finds where lines end, at LF or NUL (RFC 6587 section 3.4.2). Only to be asked for positions that grow: where the next
 * LF and the next NUL are is searched once, and not again for each end of the other kind.
 */
class LineEnds {
  readonly #bytes: Buffer;
  /** Where the next ones are. -2: not searched yet; -1: there are no more. */
  #nextLf = -2;
  #nextNul = -2;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** The first end from here on; -1 if it is not there yet. */
  from(at: number): number {
    if (this.#nextLf !== -1 && this.#nextLf < at) this.#nextLf = this.#bytes.indexOf(LF, at);
    if (this.#nextNul !== -1 && this.#nextNul < at) this.#nextNul = this.#bytes.indexOf(NUL, at);
    if (this.#nextLf < 0) return this.#nextNul;
    return this.#nextNul < 0 ? this.#nextLf : Math.min(this.#nextLf, this.#nextNul);
  }
}

/**
 * Cuts a stream into syslog messages by octet counts or line ends; which of the two is decided for each message (RFC 6587). A
 * message over `limit` bytes is skipped and counted; no more than one message is held.
 */
export class SyslogFramer {
  readonly #limit: number;
  readonly #decode: (bytes: Uint8Array) => string;
  /** What has begun and is not whole, in the pieces it came in: a long message is joined once, not for each piece. */
  #rest: Buffer[] = [];
  #held = 0;
  /** Bytes of the message that has begun, by its octet count; undefined if it has no count or the count is not known yet. */
  #expected: number | undefined;
  /** The message that has begun is a line. */
  #isLine = false;
  /** Bytes still to skip of a counted message that is too long; Infinity: up to the next line end. */
  #skip = 0;
  /** From where a line end is searched, so that a long line is not searched again. */
  #searched = 0;

  /** @param decode how the text of a message is read */
  constructor(limit: number, decode: (bytes: Uint8Array) => string = createLineDecoder()) {
    this.#limit = limit;
    this.#decode = decode;
  }

  /** Bytes of the message that has begun and is not whole. */
  get held(): number {
    return this.#held;
  }

  /** How many bytes it may have at most. */
  get expected(): number {
    return this.#held === 0 ? 0 : (this.#expected ?? this.#limit);
  }

  /** In how many pieces it is held. */
  get pieces(): number {
    return this.#rest.length;
  }

  /** The messages that are whole with these bytes. */
  push(chunk: Buffer): Framed {
    const out: Framed = { messages: [], tooLarge: 0, malformed: 0 };
    if (this.#rest.length > 0 && this.#onlyProlongs(chunk)) {
      this.#prolong(chunk);
      return out;
    }
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([...this.#rest, chunk]);
    const ends = new LineEnds(bytes);
    this.#expected = undefined;
    this.#isLine = false;
    let at = 0;
    for (let next = 0; at < bytes.length; at = next) {
      next = this.#skip > 0 ? this.#skipped(bytes, at, ends) : this.#message(bytes, at, ends, out);
      if (next === at) break;
    }
    if (at > 0) this.#searched = Math.max(0, this.#searched - at);
    this.#held = bytes.length - at;
    // A copy: the rest must not keep the whole chunk in memory.
    this.#rest = this.#held === 0 ? [] : [Buffer.from(bytes.subarray(at))];
    return out;
  }

  /** What is left when the stream has ended. */
  end(): Framed {
    const out: Framed = { messages: [], tooLarge: 0, malformed: 0 };
    const bytes = Buffer.concat(this.#rest);
    if (this.#skip === 0 && bytes.length > 0) {
      if (framingOf(bytes, 0) === 'line') this.#add(out, bytes);
      else out.malformed += 1;
    }
    this.#rest = [];
    this.#held = 0;
    return out;
  }

  /** Where the bytes of a message that is too long end, as far as they are here. */
  #skipped(bytes: Buffer, at: number, ends: LineEnds): number {
    if (this.#skip !== Number.POSITIVE_INFINITY) {
      const step = Math.min(this.#skip, bytes.length - at);
      this.#skip -= step;
      return at + step;
    }
    const end = ends.from(at);
    if (end < 0) return bytes.length;
    this.#skip = 0;
    return end + 1;
  }

  /** Reads the message that begins at `at`; gives where the next one begins, or `at` if this one is not whole yet. */
  #message(bytes: Buffer, at: number, ends: LineEnds, out: Framed): number {
    const framing = framingOf(bytes, at);
    if (framing === 'more') return at;
    if (framing === 'line') return this.#line(bytes, at, ends, out);
    const { count, body } = framing;
    if (count > this.#limit) {
      out.tooLarge += 1;
      this.#skip = count;
      return body;
    }
    if (bytes.length - body < count) {
      this.#expected = body - at + count;
      return at;
    }
    this.#add(out, bytes.subarray(body, body + count));
    return body + count;
  }

  #line(bytes: Buffer, at: number, ends: LineEnds, out: Framed): number {
    const end = ends.from(Math.max(at, this.#searched));
    if (end >= 0) {
      this.#searched = 0;
      if (end - at > this.#limit) out.tooLarge += 1;
      else this.#add(out, bytes.subarray(at, end));
      return end + 1;
    }
    if (bytes.length - at <= this.#limit) {
      this.#searched = bytes.length - at;
      this.#isLine = true;
      return at;
    }
    out.tooLarge += 1;
    this.#skip = Number.POSITIVE_INFINITY;
    return bytes.length;
  }

  #add(out: Framed, bytes: Buffer): void {
    let end = bytes.length;
    // Senders end messages with a line end, NUL, or both, also inside octet counts.
    while (end > 0 && (bytes[end - 1] === LF || bytes[end - 1] === CR || bytes[end - 1] === NUL)) end -= 1;
    const text = this.#decode(bytes.subarray(0, end));
    if (text.trim() !== '') out.messages.push(text);
  }

  /** Whether a chunk only makes the message longer that has begun. */
  #onlyProlongs(chunk: Buffer): boolean {
    if (this.#expected !== undefined) return this.#held + chunk.length < this.#expected;
    return this.#isLine && this.#held + chunk.length <= this.#limit && new LineEnds(chunk).from(0) < 0;
  }

  #prolong(chunk: Buffer): void {
    const rest = this.#rest;
    rest.push(chunk);
    this.#held += chunk.length;
    if (this.#isLine) this.#searched = this.#held;
    // Small ones are joined as they double: few pieces, and each byte is copied a few times.
    for (let [before, last] = rest.slice(-2); before && last; [before, last] = rest.slice(-2)) {
      if (before.length > last.length || before.length + last.length > PIECE) return;
      rest.splice(-2, 2, Buffer.concat([before, last]));
    }
  }
}
