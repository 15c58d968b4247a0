/** The person who asks, as named in budgets and reports. */
export interface Asker {
  /** Unique over all chats: `slack/U024BE7LH`, `http`. */
  id: string;
  /** As shown to people. */
  name: string;
}

/** For what models were used, and what it cost. Tokens are the server's own figures if it gave them. */
export interface Spent {
  usd: number;
  prompt: number;
  completion: number;
  calls: number;
}
export const NOTHING_SPENT: Spent = { usd: 0, prompt: 0, completion: 0, calls: 0 };

export const addSpent = (a: Spent, b: Spent): Spent => ({
  usd: a.usd + b.usd,
  prompt: a.prompt + b.prompt,
  completion: a.completion + b.completion,
  calls: a.calls + b.calls,
});

export const tokensIn = (spent: Spent): number => spent.prompt + spent.completion;

/** What something may cost at most; 0 tokens: no model is asked. */
export interface Estimate {
  usd: number;
  tokens: number;
}

/** One day's spending, as it is kept. */
export interface SpentDay {
  all: Spent;
  users: Record<string, Spent & { name: string }>;
  tasks: Record<string, Spent>;
  models: Record<string, Spent>;
  /** What running calls may cost at most. It is set aside, so that many calls at once do not exceed the budget together. */
  holds: Record<string, { user: string; usd: number; tokens: number; until: number }>;
}

/** What may be spent in a day; `null`: no limit. */
export interface Budget {
  usd: number | null;
  usdPerUser: number | null;
  tokens: number | null;
  tokensPerUser: number | null;
}

/** Why a call may not be made: which limit, and how much of it is used. */
export interface BudgetRefusal {
  scope: 'day' | 'user';
  unit: 'usd' | 'tokens';
  limit: number;
  spent: number;
}

export const emptyDay = (): SpentDay => ({ all: NOTHING_SPENT, users: {}, tasks: {}, models: {}, holds: {} });

/** The first limit that would be exceeded by a call that costs at most `usd` and `tokens`; running calls are counted too. */
export function refusalFor(
  day: SpentDay,
  budget: Budget,
  user: string,
  call: { usd: number; tokens: number },
): BudgetRefusal | undefined {
  const holds = Object.values(day.holds);
  const sum = (of: (hold: { usd: number; tokens: number }) => number, mine: boolean): number =>
    holds.filter((hold) => !mine || hold.user === user).reduce((total, hold) => total + of(hold), 0);
  const own = day.users[user] ?? NOTHING_SPENT;
  const checks = [
    { scope: 'day', unit: 'usd', limit: budget.usd, spent: day.all.usd, mine: false },
    { scope: 'user', unit: 'usd', limit: budget.usdPerUser, spent: own.usd, mine: true },
    { scope: 'day', unit: 'tokens', limit: budget.tokens, spent: tokensIn(day.all), mine: false },
    { scope: 'user', unit: 'tokens', limit: budget.tokensPerUser, spent: tokensIn(own), mine: true },
  ] as const;
  for (const { scope, unit, limit, spent, mine } of checks) {
    const cost = call[unit];
    // A call that costs nothing in a unit is not held back by that unit's limit: a model on the operator's own machine works when
    // the money is spent.
    if (limit === null || cost === 0) continue;
    if (spent + sum((hold) => hold[unit], mine) + cost > limit) return { scope, unit, limit, spent };
  }
  return undefined;
}

/** The spending of several days, the largest first. */
export interface SpentReport {
  all: Spent;
  users: (Spent & { name: string })[];
  tasks: (Spent & { name: string })[];
  models: (Spent & { name: string })[];
}

export function reportOf(days: readonly SpentDay[]): SpentReport {
  const merge = (of: (day: SpentDay) => Record<string, Spent & { name?: string }>) => {
    const sums = new Map<string, Spent & { name: string }>();
    for (const day of days)
      for (const [key, spent] of Object.entries(of(day))) {
        const before = sums.get(key) ?? NOTHING_SPENT;
        sums.set(key, { ...addSpent(before, spent), name: spent.name ?? key });
      }
    return [...sums.values()].sort(
      (a, b) => b.usd - a.usd || b.prompt + b.completion - a.prompt - a.completion,
    );
  };
  return {
    all: days.reduce((sum, day) => addSpent(sum, day.all), NOTHING_SPENT),
    users: merge((day) => day.users),
    tasks: merge((day) => day.tasks),
    models: merge((day) => day.models),
  };
}
