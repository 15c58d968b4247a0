import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClock } from '../../../src/bot/delivery/monotonic-clock.ts';

test('the clock does not go back when the machine’s does, and says so', (t) => {
  const clock = createClock();
  const before = clock.now();
  assert.equal(clock.behindMs() < 1_000, true);
  const real = Date.now;
  t.mock.method(Date, 'now', () => real() - 3_600_000);
  assert.ok(clock.now() >= before);
  assert.ok(clock.now() < before + 60_000);
  assert.ok(clock.behindMs() > 3_590_000);
});
