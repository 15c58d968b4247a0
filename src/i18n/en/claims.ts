import { plural } from '../grammar.ts';
import { figure } from '../numbers.ts';

type Texts<Name extends string> = Record<Name, string>;
type Counts<Name extends string> = Record<Name, number>;

/** Sentences about what was computed from the logs: one for each type of claim. Times and durations are texts already. */
export const claims = {
  'of.service': ({ service }: Texts<'service'>) => `${service} (all errors)`,
  'of.message': ({ service, kind }: Texts<'service' | 'kind'>) => `${service} (${kind})`,
  'of.requests': ({ endpoint }: Texts<'endpoint'>) => `failed requests for ${endpoint}`,
  'of.event': ({ service, line }: Texts<'service' | 'line'>) => `${service}: "${line}"`,
  effect: ({ of, by, count }: Texts<'of' | 'by'> & Counts<'count'>) =>
    `It spread: ${figure(count)} ${plural(count, 'line')} of ${of} ${plural(count, 'names', 'name')} ${by} as what failed.`,
  order: ({ of, than, first, second, span }: Texts<'of' | 'than' | 'first' | 'second' | 'span'>) =>
    `In order of time: ${of} first (${first}), then ${than} (${second}, ${span} later).`,
  since: ({ of, first, begins }: Texts<'of' | 'first' | 'begins'>) =>
    `Since ${first}: ${of}; not once before, since the logs begin at ${begins}.`,
  count: ({ of, count, first, last }: Texts<'of' | 'first' | 'last'> & Counts<'count'>) =>
    `${of}: ${figure(count)} ${plural(count, 'line')} from ${first} to ${last}.`,
  'share.lines': ({
    of,
    service,
    part,
    all,
    share,
  }: Texts<'of' | 'service' | 'share'> & Counts<'part' | 'all'>) =>
    `${of}: ${figure(part)} of ${figure(all)} lines of ${service} (${share}).`,
  'share.requests': ({
    endpoint,
    part,
    all,
    share,
    statuses,
  }: Texts<'endpoint' | 'share' | 'statuses'> & Counts<'part' | 'all'>) =>
    `${endpoint}: ${figure(part)} of ${figure(all)} ${plural(all, 'request')} failed with ${statuses} (${share}).`,
  comparison: ({ of, than, count, against }: Texts<'of' | 'than'> & Counts<'count' | 'against'>) =>
    `Side by side: ${of}, ${figure(count)}; ${than}, ${figure(against)}.`,
  'absence.service': ({ service, all }: Texts<'service'> & Counts<'all'>) =>
    `${service}: no error among ${figure(all)} ${plural(all, 'line')}.`,
  'absence.requests': ({ endpoint, all }: Texts<'endpoint'> & Counts<'all'>) =>
    `${endpoint}: no server error (5xx) among ${figure(all)} ${plural(all, 'request')}.`,
  rise: ({
    of,
    now,
    before,
    nowSpan,
    beforeSpan,
  }: Texts<'of' | 'nowSpan' | 'beforeSpan'> & Counts<'now' | 'before'>) =>
    `More than before: ${of}, ${figure(now)} in the ${nowSpan} of the window, ${figure(before)} in the ${beforeSpan} before it.`,
  change: ({ event, time, span, cause }: Texts<'event' | 'time' | 'span' | 'cause'>) =>
    `Change at ${time}, ${span} before ${cause} began to fail: ${event}. The logs do not show whether it is the reason.`,
  recovery: ({ of, last, since }: Texts<'of' | 'last'> & Counts<'since'>) =>
    `No more since ${last}: ${of}; ${figure(since)} other ${plural(since, 'line')} came after it.`,
  steady: ({ service, now, before }: Texts<'service'> & Counts<'now' | 'before'>) =>
    `${service} goes on as usual: ${figure(now)} lines without an error (before, in as long a time, ${figure(before)}).`,
  silence: ({ service, last }: Texts<'service' | 'last'>) =>
    `${service} fell silent: its last line is of ${last}.`,
  'course.row': ({ of, first, count }: Texts<'of' | 'first'> & Counts<'count'>) =>
    `${of} from ${first}, ${figure(count)} ${plural(count, 'line')}`,
  course: ({ rows }: Texts<'rows'>) => `Began to fail: ${rows}.`,
  unaffected: ({ list }: Texts<'list'>) => `As usual, without errors: ${list}.`,
  hypothesis: ({ text }: Texts<'text'>) => `Hypothesis (the model's guess, not checked): ${text}`,
};
