import type { TimeWindow } from '../../domain/log/record.ts';
import { interpret } from './interpret.ts';
import type { MarkedTime } from './marks.ts';
import { namesIn, serviceLike } from './names.ts';
import type { QueryFilter, QueryOf, Reading } from './query.ts';
import { respelled } from './words/respell.ts';
import { phraseIn, type Token, tokensOf } from './words/words.ts';

/** What the words of a time are read by. */
export interface TimeSetting {
  /** Epoch milliseconds. */
  now: number;
  /** IANA zone of the person's clock. */
  zone: string;
  /** The time that the logs cover. */
  extent?: TimeWindow;
}

/** A time that a text names, and where. */
export interface TimeFound {
  start: number;
  end: number;
  /** The window that is meant; a mark is for the logs to date. */
  window(setting: TimeSetting): TimeWindow | MarkedTime;
}

/** What a question is read with. */
interface ReadingParts {
  /** Names of services in the store. */
  services: readonly string[];
  /** Words of the messages in the store, in lower case: they are known, and not taken for mistyped ones. */
  words?: ReadonlySet<string>;
  /** The first time that a text in lower case names. */
  timeIn(text: string): TimeFound | undefined;
}

/** How a question was read, and the time it names. */
export type Read = Reading & { when?: TimeFound };

const AGAINST: Record<string, QueryOf<'compare'>['with']> = {
  'than-day': 'day',
  'than-week': 'week',
  'than-hour': 'hour',
  'than-before': 'before',
};

const NO_WORDS: ReadonlySet<string> = new Set();

const blank = (text: string, { start, end }: { start: number; end: number }): string =>
  text.slice(0, start) + ' '.repeat(end - start) + text.slice(end);

/**
 * Reads a plain question, in English or Korean, without a model: by its form (question word, measure, grouping, filters), never
 * by a guess. A word that is not understood makes it no question for here.
 */
export function readQuestion(typed: string, { services, words = NO_WORDS, timeIn }: ReadingParts): Read {
  const plain = typed.normalize('NFC').replace(/[’‘]/g, "'").replace(/\s+/g, ' ').trim();
  const text = respelled(plain, { services, words }).replace(/\s+/g, ' ').trim();
  let rest = text;
  const against = comparedWith(quoteless(rest).toLowerCase());
  if (against) rest = blank(rest, against);
  const time = timeIn(quoteless(rest).toLowerCase());
  if (time) rest = blank(rest, time);
  const second = time && timeIn(quoteless(rest).toLowerCase());
  if (second) return { refused: 'form' };
  const names = namesIn(rest, services);
  const found = [...names.services];
  const tokens = tokensOf(names.rest.toLowerCase()).filter((token) => {
    const like = token.meanings.size === 0 ? serviceLike(token.text, services) : undefined;
    if (like)
      found.push({ name: like, start: token.start, end: token.end, particle: particleOf(token.text) });
    return !like;
  });
  const filter: QueryFilter = {
    ...(found.length > 0 ? { services: [...new Set(found.map(({ name }) => name))].slice(0, 20) } : {}),
    ...(names.texts.length > 0 ? { text: names.texts.slice(0, 5).map(phrase).join(' ') } : {}),
    ...(names.status ? { status: names.status } : {}),
    ...(names.path ? { path: names.path } : {}),
  };
  const reading = interpret({
    tokens: withoutJoins(withoutTitles(tokens, found), found),
    services: found,
    filter,
    ...(against ? { against: AGAINST[against.section]! } : {}),
    ...(names.number ? { number: names.number } : {}),
    timed: time !== undefined,
    words,
  });
  return { ...reading, ...(time ? { when: time } : {}) };
}

const particleOf = (word: string): string => /[가-힣]*$/.exec(word)![0];

/** A phrase of the search syntax; a quotation mark in it would end it. */
const phrase = (text: string): string => `"${text.replaceAll('"', ' ')}"`;

/** The text with what is in quotes blank, so that no time and no comparison is read from it. */
const quoteless = (text: string): string =>
  text.replace(/"[^"]*"|“[^”]*”|`[^`]*`/g, (quoted) => ' '.repeat(quoted.length));

/** `than yesterday`, `with the hour before`: only where something is compared. */
function comparedWith(text: string): ReturnType<typeof phraseIn> {
  const found = phraseIn(text, Object.keys(AGAINST));
  if (!found) return undefined;
  const said = text.slice(found.start, found.end);
  if (/^(?:than|vs|versus|against|compared)|보다|대비|비해/.test(said)) return found;
  return phraseIn(blank(text, found), ['compare', 'changed', 'state']) ? found : undefined;
}

/** `the payment service` is a name with its title; no service is looked for. */
function withoutTitles(tokens: Token[], services: readonly { start: number; end: number }[]): Token[] {
  const isBeside = (token: Token): boolean =>
    services.some(({ start, end }) => Math.abs(token.start - end) <= 1 || Math.abs(start - token.end) <= 1);
  return tokens.filter(
    (token) => !((token.meanings.has('service') || token.meanings.has('host')) && isBeside(token)),
  );
}

/** `or` between two services only names both; anywhere else it is a question of two. */
function withoutJoins(
  tokens: readonly Token[],
  services: readonly { start: number; end: number }[],
): Token[] {
  return tokens.filter(({ meanings, start, end }) => {
    if (!meanings.has('join')) return true;
    return !(services.some((one) => one.end <= start) && services.some((one) => one.start >= end));
  });
}

/** Meanings by which words ask for something: a comment has none of them. */
const ASKING = [
  'which',
  'who',
  'when',
  'since-when',
  'how-many',
  'how-often',
  'how-long',
  'show',
  'compare',
  'state',
  'why',
  'summary',
  'share',
  'rate',
  'cover',
];

/** Whether some of the words are such as questions have, so that a mistyped command is not taken for one. */
export const hasQuestionWords = (typed: string): boolean =>
  tokensOf(typed.toLowerCase()).some(({ meanings }) => meanings.size > 0 && !meanings.has('filler'));

/** Whether words are put as a question, so that a remark beside an incident is not answered. */
export function isAsking(typed: string): boolean {
  if (/[?？]\s*$/.test(typed)) return true;
  const [first] = tokensOf(typed.toLowerCase());
  if (first && ASKING.some((meaning) => first.meanings.has(meaning)))
    return !/^(?:more|fewer|less|see|use)/.test(first.text);
  // A Korean question need not begin with its question word.
  return /(?:나요|까요|니|냐|는지|은가요|인가요|줘|줘요|주세요|어때|뭐야|언제야|언제지|몇 ?[개건번줄](?:야|지|이야)?)[.!]*$/.test(
    typed.trim(),
  );
}
