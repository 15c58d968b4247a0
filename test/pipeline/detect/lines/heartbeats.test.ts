import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { detector, record, START, traffic } from '../harness.ts';

/** A line every 30 seconds, and the traffic of another service. */
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
    assert.match(found[0]!.explanation, /came every 30 s, 120 times, and now not for/);
    assert.equal(found[0]!.anomaly_status, 'warning');
  });

  test('its title says at what time it came last, since an old file is read long after', () => {
    const titles = (['en', 'ko'] as const).map((language) => {
      const watching = detector({ language, timeZone: 'Asia/Seoul' });
      watching.add(beating(3_600));
      return watching.add(traffic(3_600, 3_900))[0]!.detected_issues[0];
    });
    assert.match(titles[0]!, /^Stopped at 09:59:30 \(came every 30 s\): /);
    assert.match(titles[1]!, /^09:59:30에 멈춤\(30초마다 나오던 로그\): /);
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
