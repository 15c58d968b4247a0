import { createLineDecoder } from '../files/encoding.ts';

/** What came out of a chunk: whole messages, and how many were refused for their size or form. */
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
const NUL = 0;
const SPACE = 32;
const LESS = 60;

/** What stands at the beginning of the bytes: an octet count, a line, or too little to say. */
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
/**
 * Where lines end, at LF or NUL (RFC 6587 section 3.4.2); -1 when the end is not there yet. Asked for places that only
 * grow: where the one or the other comes next is looked for once, and not again before every end of the other kind.
 */
function lineEnds(bytes: Buffer): (from: number) => number {
  const next = { [LF]: -2, [NUL]: -2 };
  const find = (byte: typeof LF | typeof NUL, from: number): number => {
    if (next[byte] !== -1 && next[byte] < from) next[byte] = bytes.indexOf(byte, from);
    return next[byte];
  };
  return (from) => {
    const line = find(LF, from);
    const nul = find(NUL, from);
    return line < 0 ? nul : nul < 0 ? line : Math.min(line, nul);
  };
}
const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;

/**
 * Cuts a stream into syslog messages by octet counts or line ends, told apart for each message (RFC 6587). A message
 * over `limit` bytes is skipped and counted; no more than one message is held.
 * @param decode how the text of a message is read
 */
export function createSyslogFramer(
  limit: number,
  decode: (bytes: Uint8Array) => string = createLineDecoder(),
): {
  push(chunk: Buffer): Framed;
  end(): Framed;
  /** Bytes of the message that has begun and is not whole. */
  readonly held: number;
  /** How many they may become at most. */
  readonly expected: number;
  /** In how many pieces they are held. */
  readonly pieces: number;
} {
  /** What has begun and is not whole, in the pieces it came in: a long message is joined once, not for each of them. */
  let rest: Buffer[] = [];
  let held = 0;
  /** By the octet count of the message that has begun; undefined where it has none, or where that is not known yet. */
  let expected: number | undefined;
  let isLine = false;
  /** Bytes still to skip of a counted message that is too long; Infinity: up to the next line end. */
  let skip = 0;
  /** Where the search for a line end goes on, so that a long line is not searched again. */
  let searched = 0;

  const add = (out: Framed, bytes: Buffer): void => {
    let end = bytes.length;
    // Senders end messages with a line end, NUL, or both, also inside octet counts.
    while (end > 0 && (bytes[end - 1] === LF || bytes[end - 1] === 13 || bytes[end - 1] === 0)) end -= 1;
    const text = decode(bytes.subarray(0, end));
    if (text.trim() !== '') out.messages.push(text);
  };

  /** Whether a chunk only makes what has begun longer. */
  const prolongs = (chunk: Buffer): boolean =>
    expected !== undefined
      ? held + chunk.length < expected
      : isLine && held + chunk.length <= limit && lineEnds(chunk)(0) < 0;

  function prolong(chunk: Buffer): void {
    rest.push(chunk);
    held += chunk.length;
    if (isLine) searched = held;
    // Small ones are joined as they double: few pieces, and each byte is copied a few times.
    for (let [before, last] = rest.slice(-2); before && last; [before, last] = rest.slice(-2)) {
      if (before.length > last.length || before.length + last.length > PIECE) return;
      rest.splice(-2, 2, Buffer.concat([before, last]));
    }
  }

  function push(chunk: Buffer): Framed {
    const out: Framed = { messages: [], tooLarge: 0, malformed: 0 };
    if (rest.length > 0 && prolongs(chunk)) {
      prolong(chunk);
      return out;
    }
    let bytes = rest.length === 0 ? chunk : Buffer.concat([...rest, chunk]);
    const lineEnd = lineEnds(bytes);
    let at = 0;
    expected = undefined;
    isLine = false;
    while (at < bytes.length) {
      if (skip === Number.POSITIVE_INFINITY) {
        const end = lineEnd(at);
        if (end < 0) {
          at = bytes.length;
          break;
        }
        skip = 0;
        at = end + 1;
        continue;
      }
      if (skip > 0) {
        const step = Math.min(skip, bytes.length - at);
        skip -= step;
        at += step;
        continue;
      }
      const framing = framingOf(bytes, at);
      if (framing === 'more') break;
      if (framing === 'line') {
        const end = lineEnd(Math.max(at, searched));
        if (end < 0) {
          if (bytes.length - at <= limit) {
            searched = bytes.length - at;
            isLine = true;
            break;
          }
          out.tooLarge += 1;
          skip = Number.POSITIVE_INFINITY;
          continue;
        }
        searched = 0;
        if (end - at > limit) out.tooLarge += 1;
        else add(out, bytes.subarray(at, end));
        at = end + 1;
        continue;
      }
      const { count, body } = framing;
      if (count > limit) {
        out.tooLarge += 1;
        skip = count;
        at = body;
        continue;
      }
      if (bytes.length - body < count) {
        expected = body - at + count;
        break;
      }
      add(out, bytes.subarray(body, body + count));
      at = body + count;
    }
    if (at > 0) searched = Math.max(0, searched - at);
    bytes = bytes.subarray(at);
    // A copy: the rest must not hold the whole chunk.
    rest = bytes.length === 0 ? [] : [Buffer.from(bytes)];
    held = bytes.length;
    return out;
  }

  return {
    push,
    get held() {
      return held;
    },
    get expected() {
      return held === 0 ? 0 : (expected ?? limit);
    },
    get pieces() {
      return rest.length;
    },
    end() {
      const out: Framed = { messages: [], tooLarge: 0, malformed: 0 };
      const bytes = Buffer.concat(rest);
      if (skip === 0 && bytes.length > 0) {
        if (framingOf(bytes, 0) === 'line') add(out, bytes);
        else out.malformed += 1;
      }
      rest = [];
      held = 0;
      return out;
    },
  };
}
