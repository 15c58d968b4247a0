import type { Level } from '../../domain/log/record.ts';
import type { Grouping, QueryFilter, QueryOf } from './query.ts';
import type { Token } from './words/words.ts';

/** Everything that was found in a question, for the choice of the query. */
export interface Parts {
  /** Words that are understood; those of names, times and comparisons are no longer among them. */
  tokens: readonly Token[];
  services: { name: string; start: number; end: number; particle: string }[];
  filter: QueryFilter;
  /** What is compared with. */
  against?: QueryOf<'compare'>['with'];
  /** A number of rows. */
  number?: number;
  /** Whether it names a time. */
  timed: boolean;
  /** Words of the messages in the store. */
  words: ReadonlySet<string>;
}

/** Levels that words of a question name. */
export const LEVELS_OF: Record<string, Level[]> = {
  errors: ['error', 'fatal'],
  warnings: ['warn'],
  fatal: ['fatal'],
  info: ['info'],
  debug: ['debug'],
};

/** Words that say which lines are meant, whatever is asked about them. */
const OBJECT = [
  'errors',
  'warnings',
  'fatal',
  'info',
  'debug',
  'lines',
  'requests',
  'failing',
  'topic',
  'contain',
  'occur',
  'exists',
  'text',
  'write',
];
export const GROUPS: [string, Grouping][] = [
  ['service', 'service'],
  ['endpoint', 'endpoint'],
  ['host', 'host'],
  ['error-code', 'error_code'],
  ['message', 'template'],
];

/** What the words of a question are asked for. */
export class Words {
  readonly parts: Parts;
  constructor(parts: Parts) {
    this.parts = parts;
  }
  has = (...meanings: string[]): boolean => meanings.some((meaning) => this.token(meaning) !== undefined);
  token = (meaning: string): Token | undefined =>
    this.parts.tokens.find((token) => token.meanings.has(meaning));
  /** Whether every word means one of these, or nothing by itself. */
  only = (...meanings: string[]): boolean =>
    this.parts.tokens.every(
      (token) =>
        token.meanings.has('filler') ||
        [...meanings, ...OBJECT].some((meaning) => token.meanings.has(meaning)),
    );
  get group(): Grouping | undefined {
    return GROUPS.find(([meaning]) =>
      this.parts.tokens.some((token) => token.meanings.has(meaning) && isGroup(token, meaning, this)),
    )?.[1];
  }
}

/** `messages` are lines, unless it is asked which of them; `here` is a place, and no service. */
function isGroup(token: Token, meaning: string, words: Words): boolean {
  if (meaning !== 'message' || !token.meanings.has('lines')) return true;
  return words.has('which', 'most', 'least') && !words.has('how-many');
}

/** The filter with the levels and topics that the words name. */
export function filterOf(words: Words): QueryFilter {
  const { filter } = words.parts;
  const levels = new Set<Level>();
  for (const [meaning, named] of Object.entries(LEVELS_OF)) {
    // `500 errors` are statuses.
    if (!words.has(meaning) || (meaning === 'errors' && filter.status)) continue;
    // `fatal errors` are fatal.
    if (meaning === 'errors' && isBefore(words, 'fatal', 'errors')) continue;
    for (const level of named) levels.add(level);
  }
  const [topic, ...others] = words.parts.tokens.filter(({ forms }) => forms);
  // Only one of them may be written in several ways.
  const more = others.filter(({ forms }) => forms!.join() !== topic!.forms!.join()).map(({ text }) => text);
  const text = [filter.text, ...more].filter(Boolean).join(' ');
  return {
    ...filter,
    ...(text ? { text } : {}),
    ...(levels.size > 0 ? { levels: [...levels] } : {}),
    ...(topic?.forms ? { forms: [...topic.forms] } : {}),
  };
}

/** Whether a word of one meaning stands right before one of another. */
const isBefore = ({ parts: { tokens } }: Words, first: string, second: string): boolean =>
  tokens.some(
    ({ meanings }, index) => meanings.has(first) && tokens[index + 1]?.meanings.has(second) === true,
  );

export const limits = (filter: QueryFilter): boolean =>
  Boolean(filter.levels || filter.text || filter.forms || filter.status || filter.path);

/** Of words that say `failed`: error lines, or requests that were answered with 5xx. */
export function failed(words: Words, filter: QueryFilter): QueryFilter {
  if (!words.has('failing') || filter.status || filter.levels || filter.forms) return filter;
  return words.has('requests') || filter.path
    ? { ...filter, status: SERVER_ERROR }
    : { ...filter, levels: LEVELS_OF.errors! };
}
export const SERVER_ERROR = { from: 500, to: 600 };

/** Whether the lines are those of requests. */
export const ofRequests = (words: Words, filter: QueryFilter): boolean =>
  Boolean(filter.status || filter.path) ||
  (words.has('requests') && !filter.levels && !filter.text && !filter.forms);

export const counted = (words: Words, filter: QueryFilter): 'lines' | 'requests' =>
  ofRequests(words, filter) ? 'requests' : 'lines';
