import type { Language } from '../../domain/question/question.ts';
import { say } from '../../i18n/answers.ts';
import { listOf } from '../../i18n/grammar.ts';
import { isUnanswered } from '../logs/failure.ts';
import type { Either, RankedCause, Ranking, RuledOut } from '../ranking/ranking.ts';
import { problemOf } from './problem.ts';

/** The name of a cause in an answer: all names if it is one of several. */
export const nameOf = ({ service }: RankedCause, { either }: Ranking, language: Language): string =>
  either && !either.working ? listOf(either.services, language, 'disjunction') : service;

/** What is wrong with a cause, and how many lines show it. */
export function causeText(cause: RankedCause, language: Language): string {
  const values = {
    kind: problemOf(cause, language),
    own: cause.own,
    named: cause.named,
    reporters: cause.reporters.join(', '),
  };
  if (cause.named === 0) return say(language, 'cause.own', values);
  if (cause.own > 0) return say(language, 'cause.both', values);
  if (cause.inferred) return say(language, 'cause.inferred', values);
  if (isUnresolved(cause))
    return say(language, 'cause.unresolvedTarget', { ...values, address: cause.address });
  return say(language, cause.silent ? 'cause.silent' : 'cause.named', values);
}

/** Whether only its callers name it, and they say that it does not answer. */
export const isUnresolved = (cause: RankedCause): boolean =>
  cause.silent && cause.own === 0 && !cause.inferred && (isUnanswered(cause.kind) || cause.kind === 'error');

/** Says that nothing tells which of several services is the cause. */
export function eitherText({ services, port, working }: Either, language: Language): string {
  const word = working ? 'explain.either.working' : port ? 'explain.either.port' : 'explain.either';
  return say(language, word, { list: listOf(services, language), port: port ?? '' });
}

/** Why a service with failures is not the cause. */
export function ruledOutText(entry: RuledOut, ranking: Ranking, language: Language): string {
  const { service, count } = entry;
  if (entry.why === 'working') return say(language, 'ruled.working', { service, port: entry.port });
  if (entry.why !== 'caller') return say(language, `ruled.${entry.why}`, { service, count });
  const [first] = ranking.causes;
  const because = first?.service === entry.because ? nameOf(first, ranking, language) : entry.because;
  return say(language, 'ruled.caller', { service, because });
}
