import type { LogCount } from '../../backends/logs/store.ts';
import type { Answer } from '../../domain/question/answer.ts';
import { Lexicon } from '../lexicon/lexicon.ts';

type Sentiment = Answer['sentiment'];

const LEXICON = new Lexicon('sentiment');
const GOOD = LEXICON.pattern('good', 'gi');
const BAD = LEXICON.pattern('bad', 'gi');
/** Directly before an English word of praise or complaint, these words turn its meaning around. */
const NOT_BEFORE = LEXICON.pattern('not-before');
/** In Korean the word that turns the meaning around comes after it. */
const TURNED_AROUND = LEXICON.pattern('turned-around', 'gi');

/** At least this fraction of the lines must be good or bad: one word in many lines says nothing about all of them. */
const SHARE = 0.1;

/**
 * The sentiment by plain words alone: negative if something fails, otherwise neutral unless lines report a recovery or use words
 * of praise or anger.
 * @param templates patterns with their counts
 * @param records how many lines there are
 */
export function sentimentOf(
  status: Answer['anomaly_status'],
  templates: readonly Pick<LogCount, 'label' | 'count'>[],
  records: number,
): Sentiment {
  if (status !== 'normal') return 'negative';
  const counts = { good: 0, bad: 0 };
  for (const { label, count } of templates) {
    const tone = toneOf(label);
    if (tone > 0) counts.good += count;
    if (tone < 0) counts.bad += count;
  }
  const most = Math.max(counts.good, counts.bad);
  if (most === 0 || most < SHARE * records || counts.good === counts.bad) return 'neutral';
  return counts.good > counts.bad ? 'positive' : 'negative';
}

/** Above 0: more good words than bad ones; below 0 the other way. */
function toneOf(text: string): number {
  const rest = text.replace(TURNED_AROUND, ' ');
  const bad = (text.match(TURNED_AROUND) ?? []).length;
  const plain = (pattern: RegExp): number =>
    [...rest.matchAll(pattern)].reduce(
      (sum, match) => sum + (NOT_BEFORE.test(rest.slice(0, match.index)) ? -1 : 1),
      0,
    );
  // "Not bad" is not yet good; "not good" is bad.
  return plain(GOOD) - Math.max(0, plain(BAD)) - bad;
}
