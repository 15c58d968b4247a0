import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { detector, record, traffic } from '../harness.ts';

describe('traffic', () => {
  test('lines that fall away are told, lines that never were many are not', () => {
    const watching = detector();
    watching.add(traffic(0, 1_200));
    const few = Array.from({ length: 24 }, (_, i) =>
      record(1_200 + i * 5, 'info', 'served request in 12 ms'),
    );
    const [found] = [...watching.add(few), ...watching.flush()];
    assert.equal(found?.detector, 'rate-change');
    assert.match(found!.explanation, /Only \d+ lines in 10 s, usually 100/);
  });

  test('a batch on every hour is no news, a surge at another time is', () => {
    const watching = detector();
    const records = traffic(0, 6 * 3_600, 'a', 'served').filter((_, i) => i % 10 === 0);
    const batch = (at: number) =>
      Array.from({ length: 300 }, (_, i) => record(at + i / 10, 'info', 'copied part'));
    for (let hour = 0; hour < 6; hour++) records.push(...batch(hour * 3_600));
    records.sort((x, y) => x.timestamp - y.timestamp);
    assert.deepEqual(watching.add(records), []);
    const surge = Array.from({ length: 6_000 }, (_, i) => record(6 * 3_600 + i / 200, 'info', 'copied part'));
    const found = [...watching.add(surge), ...watching.flush()];
    assert.ok(found.some(({ detector }) => detector === 'rate-change'));
  });
});
