import { isAscii, isUtf8 } from 'node:buffer';

/** Encodings other than UTF-8 that are read: the Korean code page of Windows, and UTF-16 by its byte order mark. */
export type Encoding = 'cp949' | 'utf-16le' | 'utf-16be';

/** Most bytes that are held of a line without an end. */
const MAX_HELD_BYTES = 1024 * 1024;
const LF = 10;

/** CP949 is called `euc-kr` in the standard: https://encoding.spec.whatwg.org/#euc-kr */
const cp949 = new TextDecoder('euc-kr', { fatal: true });
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

function asCp949(bytes: Uint8Array): string | undefined {
  try {
    return cp949.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Decodes the lines of a source: as UTF-8, or as CP949 if they are not UTF-8. In a line that is neither, U+FFFD
 * stands for the bytes that cannot be read. When a source has shown that it writes CP949, the few words whose bytes
 * are valid UTF-8 too are read as Hangul.
 * @param onEncoding called once, at the first line in CP949
 */
export function createLineDecoder(onEncoding?: (encoding: Encoding) => void): (bytes: Uint8Array) => string {
  let korean = false;
  let begun = false;
  const decode = (bytes: Uint8Array): string => {
    const valid = isUtf8(bytes);
    if (valid && (!korean || isAscii(bytes))) return utf8.decode(bytes);
    const hangul = asCp949(bytes);
    if (hangul === undefined || (valid && !/[가-힣]/.test(hangul))) return utf8.decode(bytes);
    if (valid) {
      const text = utf8.decode(bytes);
      return /[가-힣]/.test(text) ? text : hangul;
    }
    if (!korean) onEncoding?.('cp949');
    korean = true;
    return hangul;
  };
  return (bytes) => {
    const text = decode(bytes);
    if (begun || text === '') return text;
    begun = true;
    // The byte order mark of UTF-8 does not belong to the first line.
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  };
}

/** The encoding that a byte order mark at the beginning names. */
function encodingOfMark(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;
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
    const encoding = encodingOfMark(bytes);
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
