import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createLedger } from '../../../src/analysis/model/ledger.ts';
import { checkedState } from '../../../src/backends/state/checked.ts';
import { openSqliteState } from '../../../src/backends/state/sqlite.ts';
import type { Budget } from '../../../src/domain/question/spend.ts';
import { createLog } from '../../../src/log.ts';

const log = createLog('silent');
const LIMITS: Budget = { usd: 10, usdPerUser: 2, tokens: null, tokensPerUser: null };
const by = (name: string, task = 'why') => ({
  asker: { id: `slack/${name}`, name },
  task,
  model: 'openai/m',
});

/** Two stores on one file, as two processes have them. */
async function stores(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), 'bongsu-ledger-'));
  const open = async () => checkedState(await openSqliteState({ file: join(dir, 'state.sqlite') }, log), log);
  const both = [await open(), await open()] as const;
  t.after(async () => {
    for (const store of both) await store[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  });
  return both;
}

test('many calls of two processes at once never pass a budget together, and nothing is lost', async (t) => {
  const [one, two] = await stores(t);
  const budget = { ...LIMITS, usd: 1 };
  const ledgers = [one, two].map((state) => createLedger({ state, budget, timeZone: 'UTC' }));
  const call = async (i: number): Promise<boolean> => {
    const ledger = ledgers[i % 2]!;
    const charged = by(`u${i}`);
    const reserved = await ledger.reserve(charged, { usd: 0.1, tokens: 100 });
    if (!('hold' in reserved)) return false;
    await ledger.settle(reserved.hold, charged, { usd: 0.1, prompt: 90, completion: 10, calls: 1 });
    return true;
  };
  const done = await Promise.all(Array.from({ length: 20 }, (_, i) => call(i)));
  const passed = done.filter(Boolean).length;
  assert.ok(passed >= 9 && passed <= 10, `${passed} calls for one dollar`);
  const { today } = await ledgers[0]!.report();
  assert.equal(today.all.calls, passed);
  assert.equal(today.all.prompt, passed * 90);
  assert.ok(today.all.usd <= 1 + 1e-9);
});

test('a person’s budget refuses that person only, and says which limit', async (t) => {
  const [state] = await stores(t);
  const ledger = createLedger({ state, budget: LIMITS, timeZone: 'UTC' });
  const reserved = await ledger.reserve(by('mina'), { usd: 1.5, tokens: 1 });
  assert.ok('hold' in reserved);
  // What runs counts before it is paid.
  assert.deepEqual(await ledger.reserve(by('mina'), { usd: 1, tokens: 1 }), {
    refused: { scope: 'user', unit: 'usd', limit: 2, spent: 0 },
  });
  await ledger.settle(reserved.hold, by('mina'), { usd: 1.2, prompt: 1, completion: 1, calls: 1 });
  assert.deepEqual(await ledger.reserve(by('mina'), { usd: 1, tokens: 1 }), {
    refused: { scope: 'user', unit: 'usd', limit: 2, spent: 1.2 },
  });
  assert.ok('hold' in (await ledger.reserve(by('jun'), { usd: 1, tokens: 1 })));
  assert.ok('hold' in (await ledger.reserve(by('mina'), { usd: 0, tokens: 9_999 })), 'what is free goes on');
});

test('tokens have budgets of their own', async (t) => {
  const [state] = await stores(t);
  const budget: Budget = { usd: null, usdPerUser: null, tokens: 1_000, tokensPerUser: 600 };
  const ledger = createLedger({ state, budget, timeZone: 'UTC' });
  const refused = async (name: string, tokens: number) => {
    const result = await ledger.reserve(by(name), { usd: 5, tokens });
    return 'refused' in result ? result.refused.scope : undefined;
  };
  assert.equal(await refused('mina', 700), 'user');
  assert.equal(await refused('mina', 600), undefined);
  assert.equal(await refused('jun', 500), 'day');
});

test('a day begins at midnight of the configured zone; the week on Monday; a restart forgets nothing', async (t) => {
  const [one, two] = await stores(t);
  // Sunday 23:30 in Seoul, which is Sunday 14:30 in UTC.
  let now = Date.parse('2026-03-01T14:30:00Z');
  const spend = async (state: typeof one, usd: number) => {
    const ledger = createLedger({ state, budget: LIMITS, timeZone: 'Asia/Seoul', now: () => now });
    const reserved = await ledger.reserve(by('mina'), { usd, tokens: 1 });
    if (!('hold' in reserved)) return reserved.refused.scope;
    // What began before midnight is paid by the day it began on.
    now += 60_000;
    await ledger.settle(reserved.hold, by('mina'), { usd, prompt: 1, completion: 1, calls: 1 });
    return ledger.report();
  };
  assert.equal(((await spend(one, 1.9)) as { day: string }).day, '2026-03-01');
  assert.equal(await spend(two, 1.9), 'user', 'another process, the same purse');
  now = Date.parse('2026-03-01T15:00:00Z');
  const monday = (await spend(two, 1.9)) as Awaited<ReturnType<ReturnType<typeof createLedger>['report']>>;
  assert.equal(monday.day, '2026-03-02');
  assert.equal(monday.today.all.usd, 1.9);
  assert.equal(monday.week.all.usd, 1.9, 'Sunday belongs to the week before');
  now = Date.parse('2026-03-03T01:00:00Z');
  const tuesday = (await spend(one, 1)) as typeof monday;
  assert.equal(tuesday.today.all.usd, 1);
  assert.ok(Math.abs(tuesday.week.all.usd - 2.9) < 1e-9);
});

test('what a process that died had set aside is given back after a while', async (t) => {
  const [state] = await stores(t);
  let now = 1_800_000_000_000;
  const ledger = createLedger({ state, budget: LIMITS, timeZone: 'UTC', now: () => now });
  assert.ok('hold' in (await ledger.reserve(by('mina'), { usd: 2, tokens: 1 })));
  assert.ok('refused' in (await ledger.reserve(by('mina'), { usd: 2, tokens: 1 })));
  now += 11 * 60_000;
  assert.ok('hold' in (await ledger.reserve(by('mina'), { usd: 2, tokens: 1 })));
});
