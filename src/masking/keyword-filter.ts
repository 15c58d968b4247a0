/** Bits of the hash of two characters, by which most places of a text are passed over. */
const BITS = 13;
const MASK = (1 << BITS) - 1;

/** ASCII capitals become small letters. */
const lower = (code: number): number => (code >= 65 && code <= 90 ? code + 32 : code);
const slotOf = (first: number, second: number): number => ((first * 37) ^ (second * 3)) & MASK;

interface Keyword {
  word: string;
  ids: number[];
}

/** Finds in one pass which of many keywords stand in a text, so that what needs one of them is not tried without. */
export class KeywordFilter {
  readonly #isStart = new Uint8Array(MASK + 1);
  /** Keywords by their first two characters. */
  readonly #byStart = new Map<number, Keyword[]>();

  /** @param keywords words in lower case of at least two characters, each with what it stands for */
  constructor(keywords: Iterable<readonly [word: string, id: number]>) {
    for (const [word, id] of keywords) {
      const [first, second] = [word.charCodeAt(0), word.charCodeAt(1)];
      this.#isStart[slotOf(first, second)] = 1;
      const known = this.#byStart.get((first << 16) | second) ?? [];
      this.#byStart.set((first << 16) | second, known);
      const same = known.find((one) => one.word === word);
      if (!same) known.push({ word, ids: [id] });
      else if (!same.ids.includes(id)) same.ids.push(id);
    }
  }

  /** What the keywords in a text stand for. */
  find(text: string): ReadonlySet<number> {
    const found = new Set<number>();
    let first = lower(text.charCodeAt(0));
    for (let i = 1; i < text.length; i += 1) {
      const second = lower(text.charCodeAt(i));
      if (this.#isStart[slotOf(first, second)] === 1)
        this.#lookAt(text, i - 1, (first << 16) | second, found);
      first = second;
    }
    return found;
  }

  #lookAt(text: string, at: number, start: number, found: Set<number>): void {
    const known = this.#byStart.get(start);
    if (!known) return;
    for (const { word, ids } of known)
      if (ids.some((id) => !found.has(id)) && standsAt(text, at, word)) for (const id of ids) found.add(id);
  }
}

function standsAt(text: string, at: number, word: string): boolean {
  for (let i = 2; i < word.length; i += 1)
    if (lower(text.charCodeAt(at + i)) !== word.charCodeAt(i)) return false;
  return true;
}
