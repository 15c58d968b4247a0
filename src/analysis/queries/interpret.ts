import { FORMS } from './forms/forms.ts';
import { filterOf, type Parts, Words } from './parts.ts';
import type { Query, QueryFilter, Reading } from './query.ts';
import type { Token } from './words.ts';

/** A question with one of these is not one for a query, however the rest is read. */
const REFUSED = ['future', 'advice', 'not', 'distinct', 'join'] as const;
/** Chooses the query for what was found in a question. */
export function interpret(parts: Parts): Reading {
  const words = new Words(parts);
  if (words.has('why') && !words.has('how-many', 'when', 'since-when')) return { hand: 'why' };
  const refused = REFUSED.find((one) => words.has(one));
  if (refused) return { refused, word: words.token(refused)!.text };
  const [first, last] = [words.token('first'), words.token('last')];
  if (first && last && first !== last) return { refused: 'join', word: last.text };
  if (words.has('summary') && !words.has('errors', 'requests')) return { hand: 'summarize' };
  const read = textsOf(parts);
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
  const { tokens } = parts;
  const texts: string[] = [];
  const free: string[] = [];
  const kept: Token[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.meanings.size > 0) {
      kept.push(token);
      continue;
    }
    const next = tokens.slice(index + 1).find(({ meanings }) => meanings.size > 0);
    const gap = next ? next.start - token.end : Infinity;
    const named =
      next && gap <= 1 && ['errors', 'warnings', 'lines', 'contain'].some((one) => next.meanings.has(one));
    const before = tokens
      .slice(0, index)
      .findLast(({ meanings }) => meanings.size > 0 && !meanings.has('filler'));
    const after = before?.meanings.has('contain') && !/^with$|^있는$/.test(before.text);
    if (!named && !after) {
      // `worker 3`
      const numbered = texts.length > 0 && tokens[index - 1]!.text === free.at(-1);
      if ((/^\d+$/.test(token.text) && !numbered) || isCounted(tokens, index))
        return { refused: 'word', word: token.text };
      free.push(token.text);
    }
    texts.push(withoutParticle(token.text));
  }
  if (texts.length > MOST) return { refused: 'word', word: texts[0]! };
  if (texts.length === 0) return { parts, free };
  const text = [parts.filter.text, ...texts].filter(Boolean).join(' ');
  return { parts: { ...parts, tokens: kept, filter: { ...parts.filter, text } }, free };
}

/** So many words that are not understood may be a text to look for. */
const MOST = 3;

/**
 * Whether a word names what is counted, which lines need not be: `how many customers`, `주문 몇 개`; a word of a program's own
 * before a Korean `몇` is one of its lines.
 */
function isCounted(tokens: readonly Token[], index: number): boolean {
  const before = tokens.slice(0, index).findLast(({ meanings }) => !meanings.has('filler'));
  if (before?.meanings.has('how-many') && !/[가-힣]/.test(before.text)) return true;
  return /[가-힣]/.test(tokens[index]!.text) && Boolean(tokens[index + 1]?.meanings.has('how-many'));
}

const withoutParticle = (word: string): string =>
  word.replace(
    /(?<=[가-힣]{2})(?:이라는|라는|이라고|라고|을|를|이|가|은|는|의)$|(?<=[가-힣])(?:다는|다고|다던)$/,
    '',
  );
