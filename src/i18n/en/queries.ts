/*
 * Answers to plain questions. Sentences have no full stop: how the question was read follows in brackets. Values are ready to be
 * shown: amounts with their unit, times in words, names in a list.
 */
export const queries = {
  scoped: ({ sentence, scope }: { sentence: string; scope: string }) => `${sentence} (${scope}).`,
  unscoped: ({ sentence }: { sentence: string }) => `${sentence}.`,

  // how the question was read
  'filter.level': ({ levels }: { levels: string }) => `level ${levels}`,
  'filter.status': ({ status }: { status: string }) => `status ${status}`,
  'filter.text': ({ text }: { text: string }) => `lines that hold ${text}`,
  'filter.services': ({ names }: { names: string }) => `service ${names}`,
  'filter.path': ({ path }: { path: string }) => `path ${path}`,
  'filter.all': 'all lines',

  // amounts
  'amount.lines': ({ count }: { count: string }) => `${count} ${count === '1' ? 'line' : 'lines'}`,
  'amount.requests': ({ count }: { count: string }) => `${count} ${count === '1' ? 'request' : 'requests'}`,
  'amount.mean_ms': ({ time }: { time: string }) => `${time} on average`,
  ofAll: ({ part, all }: { part: string; all: string }) => `${part} of ${all}`,
  perHour: 'per hour',
  before: ({ count }: { count: string }) => `before: ${count}`,
  'one.service': 'service',
  'one.endpoint': 'endpoint',
  'one.host': 'host',
  'one.template': 'kind of message',
  'one.error_code': 'error code',
  'many.service': 'services',
  'many.endpoint': 'endpoints',
  'many.host': 'hosts',
  'many.template': 'kinds of messages',
  'many.error_code': 'error codes',

  // answers
  noTimes: 'These lines have no request with a response time',
  'none.lines': 'No line matches',
  'none.requests': 'No request matches',
  nothingToRank: ({ what }: { what: string }) => `No ${what} has such a line`,
  'ranked.only': ({ what, name, amount }: { what: string; name: string; amount: string }) =>
    `Only one ${what}: ${name}, ${amount}`,
  'ranked.most': ({ count, what, name, amount }: Ranked) => `Most of ${count} ${what}: ${name}, ${amount}`,
  'ranked.least': ({ count, what, name, amount }: Ranked) => `Least of ${count} ${what}: ${name}, ${amount}`,
  'ranked.slowest': ({ count, what, name, amount }: Ranked) =>
    `Slowest of ${count} ${what}: ${name}, ${amount}`,
  'ranked.fastest': ({ count, what, name, amount }: Ranked) =>
    `Fastest of ${count} ${what}: ${name}, ${amount}`,
  'ranked.equal': ({ count, what, amount }: { count: string; what: string; amount: string }) =>
    `All ${count} ${what} are equal, each ${amount}`,
  total: ({ amount }: { amount: string }) => `There ${/^1 /.test(amount) ? 'is' : 'are'} ${amount}`,
  counted: ({ count, what }: { count: string; what: string }) => `${count} ${what}`,
  often: ({ amount, every }: { amount: string; every: string }) => `${amount}, one about every ${every}`,
  'share.matching': ({ share, part, all }: Share) => `${share}: ${part} of ${all}`,
  'share.of': ({ share, part, all, whole }: Share & { whole: string }) =>
    `${share}: ${part} of ${all} of ${whole}`,
  'share.requests': ({ share, part, all }: Share) => `${share}: ${part} of ${all} failed with 5xx`,
  'share.lines': ({ share, part, all }: Share) => `${share}: ${part} of ${all} are errors`,
  'duration.mean': ({ mean, max, requests }: Times) => `${mean} on average over ${requests}, at most ${max}`,
  'duration.longest': ({ mean, max, requests }: Times) =>
    `The longest took ${max}; the mean of ${requests} is ${mean}`,
  'compared.more': ({ now, before, when }: Compared) => `More: ${now} against ${before} in ${when}`,
  'compared.less': ({ now, before, when }: Compared) => `Less: ${now} against ${before} in ${when}`,
  'compared.same': ({ now, before, when }: Compared) => `The same: ${now} against ${before} in ${when}`,
  nothingBefore: ({ span, logs }: { span: string; logs: string }) =>
    `There is nothing to compare with in ${span}; the logs cover ${logs}`,
  partly: ({ logs }: { logs: string }) => `The logs cover only a part of the time before: ${logs}.`,
  'began.on': ({ begin, last, amount }: { begin: string; last: string; amount: string }) =>
    `It began at ${begin} and goes on until the end of the logs at ${last}, ${amount}`,
  'began.ended': ({ begin, last, amount }: { begin: string; last: string; amount: string }) =>
    `It began at ${begin} and ended at ${last}, ${amount}`,
  'slower.on': ({ begin, last, amount }: { begin: string; last: string; amount: string }) =>
    `It got slower at ${begin} and is so until the end of the logs at ${last}, ${amount}`,
  'slower.ended': ({ begin, last, amount }: { begin: string; last: string; amount: string }) =>
    `It got slower at ${begin} and was so until ${last}, ${amount}`,
  'ended.on': ({ begin, last, amount }: { begin: string; last: string; amount: string }) =>
    `It has not ended: it goes on at the end of the logs at ${last}; it began at ${begin}, ${amount}`,
  'ended.ended': ({ begin, last, amount }: { begin: string; last: string; amount: string }) =>
    `It ended at ${last}; it began at ${begin}, ${amount}`,
  'course.on': ({ begin, last, length, amount }: Course) =>
    `From ${begin} until the end of the logs at ${last}, ${length}, ${amount}; it still goes on`,
  'course.ended': ({ begin, last, length, amount }: Course) =>
    `From ${begin} to ${last}, ${length}, ${amount}`,
  firstLine: 'first line',
  lastLine: 'last line',
  notSlower: 'No time was found at which requests took at least twice as long as usual',
  'occurrence.first': ({ at, service, amount }: { at: string; service: string; amount: string }) =>
    `The first is of ${at}, from ${service}; ${amount} in all`,
  'occurrence.last': ({ at, service, amount }: { at: string; service: string; amount: string }) =>
    `The last is of ${at}, from ${service}; ${amount} in all`,
  peak: ({ when, amount, mean }: { when: string; amount: string; mean: string }) =>
    `Most in ${when}: ${amount}; the mean is ${mean}`,
  covers: ({ span, length, amount }: { span: string; length: string; amount: string }) =>
    `The logs cover ${span}, ${length}, ${amount}`,
  'changes.new': ({ count, before }: Changes) =>
    `Kinds of messages that were not there in ${before}: ${count}`,
  'changes.changed': ({ count, before }: Changes) =>
    `Kinds of messages that come at least three times as often or as seldom as in ${before}: ${count}`,
  'unchanged.new': ({ before }: { before: string }) =>
    `Nothing new: all messages were there in ${before}, too`,
  'unchanged.changed': ({ before }: { before: string }) =>
    `Nothing comes at least three times as often or as seldom as in ${before}`,
  'state.affected': ({ name, errors, lines, share, before }: State) =>
    `${name} is affected: ${errors} of ${lines} lines are errors (${share}, before ${before})`,
  'state.was': ({ name, errors, lines, share, before }: State) =>
    `${name} was affected in this time, and is no longer: ${errors} of ${lines} lines were errors (${share}, before ${before})`,
  'state.silent': ({ name }: { name: string }) =>
    `${name} is affected: it wrote lines before, and none in this time`,
  'state.fine': ({ name, errors, lines, share, before }: State) =>
    `${name} shows no more errors than usual: ${errors} of ${lines} lines (${share}, before ${before})`,
  'state.none': ({ name, errors, lines, share, before }: State) =>
    `No service has clearly more errors than before; ${name} has most: ${errors} of ${lines} lines (${share}, before ${before})`,
  'state.recent': ({ count }: { count: string }) => `errors in the last 5 minutes of the logs: ${count}`,
  'state.others': ({ names }: { names: string }) => `also affected: ${names}`,
  'calls.callers': ({ name, names }: { name: string; names: string }) =>
    `${name} is named as a target in the lines of ${names}`,
  'calls.callees': ({ name, names }: { name: string; names: string }) =>
    `${name} names as its targets ${names}`,
  'calls.all': ({ names }: { names: string }) => `Who names whom in its lines: ${names}`,
  'noCalls.of': ({ name }: { name: string }) => `No line tells of a call between ${name} and another service`,
  'noCalls.any': 'No line tells of a call between two services',
  shown: ({ amount }: { amount: string }) => `${amount} found; some are shown`,
  noLog: 'There is no log yet, so there is nothing to ask about',
  noneThen: ({ span, logs }: { span: string; logs: string }) =>
    `The logs have no line in ${span}; they cover ${logs}`,
  noMark: 'The logs show no such moment, so the time cannot be found',

  'refused.form': 'I cannot answer that from the logs',
  'refused.future': 'I only know what is in the logs, and nothing about the future',
  'refused.advice': 'I only answer questions about the logs here; I do not act on them and give no advice',
  'refused.not': 'I cannot leave something out; please ask for what is there',
  'refused.distinct': 'I cannot work that out from the logs; I can count, rank, average and compare',
  'refused.join': 'Please ask for one thing at a time',
  'refused.word': 'There is a word that I do not know; words to look for stand in quotation marks',
  canDo:
    'I can say: which service, endpoint or message is slowest, busiest or fails most; how many, how often, since when and until when, first and last; whether a service is affected; what is new; who calls whom; compare with yesterday or the hour before; show lines. Example: which service has most errors since 13:20?',

  'hint.rank': 'Next: why service:NAME, or ask when it began.',
  'hint.count': 'Next: ask when it began, or show the lines.',
  'hint.often': 'Next: ask when it began.',
  'hint.share': 'Next: which endpoint fails most?',
  'hint.duration': 'Next: which endpoint is slowest?',
  'hint.begin': 'Next: why, for the cause.',
  'hint.end': 'Next: why, for the cause.',
  'hint.course': 'Next: why, for the cause.',
  'hint.occurrence': 'Next: ask how often, or since when.',
  'hint.peak': 'Next: ask for the errors of that time.',
  'hint.state': 'Next: why service:NAME, for the cause.',
  'hint.changes': 'Next: ask when one of them came first, in quotation marks.',
  'hint.calls': 'Next: is NAME affected?',
  'hint.lines': 'Next: search WORDS, for more of them.',
  'hint.compare': 'Next: which service has most?',
  'hint.extent': 'Next: summarize.',
};

type Ranked = { count: string; what: string; name: string; amount: string };
type Share = { share: string; part: string; all: string };
type Times = { mean: string; max: string; requests: string };
type Compared = { now: string; before: string; when: string };
type Course = { begin: string; last: string; length: string; amount: string };
type Changes = { count: string; before: string };
type State = { name: string; errors: string; lines: string; share: string; before: string };
