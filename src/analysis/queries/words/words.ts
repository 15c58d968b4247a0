import { Lexicon } from '../../lexicon/lexicon.ts';

/** Words of both languages, by what they mean in a question. */
const LEXICONS = [new Lexicon('questions/english'), new Lexicon('questions/korean')];
const PARTICLES = LEXICONS[1]!.words('particles');
/** Sections that are no meanings. */
const OTHER = new Set(['particles', 'service-words', 'loanwords']);

interface Entry {
  text: string;
  /** Any end of the word may follow. */
  open: boolean;
  meanings: Set<string>;
}

/** Entries by their first character, the longest first. */
const ENTRIES = new Map<string, Entry[]>();
/** For a word of a topic the ways in which lines write it. */
const TOPICS = pairsOf(new Lexicon('questions/topics').words('topics'));
/** For a Korean word the English one by which lines name the same. */
const LOANWORDS = pairsOf(LEXICONS[1]!.words('loanwords'));
/** For a Korean noun the names that a service for it may have. */
const SERVICE_WORDS = pairsOf(LEXICONS[1]!.words('service-words'));

function pairsOf(entries: Iterable<string>): ReadonlyMap<string, readonly string[]> {
  return new Map(
    [...entries].map((entry): [string, string[]] => {
      const [word, forms] = entry.split('=').map((part) => part.trim()) as [string, string];
      return [word, forms.split(',').map((form) => form.trim())];
    }),
  );
}

function addEntry(written: string, meaning: string): void {
  const open = written.endsWith('*');
  const text = open ? written.slice(0, -1) : written;
  const list = ENTRIES.get(text[0]!) ?? [];
  ENTRIES.set(text[0]!, list);
  const known = list.find((entry) => entry.text === text && entry.open === open);
  if (known) known.meanings.add(meaning);
  else list.push({ text, open, meanings: new Set([meaning]) });
}

/** A Korean phrase is often written as one word: `오류 코드`, `오류코드`. */
const asOne = (entry: string): string[] =>
  /^[가-힣 ]+\*?$/.test(entry) && entry.includes(' ') ? [entry, entry.replaceAll(' ', '')] : [entry];

for (const lexicon of LEXICONS)
  for (const section of lexicon.sections.filter((one) => !OTHER.has(one)))
    for (const word of lexicon.words(section)) for (const one of asOne(word)) addEntry(one, section);
// What has not ended yet goes on: `안 끝났어`.
for (const word of LEXICONS[1]!.words('end'))
  for (const not of ['안 ', '안', '못 ', '못'])
    for (const meaning of ['still', 'trouble']) addEntry(`${not}${word}`, meaning);
for (const topic of TOPICS.keys()) addEntry(topic, 'topic');
for (const list of ENTRIES.values())
  list.sort((a, b) => b.text.length - a.text.length || Number(a.open) - Number(b.open));

/** A part of a question that is understood, or a word that is not. */
export interface Token {
  start: number;
  end: number;
  text: string;
  /** What it may mean: names of sections of the lexicon; none where the word is not known. */
  meanings: ReadonlySet<string>;
  /** Of a topic: how lines may write it. */
  forms?: readonly string[];
}

