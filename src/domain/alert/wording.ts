import { createHash } from 'node:crypto';
import type { Anomaly } from './anomaly.ts';

/** The separators inside `1,204.5`, `10:30:01` and `10.0.0.7`. */
const WITHIN_NUMBER = /(?<=\p{N})[.,:](?=\p{N})/gu;
/** Replaces these separators: it counts as a digit, so that the number stays one number, but no code contains it. */
const JOINT = '\u0660';
/** Letters, marks and digits, and what joins them into one name: `payments-7f9c`, `E1234`, `8건이에요`. */
const NAME = /[\p{L}\p{M}\p{N}]+(?:[-_][\p{L}\p{M}\p{N}]+)*/gu;
/**
 * Capital letters and then digits: a code (`ORA-00600`, `E1234`) says what happened; other numbers only say how much or where.
 */
const CODE = /^\p{Lu}+[-_]?\p{N}+$/u;
const COUNTED = /^\p{N}+(\p{L}+)$/u;
const NUMBERED = /^(\p{L}+)\p{N}+$/u;
const LETTER = /\p{L}/u;
const DIGIT = /\p{N}/u;
/** A number after one of these words says what happened: exit code 137 is not the same as exit code 1. */
const CODED = /(?:code|errno|sqlstate|signal|코드|시그널)$/u;
/** The same, but a number with a unit is a count (`오류 5건`). */
const FAILED = new Set('error err exit exits exited rc 오류 에러'.split(' '));
/** Three digits after one of these words are the status of a request; its class says what happened. */
const STATUS = /(?:http|https|status|상태)$/u;
const ANSWERED = new Set('returned returns responded answered response 응답 결과'.split(' '));
/** May stand between such a word and its number, and changes nothing. */
const FILLER = new Set('with is was'.split(' '));
const STATUS_NUMBER = /^[1-5][0-9]{2}(?![0-9])/;
const NUMBER = /^\p{N}+$/u;
const BARE = /^[0-9]+$/;
/** Times, addresses and decimal numbers are not codes. */
const CODE_NUMBER = /^[0-9][^\u0660]*$/;
/** A variable in a template, whatever it is called: `<*>`, `<NUM>`, `<:IP:>`. */
const PLACE = /<[^<>]*>/g;

/**
 * The words of a text, in lower case and in order, with each number and id as `#` (several side by side are one). So two texts
 * have the same name if only their numbers differ; codes and the class of a status are kept. `''` if it has no word. Linear in
 * the length of the text.
 */
export function wordingOf(text: string): string {
  const words: string[] = [];
  /** The one or two words right before this one. */
  let [before, earlier] = ['', ''];
  for (const [name] of text.replace(WITHIN_NUMBER, JOINT).matchAll(NAME)) {
    const lower = name.toLowerCase();
    const word = tellingNumber(lower, before, earlier) ?? withoutFigures(name);
    if (word !== '#' || words.at(-1) !== '#') words.push(word);
    if (!FILLER.has(lower)) [before, earlier] = [lower, before];
  }
  return words.some((word) => LETTER.test(word)) ? words.join(' ') : '';
}

/** A number that says what happened, known by the words before it: `137` of an exit code, `5xx` of a status; else undefined. */
function tellingNumber(name: string, before: string, earlier: string): string | undefined {
  if (!CODE_NUMBER.test(name)) return undefined;
  // The version is between the protocol and the status: `HTTP/1.1 503`.
  const word = NUMBER.test(before) && STATUS.test(earlier) ? earlier : before;
  const isExit = earlier.startsWith('exit');
  const isStatus =
    (STATUS.test(word) && !isExit) || (CODED.test(word) && (STATUS.test(earlier) || ANSWERED.has(earlier)));
  const isCode = CODED.test(word) || (STATUS.test(word) && isExit);
  if ((isStatus || ANSWERED.has(word)) && STATUS_NUMBER.test(name)) return `${name[0]}xx`;
  if (isCode || (FAILED.has(word) && BARE.test(name))) return name;
  return undefined;
}

/** A name without its variable parts: `12ms` → `#ms`, `worker7` → `worker#`, `payments-7f9c-x2` → `payments-#-#`. */
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

/** A short name for several texts together, in their order; `''` if none of them has a word. */
export function wordingId(texts: readonly string[]): string {
  const wordings = texts.map(wordingOf).filter((wording) => wording !== '');
  if (wordings.length === 0) return '';
  return createHash('sha256').update(JSON.stringify(wordings)).digest('hex').slice(0, 20);
}

/** A short name for the words of a template, without its variables; `''` if it has no words. */
export const patternId = (pattern: string): string => wordingId([pattern.replace(PLACE, ' ')]);

/** Whether a template tells one kind of problem from another: a template without a word of its own fits every message. */
export const namesKind = <T extends { pattern: string }>(template: T | undefined): template is T =>
  template !== undefined && patternId(template.pattern) !== '';

/** The name made from the issues and the explanation of an anomaly; `''` if a template names its kind. */
export const wordingOfAnomaly = ({ template, detected_issues, explanation }: Anomaly): string =>
  namesKind(template) ? '' : wordingId([...detected_issues, explanation]);
