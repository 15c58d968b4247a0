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

/** The lines of one template by one service that tell of a failure. */
export interface MessageSubject {
  id: string;
  sort: 'message';
  service: string;
  names: string[];
  kind: FailureKind;
  groups: FailureGroup[];
  /** The query for its lines, without a time. */
  filter: LogFilter;
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

/** Groups that differ only in their words or kind are the lines of one query, so they are one message. */
function messagesIn(evidence: Evidence): MessageSubject[] {
  const found = new Map<string, MessageSubject>();
  for (const group of evidence.failures) {
    // What became slow is told by a mean, not by lines of a kind.
    if (group.slow) continue;
    const { from, to, services, ...filter } = group.asked;
    const names = namesOf(group.service, evidence);
    const key = JSON.stringify([filter, group.service]);
    const known = found.get(key);
    if (known) {
      known.groups.push(group);
      known.kind = known.groups.reduce((a, b) => (b.count > a.count ? b : a)).kind;
    } else if (found.size < MESSAGES)
      found.set(key, {
        id: `M${found.size + 1}`,
        sort: 'message',
        service: group.service,
        names,
        kind: group.kind,
        groups: [group],
        filter: { ...filter, services: names },
      });
  }
  return [...found.values()];
}
