import type { LogRecord } from '../../domain/log/record.ts';
import type { Language } from '../../domain/question/question.ts';
import { problemWords, say } from '../../i18n/answers.ts';
import { roughly } from '../../i18n/durations.ts';
import type { RankedCause } from '../ranking/ranking.ts';
import { isDestructive, isInstruction, reachingOut } from '../verify/injection.ts';

/**
 * What is wrong, to follow a service's name: the kind of failure and what the decisive line says, in its own words. Only the words
 * if the kind says nothing; only the kind if the words are none that an answer may repeat.
 */
export function problemOf(
  { kind, words, slow }: Pick<RankedCause, 'kind' | 'words' | 'slow'>,
  language: Language,
): string {
  if (slow) {
    const what = slow.step && repeatable(slow.step);
    const times = { now: roughly(slow.nowMs, language), usual: roughly(slow.usualMs, language) };
    return say(language, 'problem.slow', { ...times, what: what ? `${what} ` : '' });
  }
  return problemWords(language, kind, words && repeatable(words));
}

/** The words without links and mentions; undefined if they tell a reader what to do. */
export function repeatable(words: string): string | undefined {
  if (isInstruction(words)) return undefined;
  let out = words;
  for (const part of reachingOut(words)) out = out.replaceAll(part, '\u2026');
  return reachingOut(out).length > 0 || !/\p{L}{2}/u.test(out) ? undefined : out;
}

/** Ends of clauses within a message. */
const BREAK = /(?<=[.;!?])\s+|\s+(?:--|—|\|)\s+|\n/;
const CHARS = 160;

/** What a line says of a change, to stand in quotes: its first clause; undefined if a reader must not be shown it. */
export function quotable({ message }: LogRecord): string | undefined {
  const [clause = ''] = message.slice(0, 4 * CHARS).split(BREAK, 1);
  const words = isDestructive(clause) ? undefined : repeatable(clause.replaceAll('"', "'").trim());
  return words && words.length > CHARS ? `${words.slice(0, CHARS - 1)}…` : words;
}
