import type { RootCause } from '../../domain/alert/incident.ts';
import { cutText } from '../../domain/log/record.ts';
import type { Ranking } from '../ranking/ranking.ts';
import { repeatable } from './problem.ts';

const EVIDENCE = 3;
const TEXT = 200;

/** The first ranked cause as data, for an incident to keep; undefined where nothing failed. */
export function rootCauseOf({ causes: [first], verdict }: Ranking): RootCause | undefined {
  if (!first) return undefined;
  const { service, kind } = first;
  // It becomes a title: words that tell a reader what to do, links and mentions do not.
  const words = first.words && repeatable(first.words);
  return {
    service,
    kind,
    ...(words ? { text: cutText(words, TEXT) } : {}),
    verdict,
    confidence: first.confidence,
    evidence: first.lines.slice(0, EVIDENCE).map((record) => record.line),
  };
}
