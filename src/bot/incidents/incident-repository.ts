import type { Commit, CommitResult, Put, StateStore } from '../../backends/state/store.ts';
import { type Incident, lastEntry } from '../../domain/alert/incident.ts';
import { isMuted } from '../../domain/alert/mute.ts';
import { AppError } from '../../domain/errors.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { type Content, loadDelivery, note, parentId, parentPut } from '../delivery/delivery.ts';
import { placesOf } from '../delivery/routing.ts';
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

/** What is committed together with the incidents of a unit of work, besides what follows from them. */
interface Together {
  once?: Commit['once'];
  puts?: Put[];
  deletes?: Commit['delete'];
  /** Incidents whose latest history entry is posted in their threads. */
  told?: readonly Incident[];
  /** When the anomaly was on the bus (epoch ms); absent where a person or a timer changes the incidents. */
  since?: number;
  /** Incidents whose timers may have changed; absent: all that changed. */
  timersOf?: readonly Incident[];
}

/**
 * The only place where incidents are written. (Only `retention.ts` deletes them, when they are old.) What follows from an
 * incident goes into the same commit: parent messages, replies, timers.
 */
export interface IncidentRepository {
  /**
   * Runs `work` on incidents as they are, and commits what it changed; again while other processes change the same. In
   * this process one change runs at a time: two would only get in each other's way. Throws AppError `conflict` after many tries.
   */
  change<T>(work: (unit: UnitOfWork, now: number) => Promise<Together & { value: T }>): Promise<T>;
  /** Does work when the changes and the work before it have ended. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** One try to write a unit of work, for callers that wait for the other changes themselves. */
  commit(unit: UnitOfWork, now: number, together: Together): Promise<CommitResult>;
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

  change<T>(work: (unit: UnitOfWork, now: number) => Promise<Together & { value: T }>): Promise<T> {
    return this.inTurn(async () => {
      for (let tries = 0; tries < ATTEMPTS; tries += 1) {
        const now = this.#options.now();
        const unit = openUnitOfWork(this.#options.state);
        const { value, ...together } = await work(unit, now);
        const { puts = [], deletes = [] } = together;
        if (unit.changed().length + puts.length + deletes.length === 0) return value;
        if ((await this.commit(unit, now, together)) !== 'done') continue;
        this.#options.wake();
        return value;
      }
      throw new AppError('conflict', 'the incidents are being changed by others');
    });
  }

  async commit(unit: UnitOfWork, now: number, together: Together): Promise<CommitResult> {
    const { once, puts = [], deletes = [], told = [], since } = together;
    const changed = unit.changed();
    const timers = this.timers(together.timersOf ?? changed, now);
    return this.#options.state.commit({
      ...(once ? { once } : {}),
      put: [
        ...unit.puts(),
        ...timers.put,
        ...(await this.#parentPuts(changed, now, since)),
        ...told.flatMap((incident) => this.tell(incident, now)),
        ...puts,
      ],
      delete: [...timers.delete, ...deletes],
    });
  }

  /** The writes of the parent messages. */
  async #parentPuts(incidents: readonly Incident[], now: number, since?: number): Promise<Put[]> {
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
