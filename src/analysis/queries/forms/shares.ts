import { failed, LEVELS_OF, type Words } from '../parts.ts';
import type { QueryFilter, QueryOf } from '../query.ts';
import type { Token } from '../words/words.ts';
import type { Form } from './form.ts';

type Kept = NonNullable<QueryOf<'share'>['of']>;

/** `which part of the errors is from cart`: of all errors, and not of what cart writes. */
export const shareOf: Form = (words, filter) => {
  if (!words.has('rate', 'share') || words.has('most', 'least', 'when')) return undefined;
  const of = wholeOf(words, filter);
  if (!of || !words.only('rate', 'share', 'how-many', 'which', 'show', 'everything', 'service'))
    return undefined;
  return {
    kind: 'share',
    of,
    filter: of.includes('levels') ? { ...filter, levels: filter.levels ?? LEVELS_OF.errors! } : filter,
  };
};

export const share: Form = (words, filter) => {
  if (!words.has('rate', 'share') || words.has('most', 'least', 'when')) return undefined;
  if (
    !words.has('rate') &&
    !words.has('failing', 'errors') &&
    !filter.status &&
    !filter.levels &&
    !filter.forms &&
    !filter.text
  )
    return undefined;
  // `which part of the errors are 503`: requests are no part of lines.
  const ofErrors =
    WHOLE.some((one) => amongAll(words.parts.tokens, one)) ||
    keptBehind(words) !== undefined ||
    /of error/.test(words.token('rate')?.text ?? '');
  if (filter.status && ofErrors) return undefined;
  return words.only('rate', 'share', 'how-many', 'which', 'average', 'show')
    ? { kind: 'share', filter: words.has('rate') ? withoutErrors(filter) : failed(words, filter) }
    : undefined;
};

export function withoutErrors({ levels: _, ...filter }: QueryFilter): QueryFilter {
  return filter;
}

const WHOLE = ['errors', 'warnings'];
const isWhole = ({ meanings }: Token): boolean => WHOLE.some((one) => meanings.has(one));

/** What the whole is limited by, where the words say of what it is a part. */
function wholeOf(words: Words, filter: QueryFilter): Kept | undefined {
  const { tokens, services } = words.parts;
  const [named] = services;
  const before = named && tokens.findLast(({ end }) => end <= named.start);
  const isSource = before !== undefined && /^(?:from|by|come from|comes from)$/.test(before.text);
  if (filter.path && !filter.status && !filter.levels && !filter.text && words.has('requests'))
    return amongAll(tokens, 'requests') || isEnglish(tokens) ? [] : undefined;
  if (filter.status && named && !words.has('requests', 'errors'))
    return isSource || tokens.some(({ text }) => AMONG.test(text)) ? ['status'] : undefined;
  if (isSource && tokens.some((token) => isAsked(token, named!.start))) return ['levels'];
  if (!filter.levels) return undefined;
  if (filter.text || filter.forms) {
    const kept = keptBehind(words);
    if (kept) return kept;
  }
  const isAll = WHOLE.some((one) => amongAll(tokens, one));
  const isNext = tokens.some((token) => isWhole(token) && named?.end === token.start - 1);
  if (isAll && named && !isNamedBefore(words)) return ['levels'];
  if (isAll && (filter.text || filter.forms)) return isNext ? ['levels', 'services'] : ['levels'];
  return undefined;
}

/** `what share of cart errors hold …`: what follows the share at once is the whole. */
function keptBehind({ parts: { tokens, services } }: Words): Kept | undefined {
  const at = tokens.findIndex(({ meanings, text }) => meanings.has('share') && /[a-z%]/.test(text));
  if (at < 0) return undefined;
  const next = tokens.slice(at + 1).find(({ meanings, text }) => !meanings.has('filler') || ALL.test(text));
  if (!next || !isWhole(next)) return undefined;
  const between = services.some(({ start, end }) => start >= tokens[at]!.end && end <= next.start);
  return between ? ['levels', 'services'] : services.length > 0 ? undefined : ['levels'];
}

/** `share of errors from`: the errors are named before the service. */
const isAsked = (token: Token, until: number): boolean =>
  token.end <= until && (isWhole(token) || (token.meanings.has('rate') && /error/.test(token.text)));

const isEnglish = (tokens: readonly Token[]): boolean =>
  tokens.some(
    ({ meanings, text }) => meanings.has('share') && /^(?:what |share|perc|prop|frac|pct|%)/.test(text),
  );

const AMONG = /^(?:중|중에|중에서|중에선|가운데)$/;
const ALL = /^(?:전체|모든|전부|총|all)(?:의)?$/;

/** Whether a noun is the whole: `of all errors`, `전체 에러의`, `에러 중에서`. */
function amongAll(tokens: readonly Token[], meaning: string): boolean {
  return tokens.some(({ meanings, text }, index) => {
    if (!meanings.has(meaning)) return false;
    const [before, after] = [tokens[index - 1], tokens[index + 1]];
    return (
      /(?:중|중에|중에서|중에선)$/.test(text) || ALL.test(before?.text ?? '') || AMONG.test(after?.text ?? '')
    );
  });
}

/** `of the errors of cart those with …`: the service limits the whole, where only one noun of that kind is there. */
function isNamedBefore({ parts: { tokens, services } }: Words): boolean {
  const wholes = tokens.filter(isWhole);
  return (
    wholes.length === 1 &&
    services.some(({ end }) => wholes[0]!.start - end >= 0 && wholes[0]!.start - end <= 1)
  );
}
