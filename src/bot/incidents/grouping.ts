import { createHash } from 'node:crypto';
import type { Put, StateStore } from '../../backends/state/store.ts';
import { joinAffected } from '../../domain/alert/affected-services.ts';
import type { Anomaly } from '../../domain/alert/anomaly.ts';
import {
  anomalyTime,
  type Incident,
  incidentKey,
  joinOwn,
  namesOf,
  needsThread,
  openIncident,
} from '../../domain/alert/incident.ts';
import { flapped } from '../../domain/alert/incident-actions.ts';
import { joinCause } from '../../domain/alert/merge.ts';
import { DAY } from '../../domain/time/units.ts';
import { callsOut } from './inhibition.ts';
import { type Board, type BoardEntry, canCarry, entryOf } from './recent-incidents.ts';

/** How long a problem's latest incident and its number are remembered. */
const PROBLEM_TTL_MS = 90 * DAY;
const CHAIN = 20;

/** Incidents read and changed for one commit. */
export interface Draft {
  load(id: string): Promise<Incident | undefined>;
  keep(incident: Incident): void;
  /** As it was read; undefined for one that is new. */
  before(id: string): Incident | undefined;
  changed(): Incident[];
  puts(): Put[];
}

export function openDraft(state: StateStore): Draft {
  const read = new Map<string, { value: Incident; version: number; before?: Incident; changed: boolean }>();
  const changed = () => [...read.values()].filter((entry) => entry.changed);
  return {
    async load(id) {
      const known = read.get(id);
      if (known) return known.value;
      const stored = await state.get('incident', id);
      if (!stored) return undefined;
      read.set(id, { value: stored.value, version: stored.version, before: stored.value, changed: false });
      return stored.value;
    },
    keep(incident) {
      const { version = 0, before } = read.get(incident.id) ?? {};
      read.set(incident.id, { value: incident, version, ...(before ? { before } : {}), changed: true });
    },
    before: (id) => read.get(id)?.before,
    changed: () => changed().map((entry) => entry.value),
    puts: () =>
      changed().map(({ value, version }) => ({
        kind: 'incident',
        id: value.id,
        value,
        rank: value.activity.lastSeen,
        ifVersion: version,
      })),
  };
}

/** What an anomaly led to. */
export interface Grouping {
  incident: Incident;
  isNew: boolean;
  /** It was resolved a short while ago and goes on. */
  reopened?: Incident;
  /** Incidents that were open before and now belong to another. */
  folded: Incident[];
  /** Further writes: which incident a problem's latest is. */
  puts: Put[];
}

/**
 * Puts an anomaly into its incident and finds out whether that is the consequence of another, or the cause of
 * others. All changes go into `draft` and `board`; nothing is written here.
 */
