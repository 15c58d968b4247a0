import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StateStore } from '../../backends/state/store.ts';
import { AppError } from '../../domain/errors.ts';
import {
  type Asker,
  addSpent,
  type Budget,
  emptyDay,
  NOTHING_SPENT,
  type Refusal,
  refusalFor,
  reportOf,
  type Spent,
  type SpentDay,
  type SpentReport,
} from '../../domain/question/spend.ts';
import { dayOf, mondayOf, plusDays } from '../../domain/time/calendar.ts';
import { DAY, MINUTE } from '../../domain/time/units.ts';

/** What a call is charged to. */
export interface Charged {
  asker: Asker;
  task: string;
  model: string;
}

/** A call that was let through: settle it with what it cost. */
export interface Hold {
  day: string;
  id: string;
}

export interface Ledger {
  /**
   * Sets aside what a call may cost at most. Gives the limit it would pass instead of a hold.
   * Throws AppError `unavailable` | `timeout` when the store cannot be asked.
   */
  reserve(
    charged: Charged,
    most: { usd: number; tokens: number },
  ): Promise<{ hold: Hold } | { refused: Refusal }>;
  /** Puts what it did cost in the place of what was set aside. */
  settle(hold: Hold, charged: Charged, spent: Spent): Promise<void>;
  /** Today, and this week from Monday on, in the configured time zone. */
  report(): Promise<{ day: string; today: SpentReport; week: SpentReport; budget: Budget }>;
}

/** A hold of a process that died counts no longer than this. */
const HOLD_MS = 10 * MINUTE;
const KEEP_MS = 40 * DAY;
const TRIES = 60;

/**
 * Spending per day in the state store, one document a day, written by compare and set: several processes share it and
 * restarts keep it. A day begins at midnight of `timeZone`.
 */
export function createLedger(options: {
  state: StateStore;
  budget: Budget;
  timeZone: string;
  /** Epoch milliseconds; for tests. */
  now?: () => number;
}): Ledger {
  const { state, budget, timeZone, now = Date.now } = options;
  // One writer at a time in this process; other processes are met by the version.
  let last: Promise<unknown> = Promise.resolve();

  /** @param change returns the day as it is to be, or undefined to leave it. */
  function update(id: string, change: (day: SpentDay) => SpentDay | undefined): Promise<void> {
    const write = async (): Promise<void> => {
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        const known = await state.get('spend', id);
        const next = change(known?.value ?? emptyDay());
        if (!next) return;
        const result = await state.commit({
          put: [
            {
              kind: 'spend',
              id,
              value: next,
              rank: Date.parse(id),
              ifVersion: known?.version ?? 0,
              ttlMs: KEEP_MS,
            },
          ],
        });
        if (result === 'done') return;
        await sleep(Math.random() * Math.min(50, 2 + attempt * 2));
      }
      throw new AppError('conflict', 'the spending of the day is written by too many at once');
    };
    const turn = last.then(write, write);
    last = turn.catch(() => undefined);
    return turn;
  }

  return {
    async reserve({ asker }, most) {
      const day = dayOf(now(), timeZone);
      const id = randomUUID();
      let refused: Refusal | undefined;
      await update(day, (before) => {
        const at = now();
        const holds = Object.fromEntries(Object.entries(before.holds).filter(([, hold]) => hold.until > at));
        refused = refusalFor({ ...before, holds }, budget, asker.id, most);
        if (refused) return undefined;
        return { ...before, holds: { ...holds, [id]: { user: asker.id, ...most, until: at + HOLD_MS } } };
      });
      return refused ? { refused } : { hold: { day, id } };
    },
    settle({ day, id }, { asker, task, model }, spent) {
      return update(day, (before) => {
        const { [id]: _held, ...holds } = before.holds;
        if (spent.calls === 0) return { ...before, holds };
        const plus = (all: Record<string, Spent>, key: string): Record<string, Spent> => ({
          ...all,
          [key]: addSpent(all[key] ?? NOTHING_SPENT, spent),
        });
        const user = addSpent(before.users[asker.id] ?? NOTHING_SPENT, spent);
        return {
          all: addSpent(before.all, spent),
          users: { ...before.users, [asker.id]: { ...user, name: asker.name } },
          tasks: plus(before.tasks, task),
          models: plus(before.models, model),
          holds,
        };
      });
    },
    async report() {
      const day = dayOf(now(), timeZone);
      const days: SpentDay[] = [];
      for (let id = mondayOf(day); id <= day; id = plusDays(id, 1)) {
        const known = await state.get('spend', id);
        if (known) days.push(known.value);
      }
      const today = (await state.get('spend', day))?.value;
      return { day, today: reportOf(today ? [today] : []), week: reportOf(days), budget };
    },
  };
}
