import { FORMS } from './forms/forms.ts';
import { filterOf, type Parts, Words } from './parts.ts';
import type { Query, QueryFilter, Reading } from './query.ts';
import { settled } from './settle.ts';
import { ownWord } from './words/own-words.ts';
import type { Token } from './words/words.ts';

/** A question with one of these is not one for a query, however the rest is read. */
const REFUSED = ['future', 'advice', 'not', 'distinct', 'join'] as const;
/** `non-200` */
const NEGATED = /(?<![\p{L}\p{N}])non-?\p{N}[\p{L}\p{N}]*/iu;

/** Chooses the query for what was found in a question. */
export function interpret(parts: Parts): Reading {
  const words = new Words(parts);
  if (words.has('why') && !words.has('how-many', 'when', 'since-when')) return { hand: 'why' };
  const refused = REFUSED.find((one) => words.has(one));
  if (refused) return { refused, word: words.token(refused)!.text };
  const unhappened = parts.tokens.find(({ text }) => /^안\s?(?:났|떴|나왔)/.test(text));
  // `에러 안 났어?` asks whether there were some, `언제부터 안 났어?` for something else.
  if (unhappened && words.has('when', 'since-when', 'how-many', 'how-long', 'which', 'who', 'first', 'last'))
    return { refused: 'not', word: unhappened.text };
  const not =
    parts.tokens.find(({ text }) => NEGATED.test(text))?.text ?? NEGATED.exec(parts.filter.text ?? '')?.[0];
  if (not) return { refused: 'not', word: not };
  const [first, last] = [words.token('first'), words.token('last')];
  if (first && last && first !== last) return { refused: 'join', word: last.text };
  const one = oneOfService(parts);
  if (one) return { refused: 'word', word: one };
  if (words.has('summary') && !words.has('errors', 'requests')) return { hand: 'summarize' };
  const mark = oddMark(parts.tokens);
  if (mark) return { refused: 'word', word: mark };
  const read = textsOf(settled(parts));
  if ('refused' in read) return read;
  const known = new Words(read.parts);
  const filter = filterOf(known);
  for (const form of FORMS) {
    const query = form(known, filter);
    if (!query) continue;
    const left = leftOut(query, filter);
    if (left) return { refused: 'word', word: left };
    // Without a word that asks for lines it may be an order, or a remark.
    const [free] = read.free;
    if (free && query.kind === 'lines' && !known.has(...SHOWN)) return { refused: 'word', word: free };
    return { query };
  }
  return read.free.length > 0 ? { refused: 'word', word: read.free[0]! } : { refused: 'form' };
}

const SHOWN = ['show', 'lines', 'first', 'last', 'contain', 'errors', 'warnings', 'exists'];

/** What the question names and the query does not use: an answer without it would be one to another question. */
function leftOut(query: Query, filter: QueryFilter): string | undefined {
  const used: QueryFilter = 'filter' in query ? query.filter : {};
  if (filter.text && !used.text) return filter.text;
  if (filter.path && !used.path) return filter.path;
  if (filter.status && !used.status) return String(filter.status.from);
  return filter.services && !used.services && query.kind !== 'state' ? filter.services[0] : undefined;
}

/**
 * Words that are not understood are looked for in the lines: where the question says so (`login errors`, `lines with foo`), and
 * elsewhere too if they are few and are not what is counted; whoever answers refuses where no line holds them.
 */
function textsOf(parts: Parts): { parts: Parts; free: string[] } | Extract<Reading, { refused: unknown }> {
  const { tokens, words } = parts;
  const texts: string[] = [];
  const free: string[] = [];
  const kept: Token[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.meanings.size > 0) {
      kept.push(token);
      continue;
    }
    const own = ownWord(withoutParticle(token.text), words);
    if (!isNamed(tokens, index)) {
      // `worker 3`
      const numbered = texts.length > 0 && tokens[index - 1]!.text === free.at(-1);
      if (/^\d+$/.test(token.text) && !numbered) return { refused: 'word', word: token.text };
      if (isOneOf(token, tokens[index - 1])) return { refused: 'word', word: token.text };
      if (isCounted(tokens, index) && !(own && hasEvent(tokens, index, words)))
        return { refused: 'word', word: token.text };
      // `sign up` is another thing than `sign`.
      if (isParticleVerb(tokens[index + 1])) return { refused: 'word', word: token.text };
      free.push(token.text);
    }
    texts.push(own ?? withoutParticle(token.text));
    // A long text that is no question is given up early.
    if (texts.length > MOST) return { refused: 'word', word: texts[0]! };
  }
  if (texts.length === 0) return { parts, free };
  const text = [parts.filter.text, ...texts].filter(Boolean).join(' ');
  return { parts: { ...parts, tokens: kept, filter: { ...parts.filter, text } }, free };
}

