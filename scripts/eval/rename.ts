/** Renames services in text, and services back. */
export interface Renaming {
  there(text: string): string;
  back(service: string): string;
}

const CONSONANTS = 'bdfgklmnprstvz';
const VOWELS = 'aeiou';

/** An invented word of a given length; the same seed gives the same word. */
function invent(length: number, seed: number): string {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  let out = '';
  while (out.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const letters = out.length % 2 === 0 ? CONSONANTS : VOWELS;
    out += letters[(state >>> 16) % letters.length];
  }
  return out;
}

const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * A map from the given service names to invented ones of the same shape, the same every time. Names are found whole
 * and with other marks between their parts (`a-b`, `a_b`, `a.b`, `ab`, `AB`), as paths, packages and classes spell
 * them; also without the first part where most names share it.
 */
export function renaming(names: readonly string[]): Renaming {
  const parts = new Map(names.map((name) => [name, name.split('-')]));
  const heads = new Map<string, number>();
  for (const [first] of parts.values()) heads.set(first!, (heads.get(first!) ?? 0) + 1);
  const words = new Map<string, string>();
  const used = new Set<string>();
  for (const part of [...new Set([...parts.values()].flat())].sort()) {
    let seed = words.size + 1;
    let word = invent(part.length, seed);
    while (used.has(word)) {
      seed += 1_000;
      word = invent(part.length, seed);
    }
    used.add(word);
    words.set(part, word);
  }
  const renamed = (name: string): string =>
    parts
      .get(name)!
      .map((part) => words.get(part)!)
      .join('-');
  const spellings = new Map<string, string[]>();
  for (const own of parts.values()) {
    spellings.set(own.join(''), own);
    const rest = own.slice(1);
    if (rest.length >= 2 && heads.get(own[0]!)! > names.length / 2) spellings.set(rest.join(''), rest);
  }
  const alternatives = [...spellings]
    .sort((a, b) => b[0].length - a[0].length)
    .map(([, own]) => own.map(quoted).join('[-_. ]?'));
  const pattern = new RegExp(`(?:${alternatives.join('|')})`, 'gi');
  const services = new Map(names.map((name) => [renamed(name), name]));
  return {
    there: (text) =>
      alternatives.length === 0
        ? text
        : text.replace(pattern, (found) => {
            const own = spellings.get(found.toLowerCase().replace(/[-_. ]/g, ''));
            if (!own) return found;
            let at = 0;
            let out = '';
            for (const part of own) {
              while (/[-_. ]/.test(found[at]!)) out += found[at++];
              const word = words.get(part)!;
              for (let i = 0; i < part.length; i += 1, at += 1)
                out += /[A-Z]/.test(found[at]!) ? word[i]!.toUpperCase() : word[i];
            }
            return out;
          }),
    back: (service) => services.get(service) ?? service,
  };
}
