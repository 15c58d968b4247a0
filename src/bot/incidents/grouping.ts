import { createHash } from 'node:crypto';
import type { Put, StateStore, Stored } from '../../backends/state/store.ts';
import { joinAffected } from '../../domain/alert/affected-services.ts';
import type { Anomaly } from '../../domain/alert/anomaly.ts';
import {
  anomalyTime,
  formerKey,
  type Incident,
  incidentKey,
  joinOwn,
  namedServices,
  needsThread,
  openIncident,
} from '../../domain/alert/incident.ts';
import { flapped } from '../../domain/alert/incident-actions.ts';
import { joinCause } from '../../domain/alert/merge.ts';
import { isFiring, isOfAlertsOnly, outsideAlertId } from '../../domain/alert/outside-alert.ts';
import { DAY } from '../../domain/time/units.ts';
import { NAMELESS } from '../views/card/headline.ts';
import type { UnitOfWork } from './incident-repository.ts';
import type { Blame } from './inhibition.ts';
import { canCarry, entryOf, type RecentIncident, type RecentIncidents } from './recent-incidents.ts';

/** How long a problem's latest incident and its number are remembered. */
export const PROBLEM_TTL_MS = 90 * DAY;
const CHAIN = 20;

/** What an anomaly leads to. */
export interface Grouping {
  incident: Incident;
  isNew: boolean;
  /** It was resolved a short while ago and goes on. */
  reopened?: Incident;
  /** Incidents that were open before and are now part of the thread of another. */
  folded: Incident[];
  /** More writes: which incident is the latest of the problem. */
  puts: Put[];
}

export interface GroupingOptions {
  anomaly: Anomaly;
  state: Pick<StateStore, 'get'>;
  unit: UnitOfWork;
  recentIncidents: RecentIncidents;
  /** The incident of an entry as it was when the entry was written; without a read where this process knows it. */
  peek: (entry: RecentIncident) => Promise<Incident | undefined>;
  blame: Blame;
  /** An anomaly joins the incident of its problem while it is at most this far away in time (ms). */
  windowMs: number;
  /** Incidents of other services this far away in time (ms) may be its cause or its consequences. */
  inhibitMs: number;
  /** An incident that comes back within this time of its resolution goes on in its thread. */
  flapMs: number;
  /** Wall clock, and when the anomaly was on the bus. */
  now: number;
  receivedAt: number;
}

/**
 * Puts an anomaly into its incident and finds out whether that is the consequence of another, or the cause of
 * others. All changes go into `unit` and `recentIncidents`; nothing is written here.
 */
export const group = (options: GroupingOptions): Promise<Grouping> => new AnomalyGrouping(options).run();

/** The incident of an anomaly's own problem, and the one in whose thread it is posted: itself or its cause. */
interface Joined {
  own: Incident;
  root: Incident;
  isNew: boolean;
  reopened?: Incident;
  /** People were notified of it before. */
  wasThreaded: boolean;
  puts: Put[];
}

/** The incident that a problem goes on in. */
type Continued = Pick<Joined, 'own' | 'root'> & { flaps: boolean };

class AnomalyGrouping {
  readonly #options: GroupingOptions;
  /** The time the anomaly speaks of, epoch ms. */
  readonly #at: number;
  readonly #folded: Incident[] = [];

  constructor(options: GroupingOptions) {
    this.#options = options;
    this.#at = anomalyTime(options.anomaly);
  }

