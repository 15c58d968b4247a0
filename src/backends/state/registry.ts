import { AppError } from '../../domain/errors.ts';
import type { Tuned, TuningRecord } from '../../domain/job/job.ts';
import type { StateStore, Stored } from './store.ts';

export type Target = TuningRecord['target'];

/** Trainings of one target, newest first, and which of them serves. */
interface Shelf {
  records: TuningRecord[];
  /** `at` of the record that serves; absent: nothing trained does. */
  serving?: number;
}

/** Kept per target: enough for a quarter of nights. */
const KEPT = 90;
const key = (target: Target): string => `tuning/${target}`;

/**
 * What was trained, what serves, and the way back, in the state store: one document per target, so that a switch is one
 * write and every process sees the same. Methods throw AppError `unavailable` | `timeout`.
 */
export interface Registry {
  serving(target: Target): Promise<Tuned | undefined>;
  /** When what serves was trained, which names it (epoch ms); undefined: nothing trained serves. */
  servingSince(target: Target): Promise<number | undefined>;
  /** Newest first. */
  history(target: Target): Promise<TuningRecord[]>;
  /**
   * Adds a training; a promoted one serves from now on. The same night and trainer again changes nothing.
   * @param against what served (`servingSince`) when the candidate was compared: where it is another by now, the
   *   candidate is not promoted, its reason is `overtaken`
   * @returns the record as it is kept
   */
  add(record: TuningRecord, against: number | undefined): Promise<TuningRecord>;
  /**
   * The one that served before serves again (or nothing trained does). @returns what serves now
   * @throws AppError `not_found` when nothing trained serves
   */
  rollBack(target: Target): Promise<Tuned | undefined>;
}

export function openRegistry(state: Pick<StateStore, 'get' | 'commit'>): Registry {
  const read = async (target: Target): Promise<Stored<Shelf> | undefined> => state.get('tuning', key(target));
  const change = async (target: Target, make: (shelf: Shelf) => Shelf | undefined): Promise<Shelf> => {
    for (;;) {
      const stored = await read(target);
      const shelf = stored?.value ?? { records: [] };
      const next = make(shelf);
      if (!next) return shelf;
      const put = { kind: 'tuning' as const, id: key(target), value: next, ifVersion: stored?.version ?? 0 };
      if ((await state.commit({ put: [put] })) === 'done') return next;
    }
  };
  const served = ({ records, serving }: Shelf): TuningRecord | undefined =>
    records.find(({ at, promoted }) => promoted && at === serving);

  return {
    async serving(target) {
      const stored = await read(target);
      const record = stored && served(stored.value);
      return record && named(record);
    },
    async servingSince(target) {
      const stored = await read(target);
      return stored ? served(stored.value)?.at : undefined;
    },
    async history(target) {
      return (await read(target))?.value.records ?? [];
    },
    async add(record, against) {
      const same = ({ night, trainer }: TuningRecord): boolean =>
        night === record.night && trainer === record.trainer;
      const { records } = await change(record.target, (shelf) => {
        if (shelf.records.some(same)) return undefined;
        const added = shelf.serving === against ? record : overtaken(record);
        const serving = added.promoted ? added.at : shelf.serving;
        // What serves stays, however long ago it was trained.
        const kept = [added, ...shelf.records].filter(({ at }, index) => index < KEPT || at === serving);
        return { records: kept, ...(serving === undefined ? {} : { serving }) };
      });
      return records.find(same)!;
    },
    async rollBack(target) {
      const shelf = await change(target, (before) => {
        const current = served(before);
        if (!current) throw new AppError('not_found', `nothing trained serves for ${target}`);
        const older = before.records.find(({ at, promoted }) => promoted && at < current.at);
        return {
          records: before.records.map((record) =>
            record === current ? { ...record, promoted: false, reason: 'rolled_back' } : record,
          ),
          ...(older ? { serving: older.at } : {}),
        };
      });
      return served(shelf)?.tuned;
    },
  };
}

/** A model of alerts that an earlier version trained does not name itself; what it hides has to name it all the same. */
function named({ at, tuned }: TuningRecord): Tuned | undefined {
  return tuned?.kind === 'alerts' ? { ...tuned, model: { trainedAt: at, ...tuned.model } } : tuned;
}

/** A candidate that was better than what no longer serves: nobody knows whether it is than what serves now. */
function overtaken(record: TuningRecord): TuningRecord {
  if (!record.promoted) return record;
  const { tuned: _tuned, ...rest } = record;
  return { ...rest, promoted: false, reason: 'overtaken' };
}

/** How old what is known to serve may be, in milliseconds: a switch shows this soon in every process. */
export const SERVING_FRESH_MS = 20_000;

/** What serves, asked at most three times a minute; what was known last while the store is away. */
export function servingReader(registry: Pick<Registry, 'serving'>, now: () => number = Date.now) {
  const known = new Map<Target, { at: number; tuned: Tuned | undefined }>();
  return async (target: Target): Promise<Tuned | undefined> => {
    const last = known.get(target);
    if (last && now() - last.at < SERVING_FRESH_MS) return last.tuned;
    const tuned = await registry.serving(target).catch(() => last?.tuned);
    known.set(target, { at: now(), tuned });
    return tuned;
  };
}
