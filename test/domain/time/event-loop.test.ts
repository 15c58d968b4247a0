import assert from 'node:assert/strict';
import { test } from 'node:test';
import { turn } from '../../../src/domain/time/event-loop.ts';

/** Computes for about as long as `turn` lets it in one stretch. */
function compute(): void {
  for (const until = performance.now() + 4; performance.now() < until; );
}

test('everything else has its turn between the stretches of all that compute, and each of those goes on', async () => {
  let turns = 0;
  let done = false;
  const count = (): void => {
    turns += 1;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  const steps: number[] = [];
  const longest = { since: turns, run: 0, most: 0 };
  await Promise.all(
    [0, 1, 2, 3].map(async (who) => {
      for (let step = 0; step < 10; step += 1) {
        const pause = turn();
        if (pause) await pause;
        longest.run = longest.since === turns ? longest.run + 1 : 1;
        longest.since = turns;
        longest.most = Math.max(longest.most, longest.run);
        steps.push(who);
        compute();
      }
    }),
  );
  done = true;
  assert.equal(steps.length, 40);
  // Four at once are no longer in one go than one alone would be.
  assert.ok(longest.most <= 4, `${longest.most} steps in one go`);
  assert.ok(turns >= 10, `${turns} turns`);
  assert.ok(new Set(steps.slice(0, 12)).size === 4, 'nobody waits until another has finished');
});

test('what takes no time waits for nobody', async () => {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(turn(), undefined);
  assert.equal(turn(), undefined);
});
