import type { Level } from '../../../domain/log/record.ts';
import { levelOfWord } from '../level.ts';
import { isAt, LETTER } from '../lexicon/characters.ts';
import { isCapital } from './signs.ts';

// Which words are levels where signs divide the columns: some surely, others only in a column of levels.

/** Names of levels that are hardly ever a name, in whatever case. */
const SURE = /^(?:trace|debug|info(?:rmation)?|warn(?:ing)?|err(?:or)?|fatal|critical)$/i;
/** Short names of levels that only a column of its own shows. */
const SHORT_LEVELS: Record<string, Level> = { C: 'fatal', N: 'info', A: 'warn', CRT: 'fatal', ALM: 'error' };
/** Letters that are the level in nearly every program that writes letters. */
const USUAL_LETTERS = 'DIWE';

/** The level that a column says which has nothing but levels. */
export const levelInColumn = (part: string): Level | undefined => levelOfWord(part) ?? SHORT_LEVELS[part];

/**
 * The level of a word that can be nothing else where it stands alone: in capitals, in another script, or one of the usual ones.
 * A letter may be a grade, a unit, a seat.
 */
export const sureLevel = (part: string): Level | undefined =>
  part.length > 1 && (isCapital(part) || !isAt(part, 0, LETTER) || SURE.test(part))
    ? levelOfWord(part)
    : undefined;

/** The level of one of the letters that are a level directly beside a time. */
export const levelBeside = (part: string): Level | undefined =>
  part.length === 1 && USUAL_LETTERS.includes(part) ? levelOfWord(part) : undefined;