  async run(): Promise<Grouping> {
    const { anomaly, recentIncidents, inhibitMs } = this.#options;
    const { isNew, reopened, wasThreaded, puts, ...joined } = await this.#join();
    let { own, root } = joined;
    const recent = [...recentIncidents.entries.values()].filter(
      (entry) => entry.service !== own.service && this.#isWithin(inhibitMs, entry.first, entry.last),
    );
    const mayJoin = root.id === own.id && !isResolved(own) && !own.correlation.standsAlone;
    if (mayJoin && (isNew || namedServices(anomaly)?.length)) {
      const cause = await this.#causeOf(own, recent);
      if (cause) {
        root = this.#fold(cause, own);
        own = (await this.#options.unit.load(own.id))!;
      }
    }
    if (isNew || (!isResolved(root) && needsThread(root) && !wasThreaded))
      ({ own, root } = await this.#foldConsequences(own, root, recent));
    const folded = this.#folded.filter((consequence) => !isNew || consequence.id !== own.id);
    return { incident: own, isNew, ...(reopened ? { reopened } : {}), folded, puts };
  }

  /** Joins the latest incident of the same problem, or opens one. */
  async #join(): Promise<Joined> {
    const { anomaly, state, unit } = this.#options;
    const problem = problemOf(anomaly);
    const stored = await state.get('problem', problem);
    const former = stored ? undefined : formerKey(anomaly);
    const latest = stored ?? (former === undefined ? undefined : await state.get('problem', placeOf(former)));
    const before = latest && (await unit.load(latest.value.id));
    const ofProblem = before && (await this.#continued(before));
    const known = ofProblem ?? (await this.#beside());
    const place = { problem, version: stored?.version ?? 0 };
    if (!known) return this.#open(place, latest, before);
    const { flaps } = known;
    const wasThreaded = !flaps && needsThread(known.root);
    const own = this.#keep(joinOwn(known.own, anomaly));
    const root = known.root.id === own.id ? own : this.#keep(joinRoot(known.root, anomaly));
    const latestPuts = ofProblem ? [] : [this.#latestPut(place, own.id, latest)];
    const puts = [...latestPuts, ...this.#alertPuts(own.id)];
    return { own, root, isNew: false, ...(flaps ? { reopened: own } : {}), wasThreaded, puts };
  }

  /**
   * The open incident of the same service that an alert of another system joins; also the one of such alerts alone that the
   * service's trouble in the logs joins.
   */
  async #beside(): Promise<Continued | undefined> {
    const { anomaly, state, unit, windowMs } = this.#options;
    const { service, alert } = anomaly;
    if (service === NAMELESS) return undefined;
    const latest = await state.get('problem', servicePlace(service));
    const ids = new Set(latest ? [latest.value.id] : []);
    if (alert)
      for (const entry of this.#options.recentIncidents.entries.values())
        if (entry.service === service) ids.add(entry.id);
    const found: Continued[] = [];
    for (const id of ids) {
      const own = await unit.load(id);
      if (!own || isResolved(own) || own.service !== service || own.fromFile) continue;
      if (own.correlation.standsAlone || !(alert || isOfAlertsOnly(own))) continue;
      // An alert may fire for days: what comes long after the last news is news of its own.
      if (!this.#isWithin(windowMs, own.activity.firstSeen, own.activity.lastSeen)) continue;
      const root = await this.#rootOf(own);
      if (root && this.#isNear(root)) found.push({ own, root, flaps: false });
    }
    return found.sort((a, b) => b.own.severity - a.own.severity || began(b.own) - began(a.own))[0];
  }

  /** The incident, if the problem goes on in it: not if it was resolved, is long ago, or its cause is over. */
  async #continued(before: Incident): Promise<Continued | undefined> {
    const { flapMs } = this.#options;
    // A file tells in seconds what took hours: only the times in its lines say what came when.
    const { now, receivedAt } = before.fromFile ? { now: this.#at, receivedAt: this.#at } : this.#options;
    if (!this.#isNear(before)) return undefined;
    const flaps = isFlapping(before, flapMs, now, receivedAt);
    const own = flaps ? flapped(before, now) : before;
    if (isResolved(own)) return isLate(own, receivedAt) ? { own, root: own, flaps } : undefined;
    const root = await this.#rootOf(own);
    return root && this.#isNear(root) ? { own, root, flaps } : undefined;
  }

  #open(
    place: { problem: string; version: number },
    latest: Stored<{ id: string; occurrence: number }> | undefined,
    before: Incident | undefined,
  ): Joined {
    const { anomaly, now } = this.#options;
    const id = hash(`${incidentKey(anomaly)}\n${anomaly.id}`).slice(0, 10);
    const opened = openIncident(id, anomaly, latest && { ...latest.value, at: before?.activity.lastSeen });
    const own = this.#keep({ ...opened, lifecycle: { ...opened.lifecycle, openedAt: now } });
    const puts = [
      this.#latestPut(place, id, latest),
      latestOf(servicePlace(own.service), id),
      ...this.#alertPuts(id),
    ];
    return { own, root: own, isNew: true, wasThreaded: false, puts };
  }

  /** The write of which incident is the latest of the anomaly's problem. */
  #latestPut(
    { problem, version }: { problem: string; version: number },
    id: string,
    latest: Stored<{ occurrence: number }> | undefined,
  ): Put {
    const occurrence = (latest?.value.occurrence ?? 0) + 1;
    return { ...latestOf(problem, id, occurrence), ifVersion: version };
  }

  /** The write of which incident an alert of another system is in, so that its end is found. */
  #alertPuts(id: string): Put[] {
    const { alert } = this.#options.anomaly;
    return alert ? [latestOf(alertPlace(alert), id)] : [];
  }

  /** The open incident of another service that it points at: the earliest one that people can see. */
  async #causeOf(own: Incident, recent: readonly RecentIncident[]): Promise<Incident | undefined> {
    const causes: Incident[] = [];
    for (const entry of recent) {
      if (this.#blame(own, entry.service) === 0) continue;
      const direct = await this.#living(entry.id);
      if (!direct) continue;
      // Both blame each other: the one that is blamed more is the cause, else the one that was there first.
      const more = this.#balance(own, direct);
      if (more < 0 || (more === 0 && began(own) < began(direct))) continue;
      const cause = await this.#rootOf(direct);
      if (!cause || cause.id === own.id || cause.service === own.service) continue;
      if (canCarry(cause, own, own.correlation.names !== undefined)) causes.push(cause);
    }
    return causes.sort((a, b) => began(a) - began(b))[0];
  }

  /** Open incidents of other services that point at it go on in its thread. */
  async #foldConsequences(
    own: Incident,
    root: Incident,
    recent: readonly RecentIncident[],
  ): Promise<{ own: Incident; root: Incident }> {
    for (const entry of recent) {
      if (entry.caused || entry.id === root.id || entry.service === root.service) continue;
      const glance = await this.#options.peek(entry);
      if (!glance || this.#blame(glance, own.service) === 0) continue;
      const other = await this.#living(entry.id);
      if (!other || other.correlation.cause || other.correlation.standsAlone) continue;
      if (this.#blame(other, own.service) === 0) continue;
      const more = this.#balance(other, own);
      if (more < 0 || (more === 0 && began(other) <= began(own))) continue;
      if (!canCarry(root, other, other.correlation.names !== undefined)) continue;
      root = this.#fold(root, other);
      if (root.id === own.id) own = root;
    }
    return { own, root };
  }

  #blame(by: Incident, service: string): number {
    return this.#options.blame.of(by, service);
  }

  /** How much more `by` blames `other` than the other way round. */
  #balance(by: Incident, other: Incident): number {
    return this.#blame(by, other.service) - this.#blame(other, by.service);
  }

  #fold(cause: Incident, consequence: Incident): Incident {
    const after = joinCause(cause, consequence);
    this.#folded.push(this.#keep(after.consequence));
    return this.#keep(after.cause);
  }

  #keep(given: Incident): Incident {
    const { unit, recentIncidents, now } = this.#options;
    const incident = { ...given, lifecycle: { ...given.lifecycle, quietSince: now } };
    unit.keep(incident);
    recentIncidents.entries.set(incident.id, entryOf(incident, now));
    return incident;
  }

  async #living(id: string): Promise<Incident | undefined> {
    const incident = await this.#options.unit.load(id);
    return incident && !isResolved(incident) ? incident : undefined;
  }

  /** The last incident in a chain of causes; undefined when one of the chain is over. */
  async #rootOf(incident: Incident): Promise<Incident | undefined> {
    let current: Incident | undefined = incident;
    for (let depth = 0; current?.correlation.cause && depth < CHAIN; depth += 1)
      current = await this.#living(current.correlation.cause.id);
    return current;
  }

