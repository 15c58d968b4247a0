import type { Answer } from '../domain/answer.ts';
import type { Evidence } from './evidence.ts';
import type { RankedCause, Ranking } from './rank.ts';

/** What there is to tell: something failed or not, as usual or not, with a cause, a suspicion or neither. */
export interface Finding {
  /** The first cause, where the verdict stands. */
  sure?: RankedCause;
  /** The first cause, proven or not. */
  suspect?: RankedCause;
  failing: boolean;
  /** It fails no more than it did before. */
  usual: boolean;
}

/** Tells a proven cause from a suspicion, and trouble from what is always there. */
export function findingOf(evidence: Evidence, ranking: Ranking): Finding {
  const [first] = ranking.causes;
  const failing = evidence.failures.length > 0 || evidence.errors > 0;
  const sure = ranking.verdict === 'inconclusive' ? undefined : first;
  const usual =
    !sure &&
    evidence.failures.length > 0 &&
    evidence.failures.every((group) => group.before >= 0.5 && group.count <= 2 * group.before);
  const suspect = usual ? undefined : first;
  return { ...(sure ? { sure } : {}), ...(suspect ? { suspect } : {}), failing, usual };
}

/** Follows from what was found: failures are no normal state, whether their cause is proven or not. */
export function statusOf(evidence: Evidence, { sure, failing, usual }: Finding): Answer['anomaly_status'] {
  if (!failing || usual) return 'normal';
  return sure && sure.confidence >= 0.3 && evidence.errors > 0 ? 'critical' : 'warning';
}

/** 1 to 5: a proven cause weighs by how many suffer, a suspicion by the share of errors alone. */
export function severityOf(evidence: Evidence, { sure, failing, usual }: Finding): number {
  const errorRate = evidence.records > 0 ? evidence.errors / evidence.records : 0;
  if (!failing) return 1;
  if (!sure) return !usual && errorRate >= 0.05 ? 3 : 2;
  const wide = sure.reporters.length >= 2 || errorRate >= 0.2;
  return Math.min(5, 3 + (wide ? 1 : 0) + (errorRate >= 0.05 && wide ? 1 : 0));
}
