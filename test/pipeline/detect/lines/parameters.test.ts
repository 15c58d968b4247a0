import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { detector, record } from '../harness.ts';

describe('numbers', () => {
  const calls = (from: number, to: number, factor: number) =>
    Array.from({ length: (to - from) * 4 }, (_, i) => {
      const ms = (20 + ((i * 7_919) % 31)) * factor;
      return record(from + i / 4, 'info', `answered in ${ms.toFixed(1)} ms to 7 callers`);
    });

  test('slow answers are told although no line is a warning', () => {
    const watching = detector();
    assert.deepEqual(watching.add(calls(0, 1_800, 1)), []);
    const found = [...watching.add(calls(1_800, 1_830, 40)), ...watching.flush()];
    assert.equal(found[0]?.detector, 'parameter');
    assert.match(found[0]!.explanation, /: time 1,\d+ ms, usually \d+ ms; \d of the latest 25/);
  });

  test('one slow answer is not told', () => {
    const watching = detector();
    watching.add(calls(0, 1_800, 1));
    const found = [...watching.add([...calls(1_800, 1_801, 40).slice(0, 1), ...calls(1_801, 1_900, 1)])];
    assert.deepEqual([...found, ...watching.flush()], []);
  });

  test('a code that is rarely seen is told when it comes several times', () => {
    const watching = detector();
    const codes = (from: number, to: number, code: number) =>
      Array.from({ length: (to - from) * 4 }, (_, i) =>
        record(from + i / 4, 'info', `closed with ${code} twice`),
      );
    watching.add(codes(0, 1_800, 200));
    const found = [...watching.add(codes(1_800, 1_803, 507)), ...watching.flush()];
    assert.equal(found[0]?.detector, 'parameter');
    assert.match(found[0]!.explanation, /"closed with 507 twice": value 507, usually 200/);
  });
});