  #isNear(incident: Incident): boolean {
    const { firstSeen, lastSeen } = incident.activity;
    // An alert that fires says all the time that its problem goes on.
    const last = isFiring(incident) ? Math.max(lastSeen, this.#at) : lastSeen;
    return this.#isWithin(this.#options.windowMs, firstSeen, last);
  }

  #isWithin(ms: number, first: number, last: number): boolean {
    return this.#at <= last + ms && this.#at >= first - ms;
  }
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Where the store keeps which incident is the latest of a problem. */
export const problemOf = (anomaly: Anomaly): string => placeOf(incidentKey(anomaly));
const placeOf = (key: string): string => `problem/${hash(key).slice(0, 32)}`;
/** Where it keeps which incident is the latest of a service, and which one has an alert of another system. */
const servicePlace = (service: string): string => `service/${hash(service).slice(0, 32)}`;
export const alertPlace = (alert: NonNullable<Anomaly['alert']>): string =>
  `alert/${hash(outsideAlertId(alert)).slice(0, 32)}`;

const latestOf = (place: string, id: string, occurrence = 1): Put => ({
  kind: 'problem',
  id: place,
  value: { id, occurrence },
  ttlMs: PROBLEM_TTL_MS,
});

const joinRoot = (root: Incident, anomaly: Anomaly): Incident =>
  root.service === anomaly.service ? joinOwn(root, anomaly) : joinAffected(root, anomaly);

const began = ({ activity }: Incident): number => activity.firstSeen;

const isResolved = ({ lifecycle }: Incident): boolean => lifecycle.state === 'resolved';

/** The anomaly was on the bus before the incident was resolved, and only arrives now: it is counted in. */
const isLate = (incident: Incident, receivedAt: number): boolean =>
  isResolved(incident) &&
  !incident.correlation.cause &&
  receivedAt <= (incident.lifecycle.resolvedAt ?? -Infinity);

const isFlapping = (incident: Incident, flapMs: number, now: number, receivedAt: number): boolean =>
  isResolved(incident) &&
  !incident.correlation.cause &&
  !isLate(incident, receivedAt) &&
  now - (incident.lifecycle.resolvedAt ?? -Infinity) <= flapMs;
