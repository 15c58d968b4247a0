import { AppError } from '../../domain/errors.ts';
import type { Tuned, TuningRecord } from '../../domain/job/job.ts';
import type { StateStore, Stored } from './store.ts';

/** What is tuned: a model's task, or the alerts. */
export type TuningTarget = TuningRecord['target'];

/** The trainings of one target, newest first, and which of them is in use. */
interface Trainings {
  records: TuningRecord[];
  /** `at` of the record in use; absent: nothing trained is. */
  serving?: number;
}

/** At most this many records are kept per target: a quarter of a year of nights. */
const KEPT = 90;
const key = (target: TuningTarget): string => `tuning/${target}`;

/**
 * What was trained, which of it is in use, and how to go back. One document per target in the state store, so that a switch is
 * one write and all processes see the same. Methods throw AppError `unavailable` | `timeout`.
 */
export interface Registry {
  serving(target: TuningTarget): Promise<Tuned | undefined>;
  /** When the model in use was trained (epoch ms), which also identifies it; undefined if nothing trained is in use. */
  servingSince(target: TuningTarget): Promise<number | undefined>;
  /** Newest first. */
  history(target: TuningTarget): Promise<TuningRecord[]>;
  /**
   * Adds a training; a promoted one is used from now on. The same night and trainer a second time changes nothing.
   * @param against what was in use (`servingSince`) when the candidate was compared with it. If another one is in use by now, the
   * candidate is not promoted, with the reason `overtaken`
   * @returns the record as it is kept
   */
  add(record: TuningRecord, against: number | undefined): Promise<TuningRecord>;
  /**
   * The model before is used again, or no trained one.
   * @returns what is in use now
   * @throws AppError `not_found` when nothing trained is in use
   */
  rollBack(target: TuningTarget): Promise<Tuned | undefined>;
}

export function openRegistry(state: Pick<StateStore, 'get' | 'commit'>): Registry {
  const read = async (target: TuningTarget): Promise<Stored<Trainings> | undefined> =>
    state.get('tuning', key(target));
  const change = async (
    target: TuningTarget,
    make: (trainings: Trainings) => Trainings | undefined,
  ): Promise<Trainings> => {
    for (;;) {
      const stored = await read(target);
      const trainings = stored?.value ?? { records: [] };
      const next = make(trainings);
      if (!next) return trainings;
      const put = { kind: 'tuning' as const, id: key(target), value: next, ifVersion: stored?.version ?? 0 };
      if ((await state.commit({ put: [put] })) === 'done') return next;
    }
  };
  const served = ({ records, serving }: Trainings): TuningRecord | undefined =>
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
      const { records } = await change(record.target, (trainings) => {
        if (trainings.records.some(same)) return undefined;
        const added = trainings.serving === against ? record : overtaken(record);
        const serving = added.promoted ? added.at : trainings.serving;
        // The one in use is kept, even if it is old.
        const kept = [added, ...trainings.records].filter(({ at }, index) => index < KEPT || at === serving);
        return { records: kept, ...(serving === undefined ? {} : { serving }) };
      });
      return records.find(same)!;
    },
    async rollBack(target) {
      const trainings = await change(target, (before) => {
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
      return served(trainings)?.tuned;
    },
  };
}

/** An alert model of an earlier version has no name in it; suppressed alerts have to name their model, so it gets one. */
function named({ at, tuned }: TuningRecord): Tuned | undefined {
  return tuned?.kind === 'alerts' ? { ...tuned, model: { trainedAt: at, ...tuned.model } } : tuned;
}

/** The candidate was better than a model that is no longer in use. Whether it is better than the new one is unknown. */
function overtaken(record: TuningRecord): TuningRecord {
  if (!record.promoted) return record;
  const { tuned: _tuned, ...rest } = record;
  return { ...rest, promoted: false, reason: 'overtaken' };
}

/** How long a process remembers what is in use, in milliseconds: after this time at most it sees a switch. */
export const SERVING_FRESH_MS = 20_000;

/** Reads what is in use, at most three times a minute; while the store cannot be reached, the last result counts. */
export function servingReader(registry: Pick<Registry, 'serving'>, now: () => number = Date.now) {
  const known = new Map<TuningTarget, { at: number; tuned: Tuned | undefined }>();
  return async (target: TuningTarget): Promise<Tuned | undefined> => {
    const last = known.get(target);
    if (last && now() - last.at < SERVING_FRESH_MS) return last.tuned;
    const tuned = await registry.serving(target).catch(() => last?.tuned);
    known.set(target, { at: now(), tuned });
    return tuned;
  };
}
