import type { Parts } from './parts.ts';
import type { Token } from './words/words.ts';

/** How lines say that something is done, for `how many … finished`. */
const DONE = ['마쳤', '완료', 'finished', 'completed', 'complete', '끝났'];

const NOUNS = ['errors', 'warnings', 'lines', 'requests', 'failing', 'topic'];

const as = (token: Token, ...meanings: string[]): Token => ({ ...token, meanings: new Set(meanings) });

/** Settles words that mean one thing beside some words and another beside others. */
export function settled(parts: Parts): Parts {
  const { tokens, filter } = parts;
  const has = (meaning: string): boolean => tokens.some(({ meanings }) => meanings.has(meaning));
  const isRequest = Boolean(filter.path || filter.status);
  const counts = has('how-many') && !has('when') && !has('how-long');
  const settledOnes = tokens.map((token, index): Token => {
    const { meanings } = token;
    // `calls to /api/orders`, `which endpoint is called most`
    if ((isRequest || has('endpoint')) && meanings.has('calls')) return as(token, 'requests');
    // `처음 뜬 시각` asks for the first of them, `처음 뜬 오류` for new ones.
    if (meanings.has('new') && /^처음\s?[뜬난본]/.test(token.text) && (has('when') || has('hour')))
      return as(token, 'first', 'occur');
    // `hourly rate of 404s`
    if (token.text === 'rate' && has('how-often')) return as(token, 'filler');
    // `오늘 요청 수`, and not the one of `알 수 있어`
    if (/^수[는가를]?$/.test(token.text) && NOUNS.some((one) => tokens[index - 1]?.meanings.has(one)))
      return as(token, 'how-many');
    if (
      filter.status &&
      meanings.has('end') &&
      meanings.has('trouble') &&
      /^(?:came|come) back$/.test(token.text)
    )
      return as(token, 'occur');
    if (counts && meanings.has('end') && !meanings.has('trouble') && !has('failing') && !has('errors'))
      return { ...as(token, 'topic'), forms: DONE };
    return token;
  });
  return { ...parts, tokens: settledOnes };
}
