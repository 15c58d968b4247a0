import { wideOf } from './charset.ts';

/** What a file is that is no text. */
export type BinaryKind = 'archive' | 'image' | 'database' | 'program' | 'document' | 'binary';

/** First bytes of formats that are no text, as they are in Latin-1. */
const MAGIC: readonly (readonly [string, BinaryKind])[] = [
  ['PK\u0003\u0004', 'archive'],
  ['7z\u00bc\u00af\u0027\u001c', 'archive'],
  ['\u00fd7zXZ\u0000', 'archive'],
  ['BZh', 'archive'],
  ['Rar!\u001a\u0007', 'archive'],
  ['\u0028\u00b5\u002f\u00fd', 'archive'],
  ['\u0089PNG\r\n', 'image'],
  ['\u00ff\u00d8\u00ff', 'image'],
  ['GIF8', 'image'],
  ['RIFF', 'image'],
  ['SQLite format 3\u0000', 'database'],
  ['PAR1', 'database'],
  ['LPKSHHRH', 'database'],
  ['ElfFile\u0000', 'database'],
  ['\u007fELF', 'program'],
  ['MZ\u0090\u0000', 'program'],
  ['\u00ca\u00fe\u00ba\u00be', 'program'],
  ['%PDF-', 'document'],
  ['\u00d0\u00cf\u0011\u00e0', 'document'],
];
const TAR_AT = 257;
/** Bytes that are looked at, and the share of control characters that no text has. */
const SAMPLE = 4_096;
const SHARE = 0.05;

/** What the first bytes of a file show it to be; undefined for text. */
export function binaryKind(bytes: Uint8Array): BinaryKind | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 512)).toString('latin1');
  for (const [magic, kind] of MAGIC) if (head.startsWith(magic)) return kind;
  if (head.startsWith('ustar', TAR_AT)) return 'archive';
  if (wideOf(bytes)) return undefined;
  // What was truncated while it was written begins with zeros.
  let from = 0;
  while (from < bytes.length && bytes[from] === 0) from++;
  const end = Math.min(bytes.length, from + SAMPLE);
  let control = 0;
  for (let at = from; at < end; at++) if (isControl(bytes[at]!)) control += 1;
  return control > (end - from) * SHARE && control > 1 ? 'binary' : undefined;
}

/** Control characters but tab, line ends, form feed, backspace, bell and escape, which consoles write. */
const isControl = (byte: number): boolean => byte < 7 || (byte > 13 && byte < 27) || (byte > 27 && byte < 32);

/** Passes the bytes of text; of anything else nothing, and says what it is. */
export async function* textOnly(
  chunks: AsyncIterable<Uint8Array>,
  onBinary: (kind: BinaryKind) => void,
): AsyncGenerator<Uint8Array> {
  let begun = false;
  for await (const chunk of chunks) {
    const kind = begun ? undefined : binaryKind(chunk);
    if (kind) {
      onBinary(kind);
      return;
    }
    begun = true;
    yield chunk;
  }
}
