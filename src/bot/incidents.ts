import { createHash } from 'node:crypto';
import type { Put, StateStore, Stored } from '../backends/state/store.ts';
import type { Anomaly } from '../domain/anomaly.ts';
import { AppError } from '../domain/errors.ts';
import {
  actOn,
  anomalyTime,
  foldInto,
  type Incident,
  type IncidentAction,
  incidentKey,
  joinAffected,
  joinOwn,
  namesOf,
  needsThread,
  openIncident,
} from '../domain/incident.ts';
import type { Metrics } from '../metrics.ts';
import { type CauseCandidate, callsOut } from './cause.ts';
import type { Place } from './chat.ts';
import { announce, type Delivery, note, parentId, threadKey } from './delivery.ts';

/** Longest time a new thread waits for anomalies that explain it. */
const SETTLE_MS = 1_500;
const SEEN_TTL_MS = 7 * 86_400_000;
/** How long a problem's number of occurrences is remembered. */
const OCCURRENCE_TTL_MS = 90 * 86_400_000;
const ATTEMPTS = 50;
/** Incidents looked at when a cause appears after its victims. */
const VICTIMS = 200;

/** What is needed of a living incident to find it; all of them lie in one document, so that one commit decides. */
interface BoardEntry {
  id: string;
  key: string;
  service: string;
  /** Times the anomalies speak of, epoch ms. */
  first: number;
  last: number;
  /** Wall clock of the latest change, for forgetting. */
  touched: number;
  threaded: boolean;
  causeId?: string;
}
type Board = Record<string, BoardEntry>;
const BOARD = 'incident-board';

export interface Incidents {
  /**
   * Takes one anomaly in, atomically: seen, incident, deliveries. Resolves with its incident, or undefined when
   * it was seen before or says that all is normal. Throws AppError of the state store; nothing has happened then.
   * @param receivedAt epoch ms at which it was on the bus
   */
  record(anomaly: Anomaly, receivedAt: number): Promise<Incident | undefined>;
  get(id: string): Promise<Incident | undefined>;
  /** Not resolved, with a thread or a storm message of their own; newest first, at most 1,000. */
  open(): Promise<Incident[]>;
  /** A person's action. Throws AppError `not_found`. */
  act(
    id: string,
    action: { what: Exclude<IncidentAction, 'opened'>; who: string; note?: string; forMs?: number },
  ): Promise<Incident>;
  /** The incident whose thread this place is. */
  inThread(chat: string, place: Place): Promise<Incident | undefined>;
}

