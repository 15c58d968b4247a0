import { counted, failed, GROUPS, LEVELS_OF, limits, ofRequests, type Words } from '../parts.ts';
import type { Grouping, Measure, QueryFilter } from '../query.ts';
import type { Form } from './form.ts';
import { grouped, ofEndpoints } from './grouped.ts';
import { share, shareOf, withoutErrors } from './shares.ts';
import { duration, edge, occurrence, often, peak } from './times.ts';

const calls: Form = (words, { services }) => {
  const { parts } = words;
  const token = words.token('calls');
  if (
    !token ||
    !words.only('calls', 'who', 'which', 'service', 'show', 'most') ||
    words.has('errors', 'topic', 'most')
  )
    return undefined;
  const people = parts.tokens.filter(({ meanings }) => meanings.has('who')).length;
  if (!services)
    return people > 1 || words.has('show') || (words.has('which') && words.has('service'))
      ? { kind: 'calls', direction: 'all', filter: {} }
      : undefined;
  if (services.length > 1 || !words.has('who', 'which', 'show', 'service')) return undefined;
  const [named] = parts.services;
  const korean = /[가-힣]/.test(token.text);
  const isObject = korean
    ? // Of `cart 호출하는 서비스` the particle that is left out is that of the object.
      /^(?:$|을|를|에|와|과|랑)/.test(named!.particle) || words.has('who')
    : named!.start > token.start;
  return { kind: 'calls', direction: isObject ? 'callers' : 'callees', filter: { services } };
};

/** `have errors increased?`: with the time before, where nothing else is named. */
const isRise = (words: Words): boolean =>
  /^(?:늘|줄|증가|감소|올랐|올라|떨어|급|뛰었|튀었|치솟|increas|decreas|rise|rose|grow|grew|drop|go|went|spike)/.test(
    words.token('compare')?.text ?? '',
  );

/** `is search slow?` is answered by what is usual. */
const isSlower = (words: Words): boolean =>
  words.has('slow') &&
  words.token('slow')!.text !== 'slowest' &&
  !words.has('most', 'show', 'endpoint', 'service', 'latency', 'how-many', 'how-long', 'since-when', 'end');

const compare: Form = (words, filter) => {
  const { against, services } = words.parts;
  // `compare the errors of cart and order`
  if (
    !against &&
    services.length > 1 &&
    words.has('compare') &&
    limits(filter) &&
    words.only('compare', 'how-many', 'show', 'which', 'most')
  )
    return { kind: 'rank', by: 'service', measure: counted(words, filter), least: false, limit: 20, filter };
  if (!against && !isRise(words) && !isSlower(words)) return undefined;
  if (
    !words.only(
      'compare',
      'how-many',
      'how-long',
      'latency',
      'average',
      'slow',
      'fast',
      'busy',
      'rate',
      'share',
      'changed',
      'state',
      'show',
      'begin',
      'most',
      'which',
      'trouble',
    )
  )
    return undefined;
  if (words.has('which', 'who', 'when') || (services.length > 1 && !limits(filter))) return undefined;
  const measure = comparedMeasure(words, filter);
  return {
    kind: 'compare',
    measure,
    with: against ?? 'before',
    filter: measure === 'mean_ms' ? filter : failed(words, filter),
  };
};

function comparedMeasure(words: Words, filter: QueryFilter): Measure {
  if (words.has('rate', 'share')) return 'failed_share';
  if (words.has('latency', 'slow', 'fast', 'how-long')) return 'mean_ms';
  return ofRequests(words, filter) || words.has('busy') || (words.has('failing') && words.has('requests'))
    ? 'requests'
    : 'lines';
}

const changes: Form = (words, filter) => {
  // `lately`, and not the last one.
  const lately = words.has('new') && /^(?:최근|방금|recently|lately)/.test(words.token('last')?.text ?? '');
  if (
    !words.has('new', 'changed') ||
    !words.only(
      ...(lately ? ['last'] : []),
      'new',
      'changed',
      'which',
      'show',
      'message',
      'error-code',
      'begin',
      'write',
      'first',
      'ago',
      'everything',
    )
  )
    return undefined;
  if (words.has('when', 'how-many') || filter.path || filter.status) return undefined;
  return { kind: 'changes', which: words.has('new') ? 'new' : 'changed', filter };
};

const extent: Form = (words, filter) => {
  if (!words.has('cover') || limits(filter) || filter.services) return undefined;
  return words.only('cover', 'begin', 'end', 'since-when', 'when', 'which', 'show')
    ? { kind: 'extent' }
    : undefined;
};