export async function group(options: {
  anomaly: Anomaly;
  state: Pick<StateStore, 'get'>;
  draft: Draft;
  board: Board;
  peek: (entry: BoardEntry) => Promise<Incident | undefined>;
  windowMs: number;
  inhibitMs: number;
  /** What comes back within this time of its resolution goes on in its thread. */
  flapMs: number;
  /** Wall clock, and when the anomaly was on the bus. */
  now: number;
  receivedAt: number;
}): Promise<Grouping> {
  const { anomaly, state, draft, board, peek, windowMs, inhibitMs, flapMs, now, receivedAt } = options;
  const at = anomalyTime(anomaly);
  const folded: Incident[] = [];

  const near = (first: number, last: number, within: number): boolean =>
    at <= last + within && at >= first - within;
  const keep = (given: Incident): Incident => {
    const incident = { ...given, lifecycle: { ...given.lifecycle, quietSince: now } };
    draft.keep(incident);
    board.entries.set(incident.id, entryOf(incident, now));
    return incident;
  };
  const living = async (id: string): Promise<Incident | undefined> => {
    const incident = await draft.load(id);
    return incident && incident.lifecycle.state !== 'resolved' ? incident : undefined;
  };
  /** The last incident in a chain of causes; undefined when one of the chain is over. */
  const rootOf = async (incident: Incident): Promise<Incident | undefined> => {
    let current: Incident | undefined = incident;
    for (let depth = 0; current?.correlation.cause && depth < CHAIN; depth += 1)
      current = await living(current.correlation.cause.id);
    return current;
  };
  const fold = (cause: Incident, victim: Incident): Incident => {
    const after = joinCause(cause, victim);
    folded.push(keep(after.consequence));
    return keep(after.cause);
  };

  // 1. A further anomaly of a known problem, unless that was resolved, is long ago, or its cause is over.
  const key = incidentKey(anomaly);
  const problem = `problem/${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
  const latest = await state.get('problem', problem);
  const before = latest && (await draft.load(latest.value.id));
  const isNear = (incident: Incident): boolean =>
    near(incident.activity.firstSeen, incident.activity.lastSeen, windowMs);
  const flaps = before !== undefined && isFlapping(before, flapMs, now, receivedAt) && isNear(before);
  const late = before !== undefined && isLate(before, receivedAt) && isNear(before);
  let own = flaps ? flapped(before, now) : before;
  if (own && (!isNear(own) || (own.lifecycle.state === 'resolved' && !late))) own = undefined;
  let root = own && (own.lifecycle.state === 'resolved' ? own : await rootOf(own));
  if (root && !isNear(root)) root = undefined;
  const isNew = !own || !root;
  const wasThreaded = !isNew && !flaps && needsThread(root!);
  const puts: Put[] = [];
  if (own && root) {
    const inOwnThread = root.id === own.id;
    own = keep(joinOwn(own, anomaly));
    if (inOwnThread) root = own;
    else root = keep(root.service === anomaly.service ? joinOwn(root, anomaly) : joinAffected(root, anomaly));
  } else {
    const id = createHash('sha256').update(`${key}\n${anomaly.id}`).digest('hex').slice(0, 10);
    const opened = openIncident(id, anomaly, latest && { ...latest.value, at: before?.activity.lastSeen });
    own = keep({ ...opened, lifecycle: { ...opened.lifecycle, openedAt: now } });
    root = own;
    puts.push({
      kind: 'problem',
      id: problem,
      value: { id, occurrence: own.identity.occurrence },
      ttlMs: PROBLEM_TTL_MS,
      ifVersion: latest?.version ?? 0,
    });
  }
  const reopened = flaps && !isNew ? own : undefined;

  const recent = [...board.entries.values()].filter(
    (entry) => entry.service !== own!.service && near(entry.first, entry.last, inhibitMs),
  );

  // 2. Does it point at a problem that is open already? Then it is told there.
  if (
    root.id === own.id &&
    own.lifecycle.state !== 'resolved' &&
    !own.correlation.standsAlone &&
    (isNew || namesOf(anomaly)?.length)
  ) {
    const causes: Incident[] = [];
    for (const entry of recent) {
      const named = callsOut(own, entry.service);
      if (named === 0) continue;
      const direct = await living(entry.id);
      if (!direct) continue;
      // Both blame each other: the one that is blamed more is the cause, else the one that was there first.
      const back = callsOut(direct, own.service);
      if (back > named || (back === named && own.activity.firstSeen < direct.activity.firstSeen)) continue;
      const cause = await rootOf(direct);
      if (!cause || cause.id === own.id || cause.service === own.service) continue;
      if (canCarry(cause, own, own.correlation.names !== undefined)) causes.push(cause);
    }
    const cause = causes.sort((a, b) => a.activity.firstSeen - b.activity.firstSeen)[0];
    if (cause) {
      root = fold(cause, own);
      own = (await draft.load(own.id))!;
    }
  }

  // 3. Did others that are open already point at it? Then their story goes on here.
  if (isNew || (root.lifecycle.state !== 'resolved' && needsThread(root) && !wasThreaded))
    for (const entry of recent) {
      if (entry.caused || entry.id === root.id || entry.service === root.service) continue;
      const glance = await peek(entry);
      if (!glance || callsOut(glance, own.service) === 0) continue;
      const victim = await living(entry.id);
      if (!victim || victim.correlation.cause || victim.correlation.standsAlone) continue;
      const named = callsOut(victim, own.service);
      const back = callsOut(own, victim.service);
      if (
        named === 0 ||
        back > named ||
        (back === named && victim.activity.firstSeen <= own.activity.firstSeen)
      )
        continue;
      if (!canCarry(root, victim, victim.correlation.names !== undefined)) continue;
      root = fold(root, victim);
      if (root.id === own.id) own = root;
    }

  const told = folded.filter((victim) => !isNew || victim.id !== own?.id);
  return { incident: own, isNew, ...(reopened ? { reopened } : {}), folded: told, puts };
}

/** Something that was on the bus before the incident was resolved, and only arrives now: it is counted in. */
const isLate = (incident: Incident, receivedAt: number): boolean =>
  incident.lifecycle.state === 'resolved' &&
  !incident.correlation.cause &&
  receivedAt <= (incident.lifecycle.resolvedAt ?? -Infinity);

const isFlapping = (incident: Incident, flapMs: number, now: number, receivedAt: number): boolean =>
  incident.lifecycle.state === 'resolved' &&
  !incident.correlation.cause &&
  !isLate(incident, receivedAt) &&
  now - (incident.lifecycle.resolvedAt ?? -Infinity) <= flapMs;
