import { isAscii, isUtf8 } from 'node:buffer';
import { type Charset, charsetOf, decodeAs, wideOf } from './charset.ts';

/** Encodings other than UTF-8 that are read; `unknown` is said of lines with bytes that are in none of them. */
export type Encoding = Charset | 'utf-16le' | 'utf-16be' | 'unknown';

/** Most bytes that are held of a line without an end. */
const MAX_HELD_BYTES = 1024 * 1024;
const LF = 10;

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Lines by which a source shows its character set, until it is known for good. */
const ENOUGH = 8;

/**
 * Decodes the lines of a source: as UTF-8, or in the character set that they show if they are not UTF-8. Bytes that are in
 * none become U+FFFD. When a source has shown that it writes CP949, the few words whose bytes are valid UTF-8 too are read as
 * Hangul. Zeros at the beginning of a line, as truncating a file leaves them that is written to, are left out.
 * @param onEncoding called once for each encoding, at its first line
 */
export function createLineDecoder(onEncoding?: (encoding: Encoding) => void): (bytes: Uint8Array) => string {
  const votes = new Map<Charset, number>();
  const told = new Set<Encoding>();
  let begun = false;
  const tell = (encoding: Encoding): void => {
    if (told.has(encoding)) return;
    told.add(encoding);
    onEncoding?.(encoding);
  };
  /** A line in the character set of most lines before; one that is not in it tells its own. */
  const decodeOther = (bytes: Uint8Array): string => {
    let usual: Charset | undefined;
    for (const [charset, count] of votes) if (count > (votes.get(usual!) ?? 0)) usual = charset;
    const known = usual && votes.get(usual)! >= ENOUGH ? decodeAs(usual, bytes) : undefined;
    if (known !== undefined) return known;
    const charset = charsetOf(bytes) ?? usual;
    const text = charset && decodeAs(charset, bytes);
    if (text === undefined) {
      tell('unknown');
      return utf8.decode(bytes);
    }
    votes.set(charset!, (votes.get(charset!) ?? 0) + 1);
    tell(charset!);
    return text;
  };
  const decode = (bytes: Uint8Array): string => {
    if (!isUtf8(bytes)) return decodeOther(bytes);
    const text = utf8.decode(bytes);
    if (!told.has('cp949') || isAscii(bytes) || /[가-힣]/.test(text)) return text;
    const hangul = decodeAs('cp949', bytes);
    return hangul !== undefined && /[가-힣]/.test(hangul) ? hangul : text;
  };
  return (line) => {
    let from = 0;
    while (line[from] === 0) from++;
    const bytes = from === 0 ? line : line.subarray(from);
    const text = decode(bytes);
    if (begun || text === '') return text;
    begun = true;
    // The byte order mark of UTF-8 does not belong to the first line.
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  };
}

/** The number of bytes up to which a block of UTF-8 has only whole characters. */
export function wholeEnd(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) break;
    if (byte >= 0xc0)
      return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Decodes the chunks of a source, line by line as `createLineDecoder` does, without a byte order mark. */
export function createChunkDecoder(onEncoding?: (encoding: Encoding) => void): {
  /** The text of the lines that are whole now; of a line of over a megabyte, what has come of it. */
  push(chunk: Uint8Array): string;
  /** What was held back for the rest of its line. */
  end(): string;
} {
  const decodeLine = createLineDecoder((encoding) => {
    mixed = true;
    onEncoding?.(encoding);
  });
  /** Lines in another encoding were found: from now on each line is looked at by itself. */
  let mixed = false;
  let wide: TextDecoder | undefined;
  let begun = false;
  let held: Uint8Array[] = [];
  let size = 0;

  function textOf(bytes: Uint8Array): string {
    if (!mixed && isUtf8(bytes)) return utf8.decode(bytes);
    const lines: string[] = [];
    let start = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
      lines.push(decodeLine(bytes.subarray(start, end)));
      start = end + 1;
    }
    lines.push(decodeLine(bytes.subarray(start)));
    return lines.join('\n');
  }
  /** The first bytes may be a byte order mark; the text is given without it. */
  function begin(bytes: Uint8Array): Uint8Array {
    begun = true;
    const encoding = wideOf(bytes);
    if (encoding) {
      onEncoding?.(encoding);
      wide = new TextDecoder(encoding);
    }
    return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
  }
  function release(last: boolean): string {
    let bytes = held.length === 1 ? held[0]! : Buffer.concat(held);
    held = [];
    size = 0;
    if (!begun) bytes = begin(bytes);
    if (wide) return wide.decode(bytes, { stream: !last });
    const lineEnd = last ? bytes.length : bytes.lastIndexOf(LF) + 1;
    const end = lineEnd > 0 || bytes.length < MAX_HELD_BYTES ? lineEnd : wholeEnd(bytes);
    if (end < bytes.length) {
      // A copy: the rest must not keep the whole chunk in memory.
      held = [Buffer.from(bytes.subarray(end))];
      size = bytes.length - end;
    }
    return textOf(bytes.subarray(0, end));
  }

  return {
    push(chunk) {
      held.push(chunk);
      size += chunk.length;
      if (!begun && size < 3) return '';
      return wide || !begun || size >= MAX_HELD_BYTES || chunk.includes(LF) ? release(false) : '';
    },
    end: () => release(true),
  };
}
