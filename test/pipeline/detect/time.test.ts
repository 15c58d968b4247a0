import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { detector, record, START, traffic } from './made.ts';

/** A beat every 30 seconds beside the traffic of another service. */
function beating(until: number) {
  const beats = Array.from({ length: until / 30 }, (_, i) =>
    record(i * 30, 'info', `index of ${i} parts is well`, 'b'),
  );
  return [...traffic(0, until), ...beats].sort((x, y) => x.timestamp - y.timestamp);
}

describe('what no longer comes', () => {
  test('a heartbeat that stops is missed by the others’ clock', () => {
    const watching = detector();
    assert.deepEqual(watching.add(beating(3_600)), []);
    const found = watching.add(traffic(3_600, 3_900));
    assert.deepEqual(
      found.map(({ service, detector }) => [service, detector]),
      [['b', 'missing-heartbeat']],
    );
    assert.match(found[0]!.explanation, /Came every 30 s, 120 times, and now not for/);
    assert.equal(found[0]!.anomaly_status, 'warning');
  });

  test('and by a tick, where nothing comes any more', () => {
    const watching = detector();
    watching.add(beating(3_600));
    // The wall clock is an hour ahead of the records.
    const wall = START + 2 * 3_600_000;
    const found = Array.from({ length: 120 }, (_, i) => watching.tick(wall + i * 2_000)).flat();
    assert.ok(found.some(({ service, detector }) => service === 'b' && detector === 'missing-heartbeat'));
  });

  test('but not while records may be waiting because a backend is away', () => {
    const watching = detector();
    watching.add(beating(3_600));
    const wall = START + 2 * 3_600_000;
    const held = Array.from({ length: 600 }, (_, i) => watching.tick(wall + i * 2_000, true)).flat();
    const after = Array.from({ length: 10 }, (_, i) => watching.tick(wall + 1_200_000 + i * 2_000)).flat();
    assert.deepEqual([...held, ...after], []);
  });

  test('the end of a file is not missed', () => {
    const watching = detector();
    watching.add(beating(3_600));
    const found = watching.flush();
    for (let i = 0; i < 200; i++) found.push(...watching.tick(START + 3_600_000 + i * 10_000));
    assert.deepEqual(found, []);
  });

  test('a file that begins long after another ended says nothing of it', () => {
    const watching = detector();
    watching.add(beating(3_600));
    assert.deepEqual(watching.add(traffic(9_000, 9_300, 'c')), []);
  });

  test('the last warning of a silent source is told by a tick', () => {
    const watching = detector();
    watching.add(traffic(0, 300));
    assert.deepEqual(watching.add([record(301, 'error', 'disk controller lost')]), []);
    const wall = START + 301_000;
    const found = [0, 2, 20, 40].flatMap((seconds) => watching.tick(wall + seconds * 1_000));
    assert.deepEqual(
      found.map(({ detected_issues }) => detected_issues[0]),
      ['disk controller lost'],
    );
  });
});

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
    assert.match(found[0]!.explanation, /usual is \d/);
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
    assert.match(found[0]!.explanation, /was 507, usual is 200/);
  });
});

describe('traffic', () => {
  test('lines that fall away are told, lines that never were many are not', () => {
    const watching = detector();
    watching.add(traffic(0, 1_200));
    const few = Array.from({ length: 24 }, (_, i) =>
      record(1_200 + i * 5, 'info', 'served request in 12 ms'),
    );
    const [found] = [...watching.add(few), ...watching.flush()];
    assert.equal(found?.detector, 'rate-change');
    assert.match(found!.explanation, /Only \d+ in 10 s, usual is 100/);
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
