import { FORMS } from './forms.ts';
import { filterOf, type Parts, Words } from './parts.ts';
import type { Reading } from './query.ts';
import type { Token } from './words.ts';

/** A question with one of these is not one for a query, however the rest is read. */
const REFUSED = ['future', 'advice', 'not', 'distinct', 'join'] as const;
/** Chooses the query for what was found in a question. */
export function interpret(parts: Parts): Reading {
  const words = new Words(parts);
  if (words.has('why') && !words.has('how-many', 'when', 'since-when')) return { hand: 'why' };
  const refused = REFUSED.find((one) => words.has(one));
  if (refused) return { refused, word: words.token(refused)!.text };
  if (words.has('summary') && !words.has('errors', 'requests')) return { hand: 'summarize' };
  const read = textsOf(parts);
  if ('refused' in read) return read;
  const known = new Words(read.parts);
  const filter = filterOf(known);
  for (const form of FORMS) {
    const query = form(known, filter);
    if (query) return { query };
  }
  return { refused: 'form' };
}

/**
 * Words that are not understood are looked for in the lines, but only where the question says so: `login errors`, `lines with
 * foo`. Anywhere else they may be what it is really about.
 */
function textsOf(parts: Parts): { parts: Parts } | Extract<Reading, { refused: unknown }> {
  const { tokens } = parts;
  const texts: string[] = [];
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
    if (!named && !after) return { refused: 'word', word: token.text };
    texts.push(withoutParticle(token.text));
  }
  if (texts.length > 2) return { refused: 'word', word: texts[0]! };
  if (texts.length === 0) return { parts };
  const text = [parts.filter.text, ...texts].filter(Boolean).join(' ');
  return { parts: { ...parts, tokens: kept, filter: { ...parts.filter, text } } };
}

const withoutParticle = (word: string): string =>
  word.replace(/(?<=[가-힣]{2})(?:이라는|라는|이라고|라고|을|를|이|가|은|는|의)$/, '');
