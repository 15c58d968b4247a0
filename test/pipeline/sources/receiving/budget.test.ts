import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type BudgetShare,
  createBudget,
  type Reservation,
} from '../../../../src/pipeline/sources/receiving/budget.ts';

/** Random numbers from a seed (mulberry32), so that a failure can be repeated. */
function dice(seed: number): (below: number) => number {
  let a = seed;
  return (below) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** Whether a promise is settled now. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let over = false;
  const note = (): void => {
    over = true;
  };
  promise.then(note, note);
  await turn();
  return over;
}

describe('the budget of what is not stored yet', () => {
  test('whoever asks for more than there is waits its turn; who gives back lets the next one by', async () => {
    const budget = createBudget(100);
    const share = budget.share();
    const first = await share.take(30);
    const large = share.take(40);
    const small = share.take(5);
    assert.equal(await settled(large), false, 'half of the whole is what one may hold');
    assert.equal(await settled(small), false, 'nobody overtakes');
    assert.equal(share.tryTake(1), undefined);
    assert.equal(first.resize(31), false);
    assert.equal(share.contended, true);
    first.release();
    first.release();
    assert.deepEqual(
      [(await large).bytes, (await small).bytes, budget.held, share.contended],
      [40, 5, 45, false],
    );
  });

  test('a flood at one door leaves room for the others, and no door starves', async () => {
    const budget = createBudget(100);
    const [flood, other, third] = [budget.share(), budget.share(), budget.share()];
    const held = await flood.take(50);
    const more = [flood.take(50), flood.take(1)];
    const one = other.tryTake(50)!;
    assert.ok(one);
    const needs = third.take(10);
    assert.equal(await settled(needs), false);
    // The flood asked first, but it holds its half: the third is next.
    one.resize(45);
    assert.equal(await settled(needs), false, 'it waits for all it needs');
    assert.equal(other.tryTake(1)?.bytes, 1, 'others have their own line');
    one.release();
    assert.equal(await settled(needs), true);
    held.release();
    assert.ok(await Promise.all(more.slice(0, 1)));
  });

  test('what is larger than all of it passes alone', async () => {
    const budget = createBudget(100);
    const share = budget.share();
    const small = await share.take(1);
    const huge = share.take(1_000_000);
    assert.equal(await settled(huge), false);
    small.release();
    const reservation = await huge;
    assert.equal(reservation.bytes, share.most);
    assert.equal(reservation.resize(2_000_000), true, 'and may turn out larger still');
    assert.equal(share.tryTake(1), undefined);
    reservation.release();
    assert.equal(budget.held, 0);
  });

  test('who stops waiting is out of the line, and lets those behind by', async () => {
    const budget = createBudget(100);
    const share = budget.share();
    const held = await share.take(20);
    const gone = new AbortController();
    const leaving = share.take(50, gone.signal);
    const behind = share.take(10);
    gone.abort();
    await assert.rejects(leaving, { code: 'stopped' });
    assert.equal((await behind).bytes, 10);
    await assert.rejects(share.take(1, AbortSignal.abort()), { code: 'stopped' });
    const last = share.take(50);
    budget.close();
    await assert.rejects(last, { code: 'stopped' });
    await assert.rejects(share.take(1), { code: 'stopped' });
    assert.equal(share.tryTake(1), undefined);
    held.release();
    (await behind).release();
    assert.equal(budget.held, 0);
  });

  test('a part is taken out without anything becoming free', async () => {
    const budget = createBudget(100);
    const share = budget.share();
    const whole = await share.take(40);
    const part = whole.split(15);
    assert.deepEqual([whole.bytes, part.bytes, budget.held], [25, 15, 40]);
    const all = part.split(99);
    assert.deepEqual([part.bytes, all.bytes, budget.held], [0, 15, 40]);
    for (const reservation of [whole, part, all]) reservation.release();
    assert.equal(budget.held, 0);
  });

  test('property: never over the limit, always given back, and everybody comes to pass', async () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const random = dice(seed);
      const limit = 50 + random(500);
      const budget = createBudget(limit);
      const shares: BudgetShare[] = Array.from({ length: 1 + random(4) }, () => budget.share());
      const held: Reservation[] = [];
      const waiting = new Set<Promise<unknown>>();
      let asked = 0;
      let answered = 0;
      const check = (): void => {
        assert.ok(budget.held <= limit, `seed ${seed}: ${budget.held} of ${limit}`);
        assert.ok(budget.held >= 0);
        for (const share of shares) assert.ok(share.most <= limit);
      };
      for (let step = 0; step < 300; step += 1) {
        const share = shares[random(shares.length)]!;
        const act = random(6);
        if (act <= 1) {
          asked += 1;
          const gone = new AbortController();
          const taken = share.take(random(limit * 2), gone.signal).then(
            (reservation) => held.push(reservation),
            () => undefined,
          );
          const counted = taken.then(() => {
            answered += 1;
            waiting.delete(counted);
          });
          waiting.add(counted);
          if (random(5) === 0) gone.abort();
        } else if (act === 2) {
          const reservation = share.tryTake(random(limit));
          if (reservation) held.push(reservation);
        } else if (held.length > 0) {
          const at = random(held.length);
          if (act === 3) held[at]!.resize(random(limit));
          else if (act === 4) held.push(held[at]!.split(random(limit)));
          else for (const reservation of held.splice(at, 1)) reservation.release();
        }
        check();
        if (random(3) === 0) await turn();
      }
      // In the end all is released: then nobody may still wait.
      while (held.length > 0 || waiting.size > 0) {
        const before = held.length + waiting.size;
        for (const reservation of held.splice(0)) reservation.release();
        await turn();
        check();
        assert.ok(
          held.length > 0 || held.length + waiting.size < before || waiting.size === 0,
          `seed ${seed}: stuck`,
        );
      }
      assert.equal(answered, asked, `seed ${seed}`);
      assert.equal(budget.held, 0, `seed ${seed}`);
    }
  });
});
