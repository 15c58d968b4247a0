import type { Answer } from '../../domain/question/answer.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { isVague } from '../logs/failure.ts';
import type { RankedCause, Ranking } from '../ranking/ranking.ts';
import { createWeighing } from '../ranking/weight.ts';

/** What the evidence shows: whether something failed, whether that is usual, and its cause, proven or suspected. */
export interface Conclusion {
  /** The first cause, if it is proven. */
  sure?: RankedCause;
  /** The first cause, proven or not. */
  suspect?: RankedCause;
  failing: boolean;
  /** It fails no more often than before; if there is no time before, it fails at the same rate all the time. */
  usual: boolean;
}

/** Separates a proven cause from a suspected one, and a problem from failures that are always there. */
export function conclusionOf(evidence: Evidence, ranking: Ranking): Conclusion {
  const [first] = ranking.causes;
  const failing = evidence.failures.length > 0 || evidence.errors > 0;
  const sure = ranking.verdict === 'inconclusive' ? undefined : first;
  const usual =
    !sure && evidence.failures.length > 0 && evidence.failures.every(createWeighing(evidence).isUsual);
  const suspect = usual ? undefined : first;
  return { ...(sure ? { sure } : {}), ...(suspect ? { suspect } : {}), failing, usual };
}

/** With fewer lines a fraction means nothing: one of one is all of them. */
const ENOUGH_LINES = 20;
/** Fractions of errors among all lines: some, and many. */
const SOME = 0.05;
const MANY = 0.2;

/** Whether at least this share of the lines are errors, where there are enough lines to tell. */
const isShare = ({ records, errors }: Evidence, share: number): boolean =>
  records >= ENOUGH_LINES && errors >= share * records;

/** Failures are not a normal state, whether their cause is proven or not. */
export function statusOf(evidence: Evidence, conclusion: Conclusion): Answer['anomaly_status'] {
  const { sure, suspect, failing, usual } = conclusion;
  if (!failing || usual) return 'normal';
  const proven = sure !== undefined && sure.confidence >= 0.3 && evidence.errors > 0;
  return (proven && severityOf(evidence, conclusion) >= 3) || isLast(suspect) ? 'critical' : 'warning';
}

/** Whether a cause is the end of a process: a crash, or a line of the highest level. */
const isLast = (cause: RankedCause | undefined): boolean =>
  cause?.kind === 'crash' || (cause?.lines.some(({ level }) => level === 'fatal') ?? false);

/**
 * 1 to 5. First by what the lines say: errors of no known kind 2, of a known kind 3, the end of a process 4. The number of
 * services that suffer adds to it, if there are enough lines to tell.
 */
export function severityOf(evidence: Evidence, { sure, suspect, failing, usual }: Conclusion): number {
  if (!failing) return 1;
  if (usual || !suspect) return 2;
  const named = !isVague(suspect.kind) || isShare(evidence, SOME);
  const base = isLast(suspect) ? 4 : named ? 3 : 2;
  if (!sure) return base;
  const wide = sure.reporters.length >= 2 || isShare(evidence, MANY);
  return Math.min(5, base + (wide ? 1 : 0) + (wide && isShare(evidence, SOME) ? 1 : 0));
}
