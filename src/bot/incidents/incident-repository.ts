import type { Commit, Put, StateStore } from '../../backends/state/store.ts';
import { type Incident, lastEntry } from '../../domain/alert/incident.ts';
import { AppError } from '../../domain/errors.ts';
import { announce, type Content, loadDelivery, note, parentId } from '../delivery/delivery.ts';
import { placesOf } from '../delivery/routing.ts';
import { isMuted } from '../views/incident.ts';
import { nextDue, type Timing } from './escalation.ts';
import { type Draft, openDraft } from './grouping.ts';

/** Longest time a new thread waits for anomalies that explain it. */
const SETTLE_MS = 1_500;
const ATTEMPTS = 50;
/** What is due by itself is looked at again after no less than this. */
const LEAST_WAIT_MS = 1_000;

/** What a change leads to. Incidents that were kept in the draft are written and announced by themselves. */
export interface Change<T> {
  value: T;
  puts?: Put[];
  deletes?: Commit['delete'];
  /** Incidents whose latest entry of the history is said in their threads. */
  told?: Incident[];
}

/** Writes incidents, always together with what follows from them: parent messages, replies, timers. */
export interface Register {
  /**
   * Runs `work` on incidents as they are, and commits what it changed; again while others change the same. One at a time
   * in this process: whoever is second would only meet a conflict. Throws AppError `conflict` after many tries.
   */
  change<T>(work: (draft: Draft, now: number) => Promise<Change<T>>): Promise<T>;
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** The writes of parent messages that changed. `since`: when the anomaly was on the bus; absent: a person did it. */
  announcements(incidents: readonly Incident[], now: number, since?: number): Promise<Put[]>;
  /** A reply in every thread of an incident. */
  replies(incident: Incident, name: string, content: Content, now: number): Put[];
  /** That the latest entry of its history is told in its threads. */
  tell(incident: Incident, now: number): Put[];
  /** The write of when something happens to it by itself. */
  timers(incidents: readonly Incident[], now: number): { put: Put[]; delete: NonNullable<Commit['delete']> };
}

export function createRegister(options: {
  state: StateStore;
  chats: readonly { name: string; alertChannel: string }[];
  debounceMs: number;
  timing: Timing;
  /** Nothing is over by quiet before this (epoch ms). */
  notBefore: number;
  now: () => number;
  wake: () => void;
}): Register {
  const { state, chats, debounceMs, timing, notBefore, wake } = options;
  const settleMs = Math.min(SETTLE_MS, debounceMs);
  let turn: Promise<unknown> = Promise.resolve();

  const register: Register = {
    inTurn(work) {
      const next = turn.then(work, work);
      turn = next.catch(() => {});
      return next;
    },

    async announcements(incidents, now, since) {
      const pairs = incidents.flatMap((incident) =>
        placesOf(incident, chats).map((place) => ({ incident, place })),
      );
      const puts = await Promise.all(
        pairs.map(async ({ incident, place }) => {
          const id = parentId(place.name, incident.id, place.slot);
          const stored = await loadDelivery(state, id);
          if (!stored && isMuted(incident, now)) return undefined;
          // What a person did is shown at once.
          const wait = since === undefined ? 0 : debounceMs;
          return announce(stored, incident, place, { now, since, settleMs, debounceMs: wait });
        }),
      );
      return puts.filter((put) => put !== undefined);
    },

    replies: (incident, name, content, now) =>
      placesOf(incident, chats).map((place) => note(place, incident, name, content, now)),

    tell(incident, now) {
      const index = lastEntry(incident);
      return register.replies(incident, `act-${index}`, { kind: 'action', index }, now);
    },

    timers(incidents, now) {
      const put: Put[] = [];
      const gone: NonNullable<Commit['delete']> = [];
      for (const incident of incidents) {
        const due = nextDue(incident, timing, now);
        if (due === undefined) gone.push({ kind: 'timer', id: incident.id });
        else {
          const at = due > now ? due : Math.max(now + LEAST_WAIT_MS, Math.min(notBefore, now + 60_000));
          put.push({ kind: 'timer', id: incident.id, value: { at }, rank: at });
        }
      }
      return { put, delete: gone };
    },

    change: (work) =>
      register.inTurn(async () => {
        for (let tries = 0; tries < ATTEMPTS; tries += 1) {
          const now = options.now();
          const draft = openDraft(state);
          const { value, puts = [], deletes = [], told = [] } = await work(draft, now);
          const changed = draft.changed();
          if (changed.length + puts.length + deletes.length === 0) return value;
          const timers = register.timers(changed, now);
          const result = await state.commit({
            put: [
              ...draft.puts(),
              ...timers.put,
              ...(await register.announcements(changed, now)),
              ...told.flatMap((incident) => register.tell(incident, now)),
              ...puts,
            ],
            delete: [...timers.delete, ...deletes],
          });
          if (result !== 'done') continue;
          wake();
          return value;
        }
        throw new AppError('conflict', 'the incidents are being changed by others');
      }),
  };
  return register;
}
