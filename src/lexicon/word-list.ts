import { readFileSync } from 'node:fs';

/**
 * A file of words and phrases in sections, for reviewers who need not read code:
 *
 *     # A comment.
 *     [section]
 *     one entry a line
 *     \b(?:
 *       an entry that
 *       is a regular expression
 *     )\b
 */
export class WordList {
  readonly #sections = new Map<string, string[]>();

  /** @param path of the file. Throws if it cannot be read, because it is a part of the program. */
  constructor(path: string) {
    let entries: string[] | undefined;
    for (const raw of readFileSync(path, 'utf8').split(/\r?\n/)) {
      const line = raw.trim();
      if (line === '' || line.startsWith('# ')) continue;
      const title = /^\[([\w-]+)\]$/.exec(line)?.[1];
      if (title) {
        entries = [];
        this.#sections.set(title, entries);
      } else entries?.push(line);
    }
  }

  /** In the order of the file. */
  get sections(): string[] {
    return [...this.#sections.keys()];
  }

  /** The entries of a section as words, also in the order of the file. */
  words(section: string): ReadonlySet<string> {
    return new Set(this.#entries(section));
  }

  /** One regular expression that matches what any entry of a section matches. */
  pattern(section: string, flags = 'i'): RegExp {
    return new RegExp(this.source(section), flags);
  }

  /** Its source, to be put into a larger one as a group. */
  source(section: string): string {
    let out = '';
    for (const entry of this.#entries(section)) {
      const isApart = out !== '' && !out.endsWith('(?:') && !entry.startsWith(')');
      out += isApart ? `|${entry}` : entry;
    }
    return out;
  }

  #entries(section: string): string[] {
    const entries = this.#sections.get(section);
    if (!entries) throw new Error(`the lexicon has no section ${section}`);
    return entries;
  }
}
