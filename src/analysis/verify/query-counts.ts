import type { Evidence } from '../evidence/evidence.ts';
import type { Ranking } from '../ranking/rank.ts';

/** Results of counting queries as normalised numbers, by the service they are about, in lower case. */
export interface QueryCounts {
  all: ReadonlySet<string>;
  /** Counts of lines that the service wrote itself. */
  own: ReadonlyMap<string, ReadonlySet<string>>;
  /** Those, and counts of lines by others that name it. */
  named: ReadonlyMap<string, ReadonlySet<string>>;
}

/** All counts that a true sentence about this evidence may contain. */
export function queryCounts(evidence: Evidence, ranking: Ranking): QueryCounts {
  const counts = new CountIndex();
  counts.add(undefined, evidence.records, evidence.errors, evidence.services.length, ranking.causes.length);
  if (evidence.earlier) counts.add(undefined, evidence.earlier.records, evidence.earlier.errors);
  for (const facts of evidence.services) counts.add(facts.service, facts.count, facts.errors, facts.before);
  const sums = new Map<string, number>();
  const sum = (service: string, kind: string, own: boolean, count: number): void => {
    const key = `${service}\n${kind}\n${own}`;
    sums.set(key, (sums.get(key) ?? 0) + count);
  };
  for (const group of evidence.failures) {
    counts.add(group.service, group.count, group.before);
    sum(group.service, group.kind, true, group.count);
    for (const target of group.targets) {
      counts.addNaming(target.service, group.count);
      sum(target.service, group.kind, false, group.count);
      sum(target.service, '', false, group.count);
    }
  }
  for (const [key, count] of sums) {
    const [service, , own] = key.split('\n');
    if (own === 'true') counts.add(service, count);
    else counts.addNaming(service!, count);
  }
  for (const cause of ranking.causes) {
    counts.add(cause.service, cause.own);
    counts.addNaming(cause.service, cause.named, cause.own + cause.named, cause.reporters.length);
  }
  for (const change of evidence.changes) counts.add(change.lines[0]?.service, change.count, change.before);
  for (const entry of [...evidence.templates, ...evidence.errorCodes])
    counts.add(undefined, entry.count, entry.errors);
  const { requests } = evidence;
  counts.add(undefined, requests.requests);
  for (const entry of [...requests.endpoints, ...requests.statuses]) counts.add(undefined, entry.count);
  return counts;
}

class CountIndex implements QueryCounts {
  readonly all = new Set<string>();
  readonly own = new Map<string, Set<string>>();
  readonly named = new Map<string, Set<string>>();

  /** Counts of lines that a service wrote; without a service if it is undefined. */
  add(service: string | undefined, ...values: number[]): void {
    for (const value of values) {
      const number = String(Math.round(value));
      this.all.add(number);
      if (service === undefined) continue;
      put(this.named, service, number);
      put(this.own, service, number);
    }
  }

  /** Counts of lines by others that name a service. */
  addNaming(service: string, ...values: number[]): void {
    for (const value of values) {
      const number = String(Math.round(value));
      this.all.add(number);
      put(this.named, service, number);
    }
  }
}

function put(counts: Map<string, Set<string>>, service: string, number: string): void {
  const known = counts.get(service.toLowerCase()) ?? new Set<string>();
  counts.set(service.toLowerCase(), known.add(number));
}
