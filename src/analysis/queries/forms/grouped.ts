import { counted, failed, GROUPS, SERVER_ERROR, type Words } from '../parts.ts';
import type { Grouping, Measure, QueryFilter } from '../query.ts';
import type { Form } from './form.ts';
import { withoutErrors } from './shares.ts';

const NAMES = ['service', 'endpoint', 'host'];

/** `errors per service`, `average latency by endpoint`: a figure for each of them. */
export const grouped: Form = (words, filter) => {
  const by = groupOfEach(words);
  const kinds = words.parts.tokens.filter(({ meanings }) => NAMES.some((one) => meanings.has(one)));
  // `by service and endpoint` would be a table.
  if (
    !by ||
    kinds.length > 1 ||
    words.has('most', 'least', 'slow', 'fast', 'first', 'last', 'when', 'who', 'busy')
  )
    return undefined;
  if (
    !words.only(
      'how-many',
      'how-long',
      'show',
      'which',
      'rate',
      'share',
      'latency',
      'average',
      ...GROUPS.map(([meaning]) => meaning),
    )
  )
    return undefined;
  const measure: Measure = words.has('rate', 'share')
    ? 'failed_share'
    : words.has('latency', 'how-long')
      ? 'mean_ms'
      : counted(words, failed(words, filter));
  if (measure === 'mean_ms' && by !== 'endpoint' && by !== 'service') return undefined;
  const lines =
    measure === 'mean_ms' || measure === 'failed_share' ? withoutErrors(filter) : failed(words, filter);
  return {
    kind: 'rank',
    by,
    measure: by === 'endpoint' && measure === 'lines' ? 'requests' : measure,
    least: false,
    limit: 20,
    filter: ofEndpoints(by, lines),
  };
};

/** Of endpoints the requests that failed are meant, since lines of another kind have none. */
export const ofEndpoints = (by: Grouping, filter: QueryFilter): QueryFilter =>
  by === 'endpoint' && filter.levels?.includes('error')
    ? { ...withoutErrors(filter), status: SERVER_ERROR }
    : filter;

function groupOfEach({ parts: { tokens } }: Words): Grouping | undefined {
  return GROUPS.find(([meaning]) =>
    tokens.some(({ meanings, text }, index) => {
      if (!meanings.has(meaning)) return false;
      return /(?:별|별로|마다)$/.test(text) || /^(?:per|by|each|every)$/.test(tokens[index - 1]?.text ?? '');
    }),
  )?.[1];
}
