import { join } from 'node:path';
import { WordList } from '../../lexicon/word-list.ts';

/** A file of words and phrases beside this one. */
export class Lexicon extends WordList {
  /** @param name of the file, without `.txt`. Throws if it cannot be read, because it is a part of the program. */
  constructor(name: string) {
    super(join(import.meta.dirname, `${name}.txt`));
  }
}