/** So many words that are not understood may be a text to look for. */
const MOST = 3;

/** Whether the question says that a word is one of the lines: `login errors`, `lines with foo`. */
function isNamed(tokens: readonly Token[], index: number): boolean {
  const token = tokens[index]!;
  const next = tokens.slice(index + 1).find(({ meanings }) => meanings.size > 0);
  const gap = next ? next.start - token.end : Infinity;
  if (next && gap <= 1 && ['errors', 'warnings', 'lines', 'contain'].some((one) => next.meanings.has(one)))
    return true;
  const before = tokens
    .slice(0, index)
    .findLast(({ meanings }) => meanings.size > 0 && !meanings.has('filler'));
  return Boolean(before?.meanings.has('contain') && !/^with$|^있는$/.test(before.text));
}

/** `which card`, `which order`: one of them is asked for, and lines do not tell them apart. */
const isOneOf = ({ start }: { start: number }, before: Token | undefined): boolean =>
  before !== undefined && /^(?:which|어떤|어느|무슨)$/.test(before.text) && start - before.end === 1;

/** Of `deploy` beside errors, but not before them, it is not said whether it is their time, their cause or their text. */
function oddMark(tokens: readonly Token[]): string | undefined {
  const at = tokens.findIndex(({ meanings, text }) => meanings.has('topic') && MARK.test(text));
  const next = tokens[at + 1];
  const isBefore = next !== undefined && NOUNS.some((noun) => next.meanings.has(noun));
  return at >= 0 &&
    !isBefore &&
    tokens.some(({ meanings }) => meanings.has('errors') || meanings.has('warnings'))
    ? tokens[at]!.text
    : undefined;
}
const MARK = /^(?:deploy|release|restart|배포|재시작)/;
const NOUNS = ['errors', 'warnings', 'lines'];

/** A service's name that is a noun here: of `which order errors` the errors are asked for. */
function oneOfService({ tokens, services }: Parts): string | undefined {
  return services.find((service) => {
    const next = tokens.find(({ start }) => start >= service.end);
    const noun = ['errors', 'warnings', 'lines', 'requests', 'endpoint', 'message', 'topic'];
    return (
      tokens.some((token) => isOneOf(service, token)) && !noun.some((meaning) => next?.meanings.has(meaning))
    );
  })?.name;
}

const isParticleVerb = (next: Token | undefined): boolean => /^(?:up|out|off)$/.test(next?.text ?? '');

/**
 * Whether a word names what is counted, which lines need not be: `how many customers`, `주문 몇 개`; a word of a program's own
 * before a Korean `몇` is one of its lines, and what is told to have been `몇 번` is what happened.
 */
function isCounted(tokens: readonly Token[], index: number): boolean {
  const token = tokens[index]!;
  const at = tokens.slice(0, index).findLastIndex(({ meanings }) => !meanings.has('filler'));
  const before = tokens[at];
  if (before?.meanings.has('how-many') && !/[가-힣]/.test(before.text))
    return !tokens.slice(at + 1, index).some(({ text }) => /^times?$/.test(text));
  const next = tokens[index + 1];
  return (
    /[가-힣]/.test(token.text) &&
    Boolean(next?.meanings.has('how-many')) &&
    !/^(?:총\s?)?몇\s?[번회]/.test(next!.text)
  );
}

/** Whether the logs tell what became of what is counted: of rejected orders there are lines, of orders there need not be. */
const hasEvent = (tokens: readonly Token[], index: number, words: ReadonlySet<string>): boolean =>
  tokens.some(
    ({ meanings, text }, other) =>
      other !== index &&
      (meanings.has('topic') ||
        (meanings.size === 0 && PAST.test(text) && ownWord(text, words) !== undefined)),
  );
const PAST = /^(?:[a-z]+ed|sent|lost|made|written)$/;

const withoutParticle = (word: string): string =>
  word.replace(
    /(?<=[가-힣]{2})(?:이라는|라는|이라고|라고|을|를|이|가|은|는|의)$|(?<=[가-힣])(?:다는|다고|다던)$/,
    '',
  );
