import type { Commit, Put, StateStore } from '../../backends/state/store.ts';
import { type Incident, lastEntry } from '../../domain/alert/incident.ts';
import { AppError } from '../../domain/errors.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { type Content, loadDelivery, note, parentId, parentPut } from '../delivery/delivery.ts';
import { placesOf } from '../delivery/routing.ts';
import { isMuted } from '../views/incident.ts';
import { nextDue, type Timing } from './escalation.ts';

/** A new thread waits at most this long for anomalies that explain it. */
const SETTLE_MS = 1_500;
const ATTEMPTS = 50;
/** A timer that is due already is looked at again after at least this. */
const LEAST_WAIT_MS = 1_000;

/** Incidents that are read and changed for one commit (unit of work, Fowler 2002). */
export interface UnitOfWork {
  load(id: string): Promise<Incident | undefined>;
  keep(incident: Incident): void;
  /** As it was read; undefined for one that is new. */
  before(id: string): Incident | undefined;
  changed(): Incident[];
  puts(): Put[];
}

export function openUnitOfWork(state: StateStore): UnitOfWork {
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

/** The result of a change. Incidents that were kept in the unit of work are written, and their messages with them. */
export interface Change<T> {
  value: T;
  puts?: Put[];
  deletes?: Commit['delete'];
  /** Incidents whose latest history entry is posted in their threads. */
  told?: Incident[];
}

/**
 * The only place where incidents are written, except for the intake of anomalies (`incidents.ts`) and the deletion of
 * old ones (`retention.ts`). With an incident goes what follows from it: parent messages, replies, timers.
 */
export interface IncidentRepository {
  /**
   * Runs `work` on incidents as they are, and commits what it changed; again while other processes change the same. In
   * this process one change runs at a time: two would only get in each other's way. Throws AppError `conflict` after many tries.
   */
  change<T>(work: (unit: UnitOfWork, now: number) => Promise<Change<T>>): Promise<T>;
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** The writes of the parent messages. @param since when the anomaly was on the bus; absent where a person changed it */
  parentPuts(incidents: readonly Incident[], now: number, since?: number): Promise<Put[]>;
  /** A reply in every thread of an incident. */
  replies(incident: Incident, name: string, content: Content, now: number): Put[];
  /** The latest entry of its history, as a reply in its threads. */
  tell(incident: Incident, now: number): Put[];
  /** The writes of when something happens to them by itself. */
  timers(incidents: readonly Incident[], now: number): { put: Put[]; delete: NonNullable<Commit['delete']> };
}

export interface RepositoryOptions {
  state: StateStore;
  chats: readonly { name: string; alertChannel: string }[];
  debounceMs: number;
  timing: Timing;
  /** Nothing is over by quiet before this (epoch ms). */
  notBefore: number;
  /** Epoch ms. */
  now: () => number;
  /** Told after a commit that may have left something to send. */
  wake: () => void;
}

export const createIncidentRepository = (options: RepositoryOptions): IncidentRepository =>
  new StoredIncidents(options);

class StoredIncidents implements IncidentRepository {
  readonly #options: RepositoryOptions;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: RepositoryOptions) {
    this.#options = options;
  }

  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(work, work);
    this.#turn = next.catch(() => {});
    return next;
  }

  change<T>(work: (unit: UnitOfWork, now: number) => Promise<Change<T>>): Promise<T> {
    return this.inTurn(async () => {
      for (let tries = 0; tries < ATTEMPTS; tries += 1) {
        const now = this.#options.now();
        const unit = openUnitOfWork(this.#options.state);
        const change = await work(unit, now);
        if (await this.#commit(unit, change, now)) return change.value;
      }
      throw new AppError('conflict', 'the incidents are being changed by others');
    });
  }

  /** @returns false where another process was faster */
  async #commit<T>(unit: UnitOfWork, change: Change<T>, now: number): Promise<boolean> {
    const { puts = [], deletes = [], told = [] } = change;
    const changed = unit.changed();
    if (changed.length + puts.length + deletes.length === 0) return true;
    const timers = this.timers(changed, now);
    const result = await this.#options.state.commit({
      put: [
        ...unit.puts(),
        ...timers.put,
        ...(await this.parentPuts(changed, now)),
        ...told.flatMap((incident) => this.tell(incident, now)),
        ...puts,
      ],
      delete: [...timers.delete, ...deletes],
    });
    if (result !== 'done') return false;
    this.#options.wake();
    return true;
  }

  async parentPuts(incidents: readonly Incident[], now: number, since?: number): Promise<Put[]> {
    const { state, chats, debounceMs } = this.#options;
    const settleMs = Math.min(SETTLE_MS, debounceMs);
    const pairs = incidents.flatMap((incident) =>
      placesOf(incident, chats).map((place) => ({ incident, place })),
    );
    const puts = await Promise.all(
      pairs.map(async ({ incident, place }) => {
        const id = parentId(place.name, incident.id, place.slot);
        const stored = await loadDelivery(state, id);
        if (!stored && isMuted(incident, now)) return undefined;
        // What a person does is shown at once.
        const wait = since === undefined ? 0 : debounceMs;
        return parentPut(stored, incident, place, { now, since, settleMs, debounceMs: wait });
      }),
    );
    return puts.filter((put) => put !== undefined);
  }

  replies(incident: Incident, name: string, content: Content, now: number): Put[] {
    return placesOf(incident, this.#options.chats).map((place) => note(place, incident, name, content, now));
  }

  tell(incident: Incident, now: number): Put[] {
    const index = lastEntry(incident);
    return this.replies(incident, `act-${index}`, { kind: 'action', index }, now);
  }

  timers(incidents: readonly Incident[], now: number): ReturnType<IncidentRepository['timers']> {
    const { timing, notBefore } = this.#options;
    const put: Put[] = [];
    const gone: NonNullable<Commit['delete']> = [];
    for (const incident of incidents) {
      const due = nextDue(incident, timing, now);
      if (due === undefined) gone.push({ kind: 'timer', id: incident.id });
      else {
        const at = due > now ? due : Math.max(now + LEAST_WAIT_MS, Math.min(notBefore, now + MINUTE));
        put.push({ kind: 'timer', id: incident.id, value: { at }, rank: at });
      }
    }
    return { put, delete: gone };
  }
}