/** Turns anomalies into incidents and incidents into deliveries. */
export function createIncidents(options: {
  state: StateStore;
  chats: readonly { name: string; alertChannel: string }[];
  windowMs: number;
  inhibitMs: number;
  debounceMs: number;
  metrics: Metrics;
  /** Told after a commit that left something to send. */
  wake: () => void;
}): Incidents {
  const { state, chats, windowMs, inhibitMs, debounceMs, metrics, wake } = options;
  const settleMs = Math.min(SETTLE_MS, debounceMs);
  // The board as this process saw it last. A wrong one is noticed by its version and read again.
  let cached: { board: Board; version: number } | undefined;
  // One at a time in this process: whoever is second would only meet a conflict.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work, work);
    turn = next.catch(() => {});
    return next;
  };

  async function readBoard(): Promise<{ board: Board; version: number }> {
    if (cached) return { board: { ...cached.board }, version: cached.version };
    const stored = await state.get<Board>('fact', BOARD);
    cached = { board: stored?.value ?? {}, version: stored?.version ?? 0 };
    return { board: { ...cached.board }, version: cached.version };
  }

  /** Everything one commit changes: incidents are read once and written if they changed. */
  function draft() {
    const read = new Map<string, { value: Incident; version: number; changed: boolean }>();
    return {
      async load(id: string): Promise<Incident | undefined> {
        const known = read.get(id);
        if (known) return known.value;
        const stored = await state.get<Incident>('incident', id);
        if (!stored) return undefined;
        read.set(id, { value: stored.value, version: stored.version, changed: false });
        return stored.value;
      },
      keep(incident: Incident): void {
        const known = read.get(incident.id);
        read.set(incident.id, { value: incident, version: known?.version ?? 0, changed: true });
      },
      changed: (): Incident[] =>
        [...read.values()].filter((entry) => entry.changed).map((entry) => entry.value),
      puts: (): Put[] =>
        [...read.values()]
          .filter((entry) => entry.changed)
          .map(({ value, version }) => ({
            kind: 'incident',
            id: value.id,
            value,
            rank: value.lastSeen,
            ifVersion: version,
          })),
    };
  }

  async function announcements(
    incidents: Incident[],
    now: number,
    since?: number,
    wait = settleMs,
  ): Promise<Put[]> {
    const puts: Put[] = [];
    for (const incident of incidents)
      for (const chat of chats) {
        const stored: Stored<Delivery> | undefined = await state.get(
          'outbox',
          parentId(chat.name, incident.id),
        );
        const put = announce(stored, incident, chat, { now, since, settleMs: wait, debounceMs });
        if (put) puts.push(put);
      }
    return puts;
  }

  async function attempt(anomaly: Anomaly, receivedAt: number): Promise<Incident | 'seen' | 'again'> {
    const now = Date.now();
    const at = anomalyTime(anomaly);
    const key = incidentKey(anomaly);
    const { board, version } = await readBoard();
    for (const [name, entry] of Object.entries(board))
      if (entry.touched < now - Math.max(windowMs, inhibitMs)) delete board[name];
    const byId = new Map(Object.values(board).map((entry) => [entry.id, entry]));
    const work = draft();
    const extra: Put[] = [];

    const near = (entry: { first: number; last: number }, within: number): boolean =>
      at <= entry.last + within && at >= entry.first - within;
    const rootOf = (id: string): string => {
      let current = id;
      for (let depth = 0; depth < 20; depth += 1) {
        const cause = byId.get(current)?.causeId;
        if (!cause || cause === id) break;
        current = cause;
      }
      return current;
    };
    const living = async (id: string): Promise<Incident | undefined> => {
      const incident = await work.load(id);
      return incident && incident.state !== 'resolved' ? incident : undefined;
    };

    // 1. A further anomaly of a known problem, unless that was resolved or its cause is over.
    const known = board[key];
    let own = known && near(known, windowMs) ? await living(known.id) : undefined;
    let root = own;
    if (own?.cause) {
      const cause = byId.get(rootOf(own.id));
      root = cause && near(cause, windowMs) ? await living(cause.id) : undefined;
      if (!root) own = undefined;
    }
    const isNew = !own;
    if (own && root) {
      own = joinOwn(own, anomaly);
      work.keep(own);
      if (root.id === own.id) root = own;
      else {
        root = joinAffected(root, anomaly);
        work.keep(root);
      }
    } else {
      const problem = createHash('sha256').update(key).digest('hex').slice(0, 32);
      const before = await state.get<{ id: string; occurrence: number }>('fact', `problem/${problem}`);
      const id = createHash('sha256').update(`${key}\n${anomaly.id}`).digest('hex').slice(0, 10);
      own = openIncident(id, anomaly, before?.value);
      root = own;
      extra.push({
        kind: 'fact',
        id: `problem/${problem}`,
        value: { id, occurrence: own.occurrence },
        ttlMs: OCCURRENCE_TTL_MS,
        ifVersion: before?.version ?? 0,
      });
      work.keep(own);
    }
    const place = (incident: Incident): void => {
      const entry: BoardEntry = {
        id: incident.id,
        key: incident.key,
        service: incident.service,
        first: incident.firstSeen,
        last: incident.lastSeen,
        touched: now,
        threaded: needsThread(incident),
        ...(incident.cause ? { causeId: incident.cause.id } : {}),
      };
      board[incident.key] = entry;
      byId.set(incident.id, entry);
    };
    place(own);
    if (root.id !== own.id) place(root);

    const fold = (cause: Incident, victim: Incident): Incident => {
      const folded = foldInto(cause, victim);
      work.keep(folded.cause);
      work.keep(folded.victim);
      place(folded.victim);
      place(folded.cause);
      for (const chat of chats)
        if (!isNew || victim.id !== own?.id)
          extra.push(note(chat, victim, `joined-${cause.id}`, { kind: 'joined' }, now));
      return folded.cause;
    };
    const asCandidate = (incident: Incident): CauseCandidate => incident;

    // 2. Does it point at a problem that is open already? Then it is told there.
    if (root.id === own.id && (isNew || namesOf(anomaly)?.length)) {
      const causes: Incident[] = [];
      for (const entry of Object.values(board)) {
        if (entry.service === own.service || !near(entry, inhibitMs)) continue;
        const named = callsOut(asCandidate(own), entry.service);
        if (named === 0) continue;
        const direct = await living(entry.id);
        if (!direct) continue;
        const back = callsOut(asCandidate(direct), own.service);
        // Both blame each other: the one that is blamed more is the cause, else the one that was there first.
        if (back > named || (back === named && own.firstSeen < direct.firstSeen)) continue;
        const top = byId.get(rootOf(entry.id));
        const cause = top && top.id !== own.id ? await living(top.id) : undefined;
        if (!cause || cause.service === own.service) continue;
        const explicit = own.names?.includes(entry.service) && needsThread(own);
        if (needsThread(cause) || explicit) causes.push(cause);
      }
      const cause = causes.sort((a, b) => a.firstSeen - b.firstSeen)[0];
      if (cause) {
        root = fold(cause, own);
        own = (await work.load(own.id))!;
      }
    }

    // 3. Did others that are open already point at it? Then their story goes on here.
    const becameThreaded = needsThread(root) && !(known?.id === own.id && known.threaded);
    if (isNew || becameThreaded) {
      const others = Object.values(board)
        .filter((entry) => !entry.causeId && entry.id !== root?.id && near(entry, inhibitMs))
        .sort((a, b) => b.touched - a.touched)
        .slice(0, VICTIMS);
      for (const entry of others) {
        if (entry.service === own.service || entry.service === root.service) continue;
        const victim = await living(entry.id);
        if (!victim) continue;
        const named = callsOut(asCandidate(victim), own.service);
        if (named === 0) continue;
        const back = callsOut(asCandidate(own), victim.service);
        if (back > named || (back === named && victim.firstSeen <= own.firstSeen)) continue;
        const explicit = victim.names?.includes(own.service) && needsThread(victim);
        if (needsThread(root) || explicit) root = fold(root, victim);
      }
      own = (await work.load(own.id))!;
    }

    const result = await state.commit({
      once: [{ kind: 'seen', id: `anomaly/${anomaly.id}`, ttlMs: SEEN_TTL_MS }],
      put: [
        { kind: 'fact', id: BOARD, value: board, ifVersion: version },
        ...work.puts(),
        ...extra,
        ...(await announcements(work.changed(), now, receivedAt)),
      ],
    });
    if (result === 'duplicate') return 'seen';
    if (result === 'conflict') {
      cached = undefined;
      return 'again';
    }
    cached = { board, version: version + 1 };
    if (isNew) metrics.incidents.inc({ severity: String(own.severity) });
    return own;
  }

  return {
    record: (anomaly, receivedAt) =>
      inTurn(async () => {
        const id = `anomaly/${anomaly.id}`;
        if (anomaly.anomaly_status === 'normal') {
          await state.commit({ once: [{ kind: 'seen', id, ttlMs: SEEN_TTL_MS }] });
          return undefined;
        }
        if (await state.get('seen', id)) return undefined;
        for (let tries = 0; tries < ATTEMPTS; tries += 1) {
          let outcome: Incident | 'seen' | 'again';
          try {
            outcome = await attempt(anomaly, receivedAt);
          } catch (error) {
            // The commit may have happened although it was reported as failed: read again.
            cached = undefined;
            throw error;
          }
          if (outcome === 'seen') return undefined;
          if (outcome === 'again') continue;
          wake();
          return outcome;
        }
        throw new AppError(
          'conflict',
          `anomaly ${anomaly.id}: others changed the incidents ${ATTEMPTS} times`,
        );
      }),

    async get(id) {
      return (await state.get<Incident>('incident', id))?.value;
    },

    async open() {
      const stored = await state.list<Incident>('incident', { descending: true, limit: 1_000 });
      return stored
        .map((entry) => entry.value)
        .filter((incident) => incident.state !== 'resolved' && needsThread(incident));
    },

    act: (id, action) =>
      inTurn(async () => {
        for (let tries = 0; tries < ATTEMPTS; tries += 1) {
          const stored = await state.get<Incident>('incident', id);
          if (!stored) throw new AppError('not_found', `no incident ${id}`);
          const now = Date.now();
          const after = actOn(stored.value, {
            what: action.what,
            who: action.who,
            at: now,
            note: action.note,
            ...(action.forMs ? { until: now + action.forMs } : {}),
          });
          if (after.history.length === stored.value.history.length) return stored.value;
          const index = after.history.length - 1;
          const result = await state.commit({
            put: [
              {
                kind: 'incident',
                id,
                value: after,
                rank: after.lastSeen,
                ifVersion: stored.version,
              },
              ...(await announcements([after], now, undefined, 0)),
              ...chats.map((chat) => note(chat, after, `act-${index}`, { kind: 'action', index }, now)),
            ],
          });
          if (result !== 'done') continue;
          wake();
          return after;
        }
        throw new AppError('conflict', `incident ${id} is being changed by others`);
      }),

    async inThread(chat, place) {
      if (!place.thread) return undefined;
      const found = await state.get<{ incidentId: string }>(
        'thread',
        threadKey(chat, place.channel, place.thread),
      );
      return found && (await state.get<Incident>('incident', found.value.incidentId))?.value;
    },
  };
}
