import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StateStore } from '../../backends/state/store.ts';
import { AppError } from '../../domain/errors.ts';
import {
  type Asker,
  addSpent,
  type Budget,
  type BudgetRefusal,
  emptyDay,
  NOTHING_SPENT,
  refusalFor,
  reportOf,
  type Spent,
  type SpentDay,
  type SpentReport,
} from '../../domain/question/spend.ts';
import { dayOf, mondayOf, plusDays } from '../../domain/time/calendar.ts';
import { DAY, MINUTE } from '../../domain/time/units.ts';

/** The account that a call is charged to. */
export interface Charged {
  asker: Asker;
  task: string;
  model: string;
}

/** A call that was allowed: `settle` records its real cost. */
interface Hold {
  day: string;
  id: string;
}

export interface Ledger {
  /**
   * Sets aside the highest cost of a call. Returns the limit that would be exceeded instead of a hold. Throws AppError
   * `unavailable` | `timeout` when the store cannot be asked.
   */
  reserve(
    charged: Charged,
    most: { usd: number; tokens: number },
  ): Promise<{ hold: Hold } | { refused: BudgetRefusal }>;
  /** Replaces the amount that was set aside with the real cost. */
  settle(hold: Hold, charged: Charged, spent: Spent): Promise<void>;
  /** Today, and this week from Monday on, in the configured time zone. */
  report(): Promise<{ day: string; today: SpentReport; week: SpentReport; budget: Budget }>;
}

/** The hold of a process that died does not count any longer than this. */
const HOLD_MS = 10 * MINUTE;
const KEEP_MS = 40 * DAY;
const TRIES = 60;

export interface LedgerOptions {
  state: StateStore;
  budget: Budget;
  /** IANA zone: a day begins at its midnight. */
  timeZone: string;
  /** Epoch milliseconds; for tests. */
  now?: () => number;
}

/**
 * Spending per day in the state store, one document a day, written by compare-and-set: several processes share it and restarts
 * keep it.
 */
export const createLedger = (options: LedgerOptions): Ledger => new DailyLedger(options);

class DailyLedger implements Ledger {
  readonly #state: StateStore;
  readonly #budget: Budget;
  readonly #timeZone: string;
  readonly #now: () => number;
  /** The latest write of this process: it writes one at a time; the version shows writes of other processes. */
  #last: Promise<unknown> = Promise.resolve();

  constructor({ state, budget, timeZone, now = Date.now }: LedgerOptions) {
    this.#state = state;
    this.#budget = budget;
    this.#timeZone = timeZone;
    this.#now = now;
  }

  async reserve(
    { asker }: Charged,
    most: { usd: number; tokens: number },
  ): Promise<{ hold: Hold } | { refused: BudgetRefusal }> {
    const day = this.#today();
    const id = randomUUID();
    let refused: BudgetRefusal | undefined;
    await this.#update(day, (before) => {
      const at = this.#now();
      const holds = Object.fromEntries(Object.entries(before.holds).filter(([, hold]) => hold.until > at));
      refused = refusalFor({ ...before, holds }, this.#budget, asker.id, most);
      if (refused) return undefined;
      return { ...before, holds: { ...holds, [id]: { user: asker.id, ...most, until: at + HOLD_MS } } };
    });
    return refused ? { refused } : { hold: { day, id } };
  }

  settle({ day, id }: Hold, { asker, task, model }: Charged, spent: Spent): Promise<void> {
    return this.#update(day, (before) => {
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
  }

  async report(): ReturnType<Ledger['report']> {
    const day = this.#today();
    const days: SpentDay[] = [];
    for (let id = mondayOf(day); id <= day; id = plusDays(id, 1)) {
      const known = await this.#state.get('spend', id);
      if (known) days.push(known.value);
    }
    const today = (await this.#state.get('spend', day))?.value;
    return { day, today: reportOf(today ? [today] : []), week: reportOf(days), budget: this.#budget };
  }

  #today(): string {
    return dayOf(this.#now(), this.#timeZone);
  }

  /** @param change returns the day as it is to be, or undefined to leave it. */
  #update(id: string, change: (day: SpentDay) => SpentDay | undefined): Promise<void> {
    const write = (): Promise<void> => this.#write(id, change);
    const written = this.#last.then(write, write);
    this.#last = written.catch(() => undefined);
    return written;
  }

  async #write(id: string, change: (day: SpentDay) => SpentDay | undefined): Promise<void> {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const known = await this.#state.get('spend', id);
      const value = change(known?.value ?? emptyDay());
      if (!value) return;
      const rank = Date.parse(id);
      const ifVersion = known?.version ?? 0;
      const result = await this.#state.commit({
        put: [{ kind: 'spend', id, value, rank, ifVersion, ttlMs: KEEP_MS }],
      });
      if (result === 'done') return;
      await sleep(Math.random() * Math.min(50, 2 + attempt * 2));
    }
    throw new AppError('conflict', 'the spending of the day is written by too many at once');
  }
}
