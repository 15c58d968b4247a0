import { decodeCp949 } from './cp949.ts';

/** Character sets of lines that are not UTF-8. `gb18030` holds GBK and GB2312. */
export type Charset = 'cp949' | 'shift_jis' | 'euc-jp' | 'gb18030' | 'big5' | 'windows-1252';

/** The decoder of each character set; labels of https://encoding.spec.whatwg.org. */
const decoders: Record<Charset, { decode(bytes: Uint8Array): string }> = {
  cp949: { decode: decodeCp949 },
  shift_jis: new TextDecoder('shift_jis', { fatal: true }),
  'euc-jp': new TextDecoder('euc-jp', { fatal: true }),
  gb18030: new TextDecoder('gb18030', { fatal: true }),
  big5: new TextDecoder('big5', { fatal: true }),
  'windows-1252': new TextDecoder('windows-1252', { fatal: true }),
};

/** The text of bytes in a character set; undefined when they are not in it. */
export function decodeAs(charset: Charset, bytes: Uint8Array): string | undefined {
  try {
    return decoders[charset].decode(bytes);
  } catch {
    return undefined;
  }
}

/** Bytes of a line by which its character set is told. */
const SAMPLE = 4_096;
/** At least this share of the characters outside ASCII must be of the script that a character set is for. */
const SHARE = 0.7;

/**
 * The character set of a line that is not UTF-8, by the script that it gives; undefined when none gives a text. Chinese and
 * Korean bytes overlap: Hangul goes first, since Chinese words give other signs among it.
 */
export function charsetOf(line: Uint8Array): Charset | undefined {
  const bytes = line.subarray(0, SAMPLE);
  // A line that is cut may end in half a character.
  const whole = line.length > SAMPLE ? bytes.subarray(0, bytes.lastIndexOf(32) + 1 || SAMPLE) : bytes;
  if (isWestern(whole, 1)) return 'windows-1252';
  const share = (charset: Charset, script: RegExp): number => {
    const text = decodeAs(charset, whole);
    const beyond = text?.match(/[^\p{ASCII}]/gu)?.length ?? 0;
    return beyond === 0 ? 0 : (text!.match(script)?.length ?? 0) / beyond;
  };
  if (share('cp949', HANGUL) >= SHARE && isUsualKorean(whole)) return 'cp949';
  // Japanese has kana between its signs; half-width kana are what other character sets look like.
  for (const charset of ['shift_jis', 'euc-jp'] as const)
    if (share(charset, KANA) > 0 && share(charset, JAPANESE) >= SHARE) return charset;
  if (isWestern(whole, 2)) return 'windows-1252';
  for (const charset of ['gb18030', 'big5', 'shift_jis', 'euc-jp'] as const)
    if (share(charset, CHINESE) >= SHARE) return charset;
  return undefined;
}

/** Whether at least half of the pairs have both bytes where the frequent syllables are: Japanese bytes do not. */
function isUsualKorean(bytes: Uint8Array): boolean {
  let pairs = 0;
  let usual = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at]! < 0x80) continue;
    pairs += 1;
    if (bytes[at]! > 0xa0 && (bytes[at + 1] ?? 0) > 0xa0) usual += 1;
    at += 1;
  }
  return usual * 2 >= pairs;
}

const HANGUL = /[가-힣]/gu;
const KANA = /[ぁ-ゖァ-ヺ]/gu;
const JAPANESE = /[ぁ-ゖァ-ヺー々一-鿿、-】！-～]/gu;
const CHINESE = /[一-鿿、-】！-～]/gu;

/** Letters of Western languages in Windows-1252, the signs that words have, and typographic quotes and dashes. */
const isWesternLetter = (byte: number): boolean =>
  (byte >= 0xc0 && byte < 0xff && byte !== 0xd7 && byte !== 0xf7) ||
  byte === 0x8a ||
  byte === 0x9a ||
  byte === 0x8c ||
  byte === 0x9c;
const isWesternSign = (byte: number): boolean =>
  byte === 0x80 || byte === 0x85 || (byte >= 0x91 && byte <= 0x97) || (byte >= 0xa0 && byte <= 0xbf);

/**
 * Whether all bytes outside ASCII are letters within words of ASCII letters, or signs, in runs of up to `most`. Where several
 * bytes make a character, runs are longer.
 */
function isWestern(bytes: Uint8Array, most: number): boolean {
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at]! < 0x80) continue;
    const start = at;
    while (at + 1 < bytes.length && bytes[at + 1]! >= 0x80) at++;
    const inWord = isLatin(bytes[start - 1]) || isLatin(bytes[at + 1]);
    if (at - start >= most || (at > start && !inWord)) return false;
    for (let i = start; i <= at; i++)
      if (!isWesternLetter(bytes[i]!) && !isWesternSign(bytes[i]!)) return false;
  }
  return true;
}

const isLatin = (byte: number | undefined): boolean =>
  byte !== undefined && ((byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122));

/** Bytes at the beginning that are looked at for UTF-16 without a mark. */
const WIDE_SAMPLE = 512;

/** UTF-16 by its byte order mark, or by the zeros in every other byte of ASCII characters. */
export function wideOf(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const end = Math.min(bytes.length, WIDE_SAMPLE) & ~1;
  const zeros: [number, number] = [0, 0];
  for (let at = 0; at < end; at++) if (bytes[at] === 0) zeros[at % 2]! += 1;
  // Korean words have none: spaces, digits and line ends are enough.
  const enough = Math.max(2, end / 10);
  if (zeros[1] >= enough && zeros[0] === 0) return 'utf-16le';
  return zeros[0] >= enough && zeros[1] === 0 ? 'utf-16be' : undefined;
}
