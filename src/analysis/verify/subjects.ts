import type { LogFilter } from '../../backends/logs/store.ts';
import type { FailureKind } from '../../domain/log/failure-kind.ts';
import { isError, type LogRecord } from '../../domain/log/record.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { FailureGroup } from '../evidence/failure-groups.ts';
import type { Ranking } from '../ranking/ranking.ts';
import { canonicalName } from '../service-names/names.ts';

/** A service: `names` are those that its lines have in the store. */
export interface ServiceSubject {
  id: string;
  sort: 'service';
  service: string;
  names: string[];
}

/**
 * All lines of a service that tell of a kind of failure, since a reader takes `payment (timeout)` for all of them. Where the lines
 * of one query are of several kinds, these are one subject.
 */
export interface MessageSubject {
  id: string;
  sort: 'message';
  service: string;
  names: string[];
  /** That with the most lines first. */
  kinds: FailureKind[];
  groups: FailureGroup[];
  /** The queries for its lines, without a time; no line is found by two of them. */
  filters: LogFilter[];
}

/** Requests for one endpoint. */
export interface RequestSubject {
  id: string;
  sort: 'requests';
  endpoint: string;
}

/** A restart, a deployment or a changed setting: one line. */
export interface EventSubject {
  id: string;
  sort: 'event';
  service: string;
  names: string[];
  record: LogRecord;
}

/** A thing of the evidence that a claim can be about. */
export type Subject = ServiceSubject | MessageSubject | RequestSubject | EventSubject;

/** The most of each sort: what a reader, and a small model, can still choose from. */
const SERVICES = 24;
const MESSAGES = 30;
const ENDPOINTS = 8;
const EVENTS = 10;

/** The things of the evidence that claims can be about, by their ids: `S1` a service, `M1` a message, `R1` requests, `E1` an event. */
export function subjectsOf(evidence: Evidence, ranking: Ranking): ReadonlyMap<string, Subject> {
  const all: Subject[] = [
    ...servicesIn(evidence, ranking),
    ...messagesIn(evidence),
    ...evidence.requests.endpoints
      .slice(0, ENDPOINTS)
      .map(({ endpoint }, at): RequestSubject => ({ id: `R${at + 1}`, sort: 'requests', endpoint })),
    ...evidence.events
      // What fails is a failure, whatever else its words tell.
      .filter(({ level }) => !isError(level))
      .slice(-EVENTS)
      .map(
        (record, at): EventSubject => ({
          id: `E${at + 1}`,
          sort: 'event',
          service: canonicalName(record.service, evidence.directory.own),
          names: [record.service],
          record,
        }),
      ),
  ];
  return new Map(all.map((subject) => [subject.id, subject]));
}

/** The names under which the store has the lines of a service. */
function namesOf(service: string, { services, directory }: Evidence): string[] {
  const names = services.flatMap((facts) =>
    canonicalName(facts.service, directory.own) === service ? [facts.service] : [],
  );
  return names.length > 0 ? names : [service];
}

/** The services that are or may be causes first, then those with most errors. */
function servicesIn(evidence: Evidence, { causes, ruledOut }: Ranking): ServiceSubject[] {
  const talking = evidence.services
    .toSorted((a, b) => b.errors - a.errors || b.count - a.count)
    .map((facts) => canonicalName(facts.service, evidence.directory.own));
  const names = new Set([...[...causes, ...ruledOut].map(({ service }) => service), ...talking]);
  return [...names].slice(0, SERVICES).map((service, at) => ({
    id: `S${at + 1}`,
    sort: 'service',
    service,
    names: namesOf(service, evidence),
  }));
}

/** Joins the groups of each service that share a kind, or the lines of one query. */
function messagesIn(evidence: Evidence): MessageSubject[] {
  const found: FailureGroup[][] = [];
  for (const group of evidence.failures) {
    // What became slow is told by a mean, not by lines of a kind.
    if (group.slow) continue;
    const near = found.filter((some) => some.some((other) => isSameMatter(other, group)));
    for (const some of near) found.splice(found.indexOf(some), 1);
    found.push([...near.flat(), group]);
  }
  return found
    .toSorted((a, b) => evidence.failures.indexOf(a[0]!) - evidence.failures.indexOf(b[0]!))
    .slice(0, MESSAGES)
    .map((groups, at) => {
      const { service } = groups[0]!;
      const names = namesOf(service, evidence);
      return {
        id: `M${at + 1}`,
        sort: 'message',
        service,
        names,
        kinds: kindsOf(groups),
        groups,
        filters: filtersOf(groups).map((filter) => ({ ...filter, services: names })),
      };
    });
}

const isSameMatter = (one: FailureGroup, other: FailureGroup): boolean =>
  one.service === other.service && (one.kind === other.kind || queryOf(one) === queryOf(other));

const lasting = ({ asked: { from: _, to: __, services: ___, ...filter } }: FailureGroup): LogFilter => filter;
const queryOf = (group: FailureGroup): string => JSON.stringify(lasting(group));

function kindsOf(groups: readonly FailureGroup[]): FailureKind[] {
  const lines = new Map<FailureKind, number>();
  for (const { kind, count } of groups) lines.set(kind, (lines.get(kind) ?? 0) + count);
  return [...lines].sort((a, b) => b[1] - a[1]).map(([kind]) => kind);
}

/** Queries that differ only in their template are one. */
function filtersOf(groups: readonly FailureGroup[]): LogFilter[] {
  const found = new Map<string, LogFilter>();
  for (const group of groups) {
    const { templateIds = [], ...rest } = lasting(group);
    const key = JSON.stringify(rest);
    const ids = new Set([...(found.get(key)?.templateIds ?? []), ...templateIds]);
    found.set(key, ids.size > 0 ? { ...rest, templateIds: [...ids] } : rest);
  }
  return [...found.values()];
}
