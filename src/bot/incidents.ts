import type { Put, StateStore, Stored } from '../backends/state/store.ts';
import type { Anomaly } from '../domain/anomaly.ts';
import { AppError } from '../domain/errors.ts';
import { type Act, actOn } from '../domain/act.ts';
import { type Incident, lastEntry, needsThread } from '../domain/incident.ts';
import type { Metrics } from '../metrics.ts';
import { openBoard } from './board.ts';
import type { Place } from './chat.ts';
import { announce, type Delivery, note, parentId, threadKey } from './delivery.ts';
import { group, openDraft } from './grouping.ts';

/** Longest time a new thread waits for anomalies that explain it. */
const SETTLE_MS = 1_500;
const SEEN_TTL_MS = 7 * 86_400_000;
const ATTEMPTS = 50;

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
    action: { what: Act['what']; who: string; note?: string; forMs?: number },
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
  const boards = openBoard(state, inhibitMs);
  // One at a time in this process: whoever is second would only meet a conflict.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work, work);
    turn = next.catch(() => {});
    return next;
  };

  async function announcements(incidents: Incident[], now: number, since?: number): Promise<Put[]> {
    const pairs = incidents.flatMap((incident) => chats.map((chat) => ({ incident, chat })));
    const puts = await Promise.all(
      pairs.map(async ({ incident, chat }) => {
        const id = parentId(chat.name, incident.id);
        const stored: Stored<Delivery> | undefined = await state.get('outbox', id);
        // What a person did is shown at once.
        const wait = since === undefined ? 0 : debounceMs;
        return announce(stored, incident, chat, { now, since, settleMs, debounceMs: wait });
      }),
    );
    return puts.filter((put) => put !== undefined);
  }

  async function attempt(anomaly: Anomaly, receivedAt: number): Promise<Incident | 'seen' | 'again'> {
    const now = Date.now();
    const board = await boards.read(now);
    const draft = openDraft(state);
    const { peek } = boards;
    const grouping = await group({ anomaly, state, draft, board, peek, windowMs, inhibitMs, now });
    const joined = grouping.folded.flatMap((victim) =>
      chats.map((chat) => note(chat, victim, `joined-${victim.cause?.id}`, { kind: 'joined' }, now)),
    );
    const result = await state.commit({
      once: [{ kind: 'seen', id: `anomaly/${anomaly.id}`, ttlMs: SEEN_TTL_MS }],
      put: [
        boards.put(board),
        ...draft.puts(),
        ...grouping.puts,
        ...joined,
        ...(await announcements(draft.changed(), now, receivedAt)),
      ],
    });
    if (result === 'duplicate') return 'seen';
    if (result === 'conflict') {
      boards.forget();
      return 'again';
    }
    boards.written(board, draft.changed());
    if (grouping.isNew) metrics.incidents.inc({ severity: String(grouping.incident.severity) });
    return grouping.incident;
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
            boards.forget();
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
          const { what, who, note: words, forMs } = action;
          const until = forMs === undefined ? undefined : now + forMs;
          const after = actOn(stored.value, { what, who, at: now, note: words, until });
          if (after === stored.value) return after;
          const index = lastEntry(after);
          const result = await state.commit({
            put: [
              { kind: 'incident', id, value: after, rank: after.lastSeen, ifVersion: stored.version },
              ...(await announcements([after], now)),
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
      const key = threadKey(chat, place.channel, place.thread);
      const found = await state.get<{ incidentId: string }>('thread', key);
      return found && (await state.get<Incident>('incident', found.value.incidentId))?.value;
    },
  };
}
