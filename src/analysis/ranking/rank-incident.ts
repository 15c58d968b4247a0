import type { Incident } from '../../domain/alert/incident.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { FailureGroup } from '../evidence/failure-groups.ts';
import { rankCauses } from './rank.ts';
import type { Ranking } from './ranking.ts';

/**
 * The causes of one incident while other incidents go on at the same time. Only services that are connected with the incident's
 * own are ranked (a line of one names the other); all of them if that gives no clear result.
 */
export function rankAround(evidence: Evidence, incident: Incident): Ranking {
  const own = [
    incident.service,
    ...incident.correlation.affected.map(({ service }) => service),
    ...(incident.correlation.names ?? []),
  ];
  const failures = connectedTo(evidence.failures, own);
  const ranking = rankCauses({ ...evidence, failures });
  return ranking.verdict === 'inconclusive' ? rankCauses(evidence) : ranking;
}

/** The failing groups connected with some services: one names the other, directly or through further services. */
function connectedTo(failures: readonly FailureGroup[], services: readonly string[]): FailureGroup[] {
  const reached = new Set(services);
  for (let before = -1; before !== reached.size; ) {
    before = reached.size;
    for (const { service, targets } of failures) {
      const together = [service, ...targets.map((target) => target.service)];
      if (together.some((name) => reached.has(name))) for (const name of together) reached.add(name);
    }
  }
  return failures.filter(({ service }) => reached.has(service));
}
