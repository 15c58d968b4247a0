import { listOf, plural } from '../grammar.ts';

/** Answers to plain questions. Sentences have no full stop: the filter and the time follow in brackets. */
type Amount = { amount: string };

export const queries = {
  scoped: (sentence: string, scope: string) => `${sentence} (${scope}).`,
  unscoped: (sentence: string) => `${sentence}.`,

  // how the filter was read
  level: (levels: readonly string[]) => `level ${listOf(levels, 'en', 'disjunction')}`,
  status: (status: string) => `status ${status}`,
  text: (text: string) => `lines that hold ${text}`,
  services: (names: readonly string[]) => `service ${listOf(names, 'en', 'disjunction')}`,
  path: (path: string) => `path ${path}`,
  allLines: 'all lines',

  // amounts
  lines: (count: string, value: number) => `${count} ${plural(value, 'line')}`,
  requests: (count: string, value: number) => `${count} ${plural(value, 'request')}`,
  mean: (time: string) => `${time} on average`,
  ofAll: (part: string, all: string) => `${part} of ${all}`,
  perHour: 'per hour',
  before: (count: string) => `before: ${count}`,
  grouping: {
    service: { one: 'service', many: 'services' },
    endpoint: { one: 'endpoint', many: 'endpoints' },
    host: { one: 'host', many: 'hosts' },
    template: { one: 'kind of message', many: 'kinds of messages' },
    error_code: { one: 'error code', many: 'error codes' },
  },

  // answers
  noTimes: 'These lines have no request with a response time',
  none: { lines: 'No line matches', requests: 'No request matches' },
  nothingToRank: ({ one }: { one: string; many: string }) => `No ${one} has such a line`,
  ranked: ({
    what,
    name,
    amount,
    least,
    of,
    measure,
  }: {
    what: { one: string; many: string };
    name: string;
    amount: string;
    least: boolean;
    of: number;
    measure: string;
  }) =>
    of === 1
      ? `Only one ${what.one}: ${name}, ${amount}`
      : `${measure === 'mean_ms' ? (least ? 'Fastest' : 'Slowest') : least ? 'Least' : 'Most'} of ${of} ${what.many}: ${name}, ${amount}`,
  rankedEqual: ({ many }: { one: string; many: string }, count: number, amount: string) =>
    `All ${count} ${many} are equal: ${amount} each`,
  total: (amount: string) => amount,
  counted: (count: string, { one, many }: { one: string; many: string }) =>
    `${count} ${count === '1' ? one : many}`,
  often: (amount: string, every: string) => `${amount}, one about every ${every}`,
  share: ({
    share,
    part,
    all,
    failed,
    unit,
  }: {
    share: string;
    part: string;
    all: string;
    failed: boolean;
    unit: 'lines' | 'requests';
  }) =>
    `${share}: ${part} of ${all}${failed ? (unit === 'requests' ? ' failed with 5xx' : ' are errors') : ''}`,
  duration: ({
    mean,
    max,
    requests,
    longest,
  }: {
    mean: string;
    max: string;
    requests: string;
    longest: boolean;
  }) =>
    longest
      ? `The longest took ${max}; the mean of ${requests} is ${mean}`
      : `${mean} on average over ${requests}, at most ${max}`,
  compared: ({
    now,
    before,
    when,
    change,
    direction,
  }: {
    now: string;
    before: string;
    when: string;
    change: string | undefined;
    direction: number;
  }) =>
    `${direction > 0 ? 'More' : direction < 0 ? 'Less' : 'The same'}: ${now} against ${before} in ${when}${change ? ` (${change})` : ''}`,
  nothingBefore: (span: string, logs: string) =>
    `There is nothing to compare with: the logs begin later than ${span}; they cover ${logs}`,
  partly: (logs: string) => `The logs cover only a part of the time before: ${logs}.`,
  began: ({
    begin,
    amount,
    isOn,
    end,
    logsEnd,
    slow,
  }: Amount & { begin: string; end: string; isOn: boolean; logsEnd: string; slow: boolean }) =>
    `${slow ? 'Slower than usual' : 'It began'} at ${begin} and ${isOn ? `goes on until the end of the logs at ${logsEnd}` : `ended at ${end}`}, ${amount}`,
  ended: ({
    begin,
    amount,
    isOn,
    end,
    logsEnd,
  }: Amount & { begin: string; end: string; isOn: boolean; logsEnd: string }) =>
    isOn
      ? `It has not ended: the last line is of ${end}, the logs end at ${logsEnd}; it began at ${begin}, ${amount}`
      : `It ended at ${end}; it began at ${begin}, ${amount}`,
  course: ({
    begin,
    amount,
    isOn,
    end,
    length,
  }: Amount & { begin: string; end: string; isOn: boolean; length: string }) =>
    `From ${begin} to ${end}, ${length}, ${amount}${isOn ? '; it still goes on at the end of the logs' : ''}`,
  firstLine: 'first line',
  lastLine: 'last line',
  notSlower: 'No time was found at which requests took at least twice as long as usual',
  occurrence: ({
    which,
    at,
    service,
    amount,
  }: Amount & { which: 'first' | 'last'; at: string; service: string }) =>
    `The ${which} one is of ${at}, from ${service}; ${amount} in all`,
  peak: ({ when, amount, mean }: Amount & { when: string; mean: string }) =>
    `Most at ${when}: ${amount}; usual is ${mean}`,
  covers: ({ span, length, amount }: Amount & { span: string; length: string }) =>
    `The logs cover ${span}, ${length}, ${amount}`,
  changes: {
    new: ({ count, before }: { count: string; before: string }) =>
      `${count} new ${count === '1' ? 'kind of message that was' : 'kinds of messages that were'} not there in ${before}`,
    changed: ({ count, before }: { count: string; before: string }) =>
      `${count} ${count === '1' ? 'kind of message comes' : 'kinds of messages come'} at least three times as often or as seldom as in ${before}`,
  },
  nothingNew: {
    new: (before: string) => `Nothing new: all messages were there in ${before}, too`,
    changed: (before: string) => `Nothing comes at least three times as often or as seldom as in ${before}`,
  },
  state: {
    affected: ({ name, others, errors, lines, share, before, recent }: StateTold) =>
      `${name} is affected: ${errors} of ${lines} lines are errors (${share}, before ${before}); ${recent} in the last 5 minutes of the logs${others.length > 0 ? `; also affected: ${listOf(others, 'en')}` : ''}`,
    silent: ({ name, others }: StateTold) =>
      `${name} is affected: it wrote lines before, and none in this time${others.length > 0 ? `; also affected: ${listOf(others, 'en')}` : ''}`,
    fine: ({ name, errors, lines, share, before, recent, whole }: StateTold) =>
      whole
        ? `No service has clearly more errors than before; most has ${name}: ${errors} of ${lines} lines (${share}, before ${before})`
        : `${name} shows no more errors than usual: ${errors} of ${lines} lines (${share}, before ${before}); ${recent} in the last 5 minutes of the logs`,
  },
  calls: {
    callers: ({ name, list }: { name: string; list: string[] }) =>
      `${name} is named as a target in the lines of ${listOf(list, 'en')}`,
    callees: ({ name, list }: { name: string; list: string[] }) =>
      `${name} names as its targets ${listOf(list, 'en')}`,
    all: ({ list }: { name: string; list: string[] }) => `Who names whom in its lines: ${listOf(list, 'en')}`,
  },
  noCalls: (name: string) =>
    name
      ? `No line tells of a call between ${name} and another service`
      : 'No line tells of a call between two services',
  shown: (count: string) => `${count} found; the ones shown are below`,
  noLog: 'There is no log yet, so there is nothing to ask about',
  noneThen: (span: string, logs: string) => `The logs have no line in ${span}; they cover ${logs}`,
  noMark: 'The logs show no such moment, so the time cannot be found',

  // refusals
  refused: {
    form: () => 'I cannot answer that from the logs',
    future: () => 'I only know what is in the logs, and nothing about the future',
    advice: () => 'I only answer questions about the logs here; I do not act on them and give no advice',
    not: (word: string) => `I cannot leave something out (“${word}”); ask for what is there`,
    distinct: (word: string) =>
      `I cannot work out “${word}” from the logs; I can count, rank, average and compare`,
    join: (word: string) => `One question at a time, please (“${word}”)`,
    word: (word: string) =>
      `I do not know what “${word}” means here; put words to look for in quotation marks: how many lines hold "${word}"?`,
  },
  canDo:
    'I can say: which service, endpoint or message is slowest, busiest or fails most; how many, how often, since when, until when, first and last; whether a service is affected; what is new; who calls whom; compare with yesterday or the hour before; show lines. Example: which service has most errors since 13:20?',

  hint: {
    rank: 'Next: why service:NAME, or ask when it began.',
    count: 'Next: ask when it began, or show the lines.',
    often: 'Next: ask when it began.',
    share: 'Next: which endpoint fails most?',
    duration: 'Next: which endpoint is slowest?',
    begin: 'Next: why, for the cause.',
    end: 'Next: why, for the cause.',
    course: 'Next: why, for the cause.',
    occurrence: 'Next: ask how often, or since when.',
    peak: 'Next: ask for the errors of that time.',
    state: 'Next: why service:NAME, for the cause.',
    changes: 'Next: ask when one of them came first, in quotation marks.',
    calls: 'Next: is NAME affected?',
    lines: 'Next: search WORDS, for more of them.',
    compare: 'Next: which service has most?',
    extent: 'Next: summarize.',
  },
};

type StateTold = {
  name: string;
  others: string[];
  errors: string;
  lines: string;
  share: string;
  before: string;
  recent: string;
  whole: boolean;
};