const WORD = /[\p{L}\p{N}_%'@./:#-]+/gu;
const END = /[^\p{L}\p{N}_'-]/u;
/** A Korean verb that ends as a request does: `알려주세요`, `골라줘`. */
const REQUEST =
  /[가-힣](?:주세요|주셔요|주십시오|주실래요|주시겠어요|주시죠|줘|줘요|줄래|줄래요|주라|주렴|줍시다)$/;
const SHOW: ReadonlySet<string> = new Set(['show', 'filler']);
const NONE: ReadonlySet<string> = new Set();

/** So many particles may follow each other: `쪽에서는`, `중이에요`. */
const CHAIN = 3;

/** Whether this may stand between a word and the next one: nothing, a plural, Korean particles. */
export function endsWord(rest: string): boolean {
  return rest === '' || /^(?:'?s|es|'s)$/.test(rest) || areParticles(rest, CHAIN);
}

function areParticles(rest: string, most: number): boolean {
  if (PARTICLES.has(rest)) return true;
  if (most === 1 || rest.length > 8) return false;
  for (let at = 1; at < rest.length; at += 1)
    if (PARTICLES.has(rest.slice(0, at)) && areParticles(rest.slice(at), most - 1)) return true;
  return false;
}

/** The rest of the word at a position. */
function restAt(text: string, at: number): string {
  const end = text.slice(at).search(END);
  return end < 0 ? text.slice(at) : text.slice(at, at + end);
}

/** The longest entry that stands at a position, and the end of its last word. */
function entryAt(text: string, at: number): { entry: Entry; end: number } | undefined {
  for (const entry of ENTRIES.get(text[at]!) ?? []) {
    if (!text.startsWith(entry.text, at)) continue;
    const rest = restAt(text, at + entry.text.length);
    if (entry.open || endsWord(rest)) return { entry, end: at + entry.text.length + rest.length };
  }
  return undefined;
}

/** The entry that is all of a word, with its ending. */
export function entrySpanning(word: string): boolean {
  return REQUEST.test(word) || entryAt(word, 0)?.end === word.length;
}

/** Whether a word says nothing by itself. */
export function isFiller(word: string): boolean {
  const found = entryAt(word, 0);
  return found !== undefined && [...found.entry.meanings].every((meaning) => meaning === 'filler');
}

/** The words of the English entries that begin with a letter. */
export function spellings(initial: string): readonly string[] {
  return SPELLINGS.get(initial) ?? [];
}
const SPELLINGS = new Map<string, string[]>();
for (const { text } of [...ENTRIES.values()].flat())
  for (const word of text.match(/^[a-z ]+$/) ? text.split(' ') : []) {
    const list = SPELLINGS.get(word[0]!) ?? [];
    SPELLINGS.set(word[0]!, list);
    if (!list.includes(word)) list.push(word);
  }

/** Particles and endings, the longest first. */
export const ENDINGS: readonly string[] = [...PARTICLES].sort((a, b) => b.length - a.length);

/** The Korean entries that may be told from how they sound, the longest first. */
export const FOLDABLE: readonly string[] = [...ENTRIES.values()]
  .flat()
  .map(({ text }) => text)
  .filter((text) => /^[가-힣]{2,}$/.test(text));

/**
 * Takes a question apart into what is understood and what is not.
 * @param text in lower case; what was read already is blank
 */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let from = 0;
  for (const { 0: whole, index } of text.matchAll(WORD)) {
    const start = index + (/^['@./:#-]*/.exec(whole)?.[0].length ?? 0);
    const end = index + whole.replace(/['@./:#-]+$/, '').length;
    if (start < from || start >= end) continue;
    const found = entryAt(text, start);
    if (found) {
      const { entry } = found;
      const forms = TOPICS.get(entry.text);
      const words = text.slice(start, found.end);
      tokens.push({
        start,
        end: found.end,
        text: words,
        meanings: entry.meanings,
        ...(forms ? { forms } : {}),
      });
      from = found.end;
    } else {
      const word = text.slice(start, end);
      if (REQUEST.test(word)) {
        tokens.push({ start, end, text: word, meanings: SHOW });
        from = end;
        continue;
      }
      tokens.push({ start, end, text: word, meanings: NONE });
      from = end;
    }
  }
  return tokens;
}

/** The first phrase of a section in the text, at the beginning of a word. */
export function phraseIn(
  text: string,
  sections: readonly string[],
): { start: number; end: number; section: string } | undefined {
  for (const { index } of text.matchAll(/(?<![\p{L}\p{N}])[\p{L}\p{N}]/gu))
    for (const entry of ENTRIES.get(text[index]!) ?? []) {
      const section = sections.find((one) => entry.meanings.has(one));
      if (!section || !text.startsWith(entry.text, index)) continue;
      const rest = restAt(text, index + entry.text.length);
      if (entry.open || endsWord(rest))
        return { start: index, end: index + entry.text.length + rest.length, section };
    }
  return undefined;
}

/** How lines may write a topic. */
export const topicForms = (topic: string): readonly string[] => TOPICS.get(topic) ?? [topic];

/** The names that a service may have which a Korean noun means: `결제` is `payment`. */
export const serviceWords = (): ReadonlyMap<string, readonly string[]> => SERVICE_WORDS;

/** The English word by which lines name what a Korean one does: `커넥션` is `connection`. */
export const loanwordOf = (word: string): string | undefined => LOANWORDS.get(word)?.[0];
