import { counted, failed, LEVELS_OF, limits } from '../parts.ts';
import type { Form } from './form.ts';

export const peak: Form = (words, filter) => {
  if (
    !words.has('when', 'hour') ||
    !(words.has('most', 'busy') || /^(?:peak|피크)/.test(words.token('hour')?.text ?? '')) ||
    words.has('slow', 'fast', 'first', 'last', 'how-many')
  )
    return undefined;
  if (!words.only('when', 'hour', 'which', 'most', 'busy')) return undefined;
  return {
    kind: 'peak',
    measure: words.has('busy') && !limits(filter) ? 'requests' : counted(words, filter),
    filter: failed(words, filter),
  };
};

export const occurrence: Form = (words, filter) => {
  if (!words.has('first', 'last') || words.has('how-many', 'most') || words.parts.number) return undefined;
  if (
    !words.only(
      'first',
      'last',
      'when',
      'which',
      'show',
      'begin',
      'write',
      'message',
      'since-when',
      'contain',
      'hour',
    )
  )
    return undefined;
  const meant = failed(words, filter);
  if (!limits(meant) && !(words.has('lines', 'requests', 'message') && !words.has('begin'))) return undefined;
  return {
    kind: 'occurrence',
    which: words.has('first') ? 'first' : 'last',
    filter:
      words.has('requests') && !meant.status && !meant.levels ? { ...meant, status: ANY_STATUS } : meant,
  };
};
const ANY_STATUS = { from: 100, to: 600 };

const EDGES = [
  'when',
  'since-when',
  'begin',
  'end',
  'slow',
  'latency',
  'trouble',
  'still',
  'how-long',
  'last',
  'ago',
  'state',
  'busy',
  'lasted',
];

export const edge: Form = (words, filter) => {
  const lasted =
    words.has('lasted') ||
    (words.has('how-long') &&
      words.has('last', 'still', 'failing', 'trouble') &&
      !words.has('slow', 'latency'));
  const over = words.has('end', 'still') && !words.has('which', 'who', 'how-many', 'show');
  if (!words.has('when', 'since-when') && !lasted && !over) return undefined;
  if (
    !words.only(...EDGES, ...(words.has('when') ? ['hour'] : [])) ||
    (words.has('busy', 'state') && !words.has('end', 'begin', 'since-when', 'still', 'lasted'))
  )
    return undefined;
  const slow = words.has('slow', 'latency');
  const meant = slow ? filter : failed(words, filter);
  // What began is not said: `when did payment start` may be its process.
  const vague =
    !slow && !limits(meant) && !(words.has('lines', 'requests') && words.has('when', 'since-when'));
  if (vague && !words.has('trouble')) return undefined;
  const lines = vague ? { ...meant, levels: LEVELS_OF.errors! } : meant;
  const kind = lasted
    ? 'course'
    : over || words.has('end')
      ? 'end'
      : words.has('begin', 'since-when')
        ? 'begin'
        : 'course';
  return { kind, slow, filter: lines };
};

export const often: Form = (words, filter) => {
  if (
    !words.has('how-often') ||
    words.has('most', 'which', 'when') ||
    !words.only('how-often', 'how-many', 'write', 'calls')
  )
    return undefined;
  const meant = failed(words, filter);
  if (!limits(meant) && !words.has('lines', 'requests') && !words.has('write')) return undefined;
  return { kind: 'often', measure: counted(words, meant), filter: meant };
};

export const duration: Form = (words, filter) => {
  const { has } = words;
  if (
    !has('how-long', 'latency', 'average', 'longest', 'slow') ||
    filter.levels ||
    filter.text ||
    filter.forms
  )
    return undefined;
  const extreme =
    filter.path !== undefined && has('slow') && (has('most') || words.token('slow')!.text === 'slowest');
  const measured =
    has('latency', 'requests', 'slow', 'how-long') ||
    /request/.test(words.token('longest')?.text ?? '') ||
    // `average of /api/orders`
    (has('average') && filter.path !== undefined);
  if (!measured || (has('slow') && !extreme && !has('how-long', 'how-many', 'latency', 'longest', 'average')))
    return undefined;
  if (
    has('when', 'since-when', 'who', 'failing', 'trouble', 'last') ||
    (has('write') && !has('latency', 'requests')) ||
    (has('how-many') && !has('latency', 'slow'))
  )
    return undefined;
  if (
    !words.only(
      ...(extreme ? ['most'] : []),
      'how-long',
      'how-many',
      'latency',
      'average',
      'longest',
      'slow',
      'which',
      'endpoint',
      'service',
      'show',
      'calls',
    ) ||
    (has('exists') && !has('latency', 'how-long'))
  )
    return undefined;
  return { kind: 'duration', longest: has('longest') || extreme, filter };
};