const RANKED = [
  'which',
  'who',
  'show',
  'most',
  'least',
  'slow',
  'fast',
  'busy',
  'quiet',
  'service',
  'endpoint',
  'host',
  'message',
  'error-code',
  'write',
  'rate',
  'share',
  'latency',
  'average',
  'longest',
  'trouble',
  'how-many',
  'state',
];

const rank: Form = (words, filter) => {
  const { group } = words;
  const extreme =
    words.has('most', 'least', 'slow', 'fast', 'busy', 'quiet', 'longest') ||
    (words.has('rate') && words.has('which'));
  const asked = words.has('which', 'who', 'show', 'most', 'least') || (extreme && group !== undefined);
  if (!asked || !words.only(...RANKED) || words.has('when')) return undefined;
  if (words.has('how-many') && !words.has('most', 'least')) return undefined;
  const plain = group !== undefined && words.has('which', 'who', 'show', 'exists');
  const failing = words.has('failing') && words.has('which', 'who');
  if (!extreme && !plain && !failing) return undefined;
  if (!extreme && words.has('state')) return undefined;
  const number = words.parts.number;
  const measure = rankedMeasure(words, filter);
  // `what is the maximum latency` asks for the figure.
  if (!group && words.has('latency') && !words.has('slow', 'fast')) return undefined;
  // `the slowest response of /api/orders` is one of its requests.
  if (!group && filter.path && measure === 'mean_ms') return undefined;
  const by = group ?? groupFor(words, measure, filter);
  if (!by || (measure === 'mean_ms' && by !== 'endpoint' && by !== 'service')) return undefined;
  // `which has most problems`: error lines.
  const troubled = /^(?:문제|장애|사고|problem|trouble|issue|outage|incident)/.test(
    words.token('trouble')?.text ?? '',
  );
  const counts =
    troubled && !limits(filter) ? { ...filter, levels: LEVELS_OF.errors! } : failed(words, filter);
  const lines = measure === 'mean_ms' || measure === 'failed_share' ? withoutErrors(filter) : counts;
  const used = ofEndpoints(by, lines);
  const unit = by === 'endpoint' && measure === 'lines' ? 'requests' : measure;
  const least = words.has('least', 'fast', 'quiet');
  return { kind: 'rank', by, measure: unit, least, limit: number ?? (extreme ? 5 : 20), filter: used };
};

function rankedMeasure(words: Words, filter: QueryFilter): Measure {
  if (words.has('rate', 'share')) return 'failed_share';
  if (words.has('slow', 'fast', 'latency', 'longest') && !words.has('errors', 'topic')) return 'mean_ms';
  return words.has('requests') && !filter.levels ? 'requests' : 'lines';
}

/** What is compared where no word says it: `what fails most`, `what does cart write most`. */
function groupFor(words: Words, measure: Measure, filter: QueryFilter): Grouping | undefined {
  if (measure === 'mean_ms') return 'endpoint';
  if (words.token('which')?.text.startsWith('어디')) return 'service';
  if (words.has('failing', 'busy', 'quiet', 'who') || measure === 'failed_share')
    return filter.services ? 'template' : 'service';
  if (filter.status || words.has('requests')) return 'endpoint';
  return words.has('errors', 'warnings', 'write', 'lines', 'topic') ? 'template' : undefined;
}

/** `what errors does cart have`: the messages of such lines, each with its number. */
const listing: Form = (words, filter) => {
  if (!words.has('which') || !words.has('errors', 'warnings', 'fatal') || words.group) return undefined;
  if (
    words.has('show', 'first', 'last', 'new', 'contain') ||
    !words.only('which', 'write', 'trouble', 'still')
  )
    return undefined;
  const isPlace = /^(?:어디|where)/.test(words.token('which')!.text);
  const by = isPlace && !filter.services ? 'service' : 'template';
  return { kind: 'rank', by, measure: 'lines', least: false, limit: 5, filter };
};

