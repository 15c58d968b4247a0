/** What the runtime calls `euc-kr` has only the 2,350 syllables of KS X 1001. CP949 has all 11,172. */
const ksx1001 = new TextDecoder('euc-kr', { fatal: true });

const FIRST_SYLLABLE = 0xac00;
const SYLLABLES = 11_172;

/** The syllables that only CP949 has, by their two bytes; made when the first one is met. */
let extended: Map<number, string> | undefined;

/** CP949 gives the syllables that KS X 1001 lacks to its free places, both in the order of their code. */
function extendedSyllables(): Map<number, string> {
  if (extended) return extended;
  const usual = new Set<string>();
  for (let lead = 0xb0; lead <= 0xc8; lead++)
    for (let trail = 0xa1; trail <= 0xfe; trail++) usual.add(ksx1001.decode(Uint8Array.of(lead, trail)));
  extended = new Map();
  let next = 0;
  for (let lead = 0x81; lead <= 0xc6; lead++)
    for (let trail = 0x41; trail <= (lead <= 0xa0 ? 0xfe : 0xa0); trail++) {
      if ((trail > 0x5a && trail < 0x61) || (trail > 0x7a && trail < 0x81)) continue;
      while (next < SYLLABLES && usual.has(String.fromCharCode(FIRST_SYLLABLE + next))) next++;
      if (next < SYLLABLES) extended.set(lead * 256 + trail, String.fromCharCode(FIRST_SYLLABLE + next++));
    }
  return extended;
}

/**
 * The text of bytes in CP949.
 * @throws TypeError when they are not in it
 */
export function decodeCp949(bytes: Uint8Array): string {
  try {
    return ksx1001.decode(bytes);
  } catch {
    const parts: string[] = [];
    const table = extendedSyllables();
    let start = 0;
    for (let at = 0; at < bytes.length; at++) {
      const lead = bytes[at]!;
      if (lead < 0x80) continue;
      const syllable = table.get(lead * 256 + (bytes[at + 1] ?? 0));
      if (syllable !== undefined) {
        parts.push(ksx1001.decode(bytes.subarray(start, at)), syllable);
        start = at + 2;
      }
      at += 1;
    }
    return parts.join('') + ksx1001.decode(bytes.subarray(start));
  }
}
