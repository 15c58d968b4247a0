import { createHash } from 'node:crypto';
import type { Anomaly } from './anomaly.ts';

/** Of `1,204.5`, `10:30:01` and `10.0.0.7`. */
const WITHIN_NUMBER = /(?<=\p{N})[.,:](?=\p{N})/gu;
/** Letters, marks and digits, and what joins them into one name: `payments-7f9c`, `E1234`, `8건이에요`. */
const NAME = /[\p{L}\p{M}\p{N}]+(?:[-_][\p{L}\p{M}\p{N}]+)*/gu;
/** Capitals and then digits: a code (`ORA-00600`, `E1234`) says what happened, other numbers how much of it or where. */
const CODE = /^\p{Lu}+[-_]?\p{N}+$/u;
const COUNTED = /^\p{N}+(\p{L}+)$/u;
const NUMBERED = /^(\p{L}+)\p{N}+$/u;
const LETTER = /\p{L}/u;
const DIGIT = /\p{N}/u;

/**
 * What a text says: its words in lower case and in order, each number and id as `#`; several side by side are one. Two
 * texts that differ in their figures alone say the same. `''` where it has no word. Linear in the length of the text.
 */
export function wordingOf(text: string): string {
  const words: string[] = [];
  for (const [name] of text.replace(WITHIN_NUMBER, '').matchAll(NAME)) {
    const word = withoutFigures(name);
    if (word !== '#' || words.at(-1) !== '#') words.push(word);
  }
  return words.some((word) => LETTER.test(word)) ? words.join(' ') : '';
}

/** A name without what varies of it: `12ms` → `#ms`, `worker7` → `worker#`, `payments-7f9c-x2` → `payments-#-#`. */
function withoutFigures(name: string): string {
  const lower = name.toLowerCase();
  if (!DIGIT.test(name) || CODE.test(name)) return lower;
  const parts = lower.split(/[-_]/);
  if (parts.length > 1) return parts.map((part) => (DIGIT.test(part) ? '#' : part)).join('-');
  const counted = COUNTED.exec(lower);
  if (counted) return `#${counted[1]}`;
  const numbered = NUMBERED.exec(lower);
  return numbered ? `${numbered[1]}#` : '#';
}

/** A short name for what several texts say together, in their order; `''` where none of them has a word. */
export function wordingId(texts: readonly string[]): string {
  const wordings = texts.map(wordingOf).filter((wording) => wording !== '');
  if (wordings.length === 0) return '';
  return createHash('sha256').update(JSON.stringify(wordings)).digest('hex').slice(0, 20);
}

/** The name of what an anomaly without a template says in its issues and its explanation; `''` where it has one. */
export const wordingOfAnomaly = ({ template, detected_issues, explanation }: Anomaly): string =>
  template ? '' : wordingId([...detected_issues, explanation]);
