import { plural } from '../grammar.ts';
import { figure } from '../numbers.ts';

type Texts<Name extends string> = Record<Name, string>;
type Counts<Name extends string> = Record<Name, number>;

/** Answers about logs: causes, summaries, advice. */
export const answers = {
  'kind.memory': 'out of memory',
  'kind.pool': 'connection pool or connection limit exhausted',
  'kind.disk': 'no disk space or read-only disk',
  'kind.limit': 'a limit is reached',
  'kind.deadlock': 'deadlock or lock wait',
  'kind.crash': 'crash',
  'kind.port': 'port already in use',
  'kind.config': 'wrong or missing configuration',
  'kind.auth': 'access denied',
  'kind.tls': 'TLS or certificate failure',
  'kind.dns': 'name not found',
  'kind.refused': 'connection refused',
  'kind.timeout': 'timeout',
  'kind.reset': 'connection broken',
  'kind.limited': 'too many requests',
  'kind.unavailable': 'unavailable',
  'kind.route': 'no such endpoint (404)',
  'kind.status': 'server errors (5xx)',
  'kind.slow': 'slow',
  'kind.error': 'errors',
  /** Of failures whose lines name no kind, where `errors` would mean all of them. */
  'kind.unclassified': 'unclassified failures',
  'problem.slow': ({ what, now, usual }: Texts<'what' | 'now' | 'usual'>) =>
    `slow: ${what}${now} (usually ${usual})`,
  problem: ({ kind, words }: Texts<'kind' | 'words'>) => `${kind}: ${words}`,
  'cause.own': ({ kind, own }: Texts<'kind'> & Counts<'own'>) =>
    `${kind}; ${figure(own)} of its own lines ${plural(own, 'says', 'say')} so.`,
  'cause.both': ({ kind, own, named, reporters }: Texts<'kind' | 'reporters'> & Counts<'own' | 'named'>) =>
    `${kind}; ${figure(own)} of its own lines ${plural(own, 'says', 'say')} so, and ${figure(named)} ${plural(named, 'line')} of ${reporters} ${plural(named, 'names', 'name')} it.`,
  'cause.named': ({ kind, named, reporters }: Texts<'kind' | 'reporters'> & Counts<'named'>) =>
    `${kind}; ${figure(named)} ${plural(named, 'line')} of ${reporters} ${plural(named, 'names', 'name')} it as failing.`,
  'cause.silent': ({ kind, named, reporters }: Texts<'kind' | 'reporters'> & Counts<'named'>) =>
    `${kind}; ${figure(named)} ${plural(named, 'line')} of ${reporters} ${plural(named, 'names', 'name')} it as failing; it wrote no line of its own in that time.`,
  'cause.unresolvedTarget': ({
    reporters,
    address,
    kind,
    named,
  }: Texts<'reporters' | 'address' | 'kind'> & Counts<'named'>) =>
    `${reporters} cannot reach ${address}: ${kind} (${figure(named)} ${plural(named, 'line')}); it wrote no line of its own in that time.`,
  'cause.inferred': ({ kind, named, reporters }: Texts<'kind' | 'reporters'> & Counts<'named'>) =>
    `${kind}; ${figure(named)} ${plural(named, 'line')} of ${reporters} ${plural(named, 'fails', 'fail')} at an address nobody is known by, and it is the only known service without a line.`,
  'ruled.caller': ({ service, because }: Texts<'service' | 'because'>) =>
    `${service}: its errors name ${because}; it suffers, it is not the cause.`,
  'ruled.usual': ({ service, count }: Texts<'service'> & Counts<'count'>) =>
    `${service}: its ${figure(count)} ${plural(count, 'error is', 'errors are')} no more than before.`,
  'ruled.steady': ({ service, count }: Texts<'service'> & Counts<'count'>) =>
    `${service}: its ${figure(count)} ${plural(count, 'error')} came at the same rate all the time.`,
  'ruled.settled': ({ service, count }: Texts<'service'> & Counts<'count'>) =>
    `${service}: the ${figure(count)} ${plural(count, 'error')} about it ended once everything had started.`,
  'ruled.working': ({ service, port }: Texts<'service' | 'port'>) =>
    `${service}: it is known on port ${port}, but it goes on working, and no line says that it is meant.`,
  'explain.either': ({ list }: Texts<'list'>) =>
    `As much speaks against ${list}; the lines do not tell which of them is the cause.`,
  'explain.either.port': ({ port, list }: Texts<'port' | 'list'>) =>
    `The lines name port ${port}, by which ${list} are known; they do not tell which of them is meant.`,
  'explain.either.working': ({ list, port }: Texts<'list' | 'port'>) =>
    `${list} are known on port ${port} and go on working; the lines do not tell whether one of them is meant.`,
  'explain.window': ({ from, to, records, errors }: Texts<'from' | 'to'> & Counts<'records' | 'errors'>) =>
    `Window ${from} to ${to}: ${figure(records)} ${plural(records, 'line')}, ${figure(errors)} of them ${plural(errors, 'an error', 'errors')}.`,
  'strays.later': ({ count }: Counts<'count'>) =>
    `${figure(count)} ${plural(count, 'line is', 'lines are')} dated later than now: kept, but left out here.`,
  'strays.after': ({ count }: Counts<'count'>) =>
    `${figure(count)} ${plural(count, 'line is', 'lines are')} dated far after all others: kept, but left out here.`,
  'strays.before': ({ count }: Counts<'count'>) =>
    `${figure(count)} ${plural(count, 'line is', 'lines are')} dated far before all others: kept, but left out here.`,
  'strays.unread': ({ count }: Counts<'count'>) =>
    `${figure(count)} older ${plural(count, 'line was', 'lines were')} not read: ask for their time to have them looked at.`,
  'explain.baseline': ({ from, records, errors }: Texts<'from'> & Counts<'records' | 'errors'>) =>
    `Before it, since ${from}: ${figure(records)} ${plural(records, 'line')}, ${figure(errors)} of them ${plural(errors, 'an error', 'errors')}.`,
  'explain.cause': ({ service, cause }: Texts<'service' | 'cause'>) =>
    `Most likely cause: ${service}. ${cause}`,
  'explain.since': ({ first, last }: Texts<'first' | 'last'>) =>
    `First of the counted lines: ${first}; last: ${last}.`,
  'explain.new': ({ list }: Texts<'list'>) => `Kinds of lines that are new in this window: ${list}.`,
  'explain.new.of': ({ service, kinds, count }: Texts<'service'> & Counts<'kinds' | 'count'>) =>
    `${service} ${figure(kinds)} (${figure(count)} ${plural(count, 'line')})`,
  'explain.trace': ({ trace, list, service }: Texts<'trace' | 'list' | 'service'>) =>
    `One request (${trace}) went through ${list}; it failed first in ${service}.`,
  'explain.silent': ({ list }: Texts<'list'>) => `Silent since then: ${list}.`,
  'explain.event': ({ time, line }: Texts<'time' | 'line'>) => `Change when it began (${time}): ${line}`,
  'explain.none': 'No line tells of a failure, so the logs do not show a cause.',
  'explain.looked':
    'Looked for: errors, failures told in calm lines, single grave lines, steps that became slow, services that fell silent.',
  'explain.unsure': 'Lines tell of failures, but they do not prove a cause.',
  'explain.noPast':
    'There is too little healthy time to compare with, so how often these lines come proves nothing.',
  'explain.usual': 'It has failures, but no more than the time before; nothing stands out.',
  'explain.steady':
    'It has failures, but at the same rate all the time; nothing stands out, and no earlier logs are there to compare with.',
  'explain.unknown': ({ service, from, to, list }: Texts<'service' | 'from' | 'to' | 'list'>) =>
    `No line of ${service} in this window (${from} to ${to}). Services here: ${list}.`,
  'explain.empty': 'No log lines are stored for this question.',
  'explain.alone': 'This is the evidence alone.',
  'model.none':
    'No model is set up. Whoever runs Bongsu can add one: an Ollama (OLLAMA_API_URL) or a key (OPENAI_API_KEY).',
  'model.operator': ({ model, fault, mend }: Texts<'model' | 'fault' | 'mend'>) =>
    `${model}: ${fault}. Whoever runs Bongsu can mend it: ${mend}.`,
  'model.wait': ({ model, fault, mend }: Texts<'model' | 'fault' | 'mend'>) =>
    `${model}: ${fault}. It may pass by itself: ${mend}.`,
  'model.asker': ({ model, fault, mend }: Texts<'model' | 'fault' | 'mend'>) =>
    `${model}: ${fault}. You can mend it: ${mend}.`,
  'model.onCpu': 'Memory of the GPU did not hold the model, so it ran on the CPU, which is slower.',
  'model.onGpu': ({ layers, of }: Counts<'layers' | 'of'>) =>
    `Memory of the GPU did not hold the whole model, so it ran with ${figure(layers)} of ${figure(of)} layers on the GPU, which is slower.`,
  'budget.day.usd': ({ spent, limit }: Texts<'spent' | 'limit'>) =>
    `The day’s budget for models is used up (${spent} of ${limit}), so no model was asked; it starts anew at midnight. This is the evidence alone.`,
  'budget.user.usd': ({ spent, limit }: Texts<'spent' | 'limit'>) =>
    `Your budget for models is used up for today (${spent} of ${limit}), so no model was asked; it starts anew at midnight. This is the evidence alone.`,
  'budget.day.tokens': ({ spent, limit }: Texts<'spent' | 'limit'>) =>
    `The day’s tokens for models are used up (${spent} of ${limit}), so no model was asked; they start anew at midnight. This is the evidence alone.`,
  'budget.user.tokens': ({ spent, limit }: Texts<'spent' | 'limit'>) =>
    `Your tokens for models are used up for today (${spent} of ${limit}), so no model was asked; they start anew at midnight. This is the evidence alone.`,
  'explain.removed': ({ count }: Counts<'count'>) =>
    `Statements of the model that could not be checked against the logs: ${figure(count)}. They were left out.`,
  'root.none': 'The logs hold no trace of a cause.',
  hypothesis: ({ text }: Texts<'text'>) => `Hypothesis (not proven by the logs): ${text}`,
  times: ({ line, count }: Texts<'line'> & Counts<'count'>) =>
    `${line} (${figure(count)} ${plural(count, 'time')})`,
  'summary.why': ({ service, kind }: Texts<'service' | 'kind'>) => `${service}: ${kind}.`,
  'summary.unsure': ({ service, kind }: Texts<'service' | 'kind'>) =>
    `Failures without a proven cause; most suspicious: ${service}: ${kind}.`,
  'summary.usual': ({ records }: Counts<'records'>) =>
    `No more failures than before in ${figure(records)} ${plural(records, 'line')}.`,
  'summary.steady': ({ records }: Counts<'records'>) =>
    `Failures at the same rate all the time in ${figure(records)} ${plural(records, 'line')}.`,
  'summary.errors': ({ errors, records }: Counts<'errors' | 'records'>) =>
    `Errors: ${figure(errors)} of ${figure(records)} lines, without a proven cause.`,
  'summary.quiet': ({ records }: Counts<'records'>) =>
    `No failure found in ${figure(records)} ${plural(records, 'line')}.`,
  'sum.requests': ({
    requests,
    mean,
    endpoint,
    count,
  }: Texts<'endpoint'> & Counts<'requests' | 'mean' | 'count'>) =>
    `${figure(requests)} ${plural(requests, 'request')}; mean response time ${figure(mean)} ms; busiest endpoint ${endpoint} with ${figure(count)}.`,
  'sum.requestsUntimed': ({ requests, endpoint, count }: Texts<'endpoint'> & Counts<'requests' | 'count'>) =>
    `${figure(requests)} ${plural(requests, 'request')} (no response times logged); busiest endpoint ${endpoint} with ${figure(count)}.`,
  'sum.noRequests': 'No request lines in this window.',
  'sum.errors': ({ errors, records, kinds }: Texts<'kinds'> & Counts<'errors' | 'records'>) =>
    `Errors: ${figure(errors)} of ${figure(records)} ${plural(records, 'line')} (${kinds}).`,
  'sum.noErrors': ({ records }: Counts<'records'>) =>
    `No errors in ${figure(records)} ${plural(records, 'line')}.`,
  'sum.templates': ({ list }: Texts<'list'>) => `Most frequent messages: ${list}.`,
  'sum.histogram': ({ width, list }: Texts<'width' | 'list'>) => `Lines per ${width}: ${list}.`,
  'course.errors': ({ errors }: Counts<'errors'>) => `${figure(errors)} ${plural(errors, 'error')}`,
  'sum.services': ({ list }: Texts<'list'>) => `Services: ${list}.`,
  'sum.statuses': ({ list }: Texts<'list'>) => `Status codes of requests: ${list}.`,
  'solution.memory': ({ service }: Texts<'service'>) =>
    `Check the memory limit and recent growth of ${service}; restart it if it is stuck, then raise the limit or fix the leak.`,
  'solution.pool': ({ service }: Texts<'service'>) =>
    `Look for connections ${service} does not give back (slow queries, leaks), then check the pool size against the limit of the database.`,
  'solution.disk': ({ service }: Texts<'service'>) =>
    `Free disk space for ${service} or enlarge the volume; check log rotation and the mount mode.`,
  'solution.limit': ({ service }: Texts<'service'>) =>
    `Find what uses up this limit of ${service} (leaks, a backlog), give some of it back, then raise the limit.`,
  'solution.deadlock': ({ service }: Texts<'service'>) =>
    `Find the transactions that block each other in ${service} and end the older one; keep transactions short and in one order.`,
  'solution.crash': ({ service }: Texts<'service'>) =>
    `Read the lines of ${service} right before the crash; roll back its last change if there was one, then restart it.`,
  'solution.port': ({ service }: Texts<'service'>) =>
    `Find what already listens on the port that ${service} wants, or change one of the two ports.`,
  'solution.config': ({ service }: Texts<'service'>) =>
    `Compare the configuration of ${service} with its last working version and correct or roll back the difference.`,
  'solution.auth': ({ service }: Texts<'service'>) =>
    `Check the user, the password or token and the grants that ${service} uses; look for a recent rotation.`,
  'solution.tls': ({ service }: Texts<'service'>) =>
    `Check the certificate and its validity, names and chain for ${service}.`,
  'solution.dns': ({ service }: Texts<'service'>) =>
    `Check that the name of ${service} exists in DNS, that the service is deployed, and that callers spell it correctly.`,
  'solution.refused': ({ service }: Texts<'service'>) =>
    `Check that ${service} is running, ready and listening on the port its callers use.`,
  'solution.unresolvedTarget': ({
    address,
    reporters,
    callers,
  }: Texts<'address' | 'reporters'> & Counts<'callers'>) =>
    `Check that ${address} answers: that it is running and listens there, that nothing in between blocks it, and that ${reporters} ${plural(callers, 'has', 'have')} the right address.`,
  'solution.timeout': ({ service }: Texts<'service'>) =>
    `Check whether ${service} is overloaded or waits for something else: its latency, its own calls, its resources.`,
  'solution.reset': ({ service }: Texts<'service'>) =>
    `Check whether ${service} restarted or closes connections: its restarts, limits, and proxies in between.`,
  'solution.limited': ({ service }: Texts<'service'>) =>
    `Lower the request rate to ${service} or raise its limit; back off between retries.`,
  'solution.unavailable': ({ service }: Texts<'service'>) =>
    `Check that ${service} is running, ready and reachable, and that its callers use the right address and port.`,
  'solution.route': ({ service }: Texts<'service'>) =>
    `Check the routes that lead to ${service} (gateway, path, port) and its last deployment: its callers ask for what nobody serves.`,
  'solution.status': ({ service }: Texts<'service'>) =>
    `Read the error lines of ${service} for these requests; roll back its last change if there was one.`,
  'solution.slow': ({ service }: Texts<'service'>) =>
    `Look at what ${service} waits for since then: its queries, its own calls, its CPU, memory and disk; roll back its last change if there was one.`,
  'solution.error': ({ service }: Texts<'service'>) =>
    `Read the quoted lines of ${service} first; roll back its last change if there was one.`,
  'solution.none':
    'Widen the time window, name a service, or check whether all services send their logs here.',
  'solution.past': ({ date, note }: Texts<'date' | 'note'>) =>
    `A similar incident was resolved on ${date}: "${note}".`,
  'solution.helped': ({ date, note, helped }: Texts<'date' | 'note'> & Counts<'helped'>) =>
    `A similar incident was resolved on ${date}: "${note}". Since then this has helped ${figure(helped)} ${plural(helped, 'time')}.`,
  'solution.noPast': 'No similar incident has been resolved here before.',
};