const count: Form = (words, filter) => {
  const meant = failed(words, filter);
  const happened = words.has('exists', 'occur') || (words.has('aux') && words.has('topic', 'write'));
  const exists = happened && limits(meant) && !words.has('which', 'when', 'who', 'show');
  if (!words.has('how-many') && !exists) return undefined;
  const { group } = words;
  // `what is the number of requests`
  const what = !group && words.has('how-many') && /^what/.test(words.token('which')?.text ?? '');
  if (
    !words.only(
      ...(what ? ['which'] : []),
      'how-many',
      'show',
      'service',
      'endpoint',
      'host',
      'error-code',
      'message',
      'calls',
      'state',
      'begin',
      'everything',
    ) ||
    words.has('most', 'last', 'first', 'lasted')
  )
    return undefined;
  // `몇 번` counts what happened, and no services.
  const isEvents = /몇\s?[번회건줄]/.test(words.token('how-many')?.text ?? '');
  if (group && words.has('how-many') && (!isEvents || group === 'template') && isCounted(words, group))
    return { kind: 'count', measure: 'lines', of: group, filter: meant };
  if (group && group !== 'template') return undefined;
  if (!limits(meant) && !words.has('lines', 'requests', 'write') && !filter.services) return undefined;
  // `how many payment …`: of what is not said.
  if (!limits(meant) && !words.has('lines', 'requests')) return undefined;
  return { kind: 'count', measure: counted(words, meant), filter: meant };
};

/** Whether the services (endpoints …) are what is counted: `how many services had errors`, not `how many errors of the service`. */
function isCounted({ parts: { tokens } }: Words, group: Grouping): boolean {
  const meaning = GROUPS.find(([, one]) => one === group)![0];
  const at = tokens.findIndex(({ meanings }) => meanings.has(meaning));
  const howMany = tokens.findIndex(({ meanings }) => meanings.has('how-many'));
  const noun = tokens.findIndex(
    ({ meanings }) =>
      ['errors', 'lines', 'requests', 'warnings'].some((one) => meanings.has(one)) && !meanings.has(meaning),
  );
  // `how many service errors` are errors.
  if (noun >= 0 && tokens[noun]!.start - tokens[at]!.end === 1) return false;
  const between = (index: number): boolean => index > Math.min(at, howMany) && index < Math.max(at, howMany);
  return noun < 0 || !between(noun);
}

const state: Form = (words, filter) => {
  const failing =
    words.has('failing') &&
    (filter.services !== undefined || words.has('everything')) &&
    !words.has('lines', 'requests', 'most');
  const troubled = words.has('exists') && words.has('trouble') && !limits(filter);
  if (!words.has('state') && !failing && !troubled) return undefined;
  // `did errors go up` is about the errors.
  if (filter.levels && !filter.services && !words.has('which', 'who')) return undefined;
  if (
    !words.only(
      'state',
      'trouble',
      'still',
      'failing',
      'slow',
      'everything',
      'service',
      'show',
      'which',
      'who',
    ) ||
    (words.has('which', 'when', 'who', 'how-many', 'contain') && !words.has('state'))
  )
    return undefined;
  if (filter.text || filter.forms || filter.status || words.has('how-many', 'when', 'slow')) return undefined;
  const { path } = filter;
  // `who is hit by cart`: any service may be.
  const services = words.has('who', 'which') ? undefined : filter.services;
  return { kind: 'state', filter: { ...(services ? { services } : {}), ...(path ? { path } : {}) } };
};

const lines: Form = (words, filter) => {
  const meant = failed(words, filter);
  const { number } = words.parts;
  const asked = words.has('show', 'lines', 'first', 'last') || number !== undefined;
  // `what did cart say at 14:20`
  if (
    filter.services &&
    words.parts.timed &&
    words.has('which') &&
    words.has('write') &&
    words.only('which', 'write')
  )
    return { kind: 'lines', order: 'newest', limit: number ?? 5, filter: meant };
  // `restart payment` is an order.
  const order = words.has('topic') && !words.has('errors', 'lines', 'warnings');
  const noun = limits(meant) && !order && !words.has('how-many', 'when', 'which', 'who', 'state', 'compare');
  if (!(asked && (limits(meant) || words.has('lines') || (filter.services && words.has('lines')))) && !noun)
    return undefined;
  if (
    !words.only('show', 'first', 'last', 'message', 'write', 'new') ||
    words.has('which', 'how-many', 'new')
  )
    return undefined;
  const from = words.has('first') ? 'oldest' : 'newest';
  return { kind: 'lines', order: from, limit: number ?? 5, filter: meant };
};

/** In the order in which they are tried: the first whose words are all there, and which leaves none over, is meant. */
export const FORMS: readonly Form[] = [
  calls,
  compare,
  changes,
  extent,
  shareOf,
  grouped,
  share,
  peak,
  rank,
  listing,
  occurrence,
  edge,
  often,
  duration,
  count,
  state,
  lines,
];
