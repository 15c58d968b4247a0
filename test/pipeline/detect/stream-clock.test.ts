import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Anomaly } from '../../../src/domain/alert/anomaly.ts';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import { detector, record, START, traffic } from './harness.ts';

const DAY = 86_400;
const YEAR = 365 * DAY;
/** An hour of traffic and a line every 30 seconds of another service, which stops after half an hour, and a burst of errors at 3,000 s. */
function hour(): LogRecord[] {
  const beats = Array.from({ length: 60 }, (_, i) =>
    record(i * 30, 'info', `index of ${i} parts is well`, 'beat'),
  );
  const burst = Array.from({ length: 60 }, (_, i) => record(3_000 + i / 3, 'error', `write ${i} failed`));
  return [...traffic(0, 3_600), ...beats, ...burst].sort((x, y) => x.timestamp - y.timestamp);
}
/** The same lines, with others added at the beginning of a second. */
const among = (records: LogRecord[], second: number, ...more: LogRecord[]): LogRecord[] => {
  const at = records.findIndex(({ timestamp }) => timestamp >= START + second * 1_000);
  return [...records.slice(0, at), ...more, ...records.slice(at)];
};
const brief = (found: Anomaly[]) =>
  found.map(({ service, detector, detected_at }) => [service, detector, detected_at]);
const all = (records: LogRecord[]): Anomaly[] => {
  const watching = detector({ now: () => START + 30 * DAY * 1_000 });
  return [...watching.add(records), ...watching.flush()];
};
const usual = brief(all(hour()));

describe('a date that is wrong', () => {
  test('there is something to find', () => {
    assert.deepEqual(new Set(usual.map(([service]) => service)), new Set(['a', 'beat']));
  });

  for (const [name, at] of [
    ['tomorrow', DAY],
    ['in 2190', 164 * YEAR],
    ['in two hours', 7_200],
    ['yesterday', -DAY],
    ['1970', -START / 1_000],
  ] as const)
    for (const service of ['a', 'beat', 'new-host'])
      test(`${name}, of ${service}: nothing else is found or missed for it`, () => {
        for (const second of [600, 1_700, 2_995, 3_010]) {
          const stray = record(at, 'info', 'served request in 12 ms', service);
          assert.deepEqual(brief(all(among(hour(), second, stray))), usual, `at second ${second}`);
        }
      });

  test('several of them, also the very first line, change nothing', () => {
    const strays = [164 * YEAR, DAY, -DAY, 3 * DAY].map((at) =>
      record(at, 'info', 'served request in 12 ms', 'new-host'),
    );
    assert.deepEqual(brief(all(among(hour(), 2_000, ...strays))), usual);
    for (const at of [164 * YEAR, -START / 1_000 + 1]) {
      const first = record(at, 'info', 'served request in 12 ms', 'new-host');
      assert.deepEqual(brief(all([first, ...hour()])), usual);
      assert.deepEqual(brief(all([...hour().slice(0, 1), first, ...hour().slice(1)])), usual);
    }
  });

  test('what such a line says is told as of when it came', () => {
    const fatal = record(164 * YEAR, 'fatal', 'data file is corrupt');
    const watching = detector({ now: () => START + 400_000 });
    watching.add(traffic(0, 300));
    const found = [
      ...watching.add([fatal]),
      ...watching.tick(START + 301_000),
      ...watching.tick(START + 330_000),
    ];
    assert.deepEqual(
      found.map(({ detected_issues }) => detected_issues[0]),
      ['data file is corrupt'],
    );
    assert.ok(Date.parse(String(found[0]!.detected_at)) < START + DAY * 1_000);
  });
});

describe('a stream that goes on at another time', () => {
  const later = (records: LogRecord[], by: number) =>
    records.map((one) => ({ ...one, timestamp: one.timestamp + by * 1_000 }));

  test('a long pause, or the next file, is followed', () => {
    const next = later(hour(), 5 * 3_600);
    const found = brief(all([...hour(), ...next]));
    assert.ok(
      found.some(([service, , at]) => service === 'a' && Date.parse(String(at)) > START + 5 * 3_600_000),
    );
  });

  test('a few lines after a long pause are told at once where they are of now', () => {
    const now = START + 12 * 3_600_000;
    const watching = detector({ now: () => now });
    watching.add(traffic(0, 300));
    const found = watching.add([record(12 * 3_600, 'fatal', 'cannot open the ledger')]);
    found.push(...watching.tick(now + 2_000), ...watching.tick(now + 30_000));
    assert.deepEqual(
      brief(found).map(([service]) => service),
      ['a'],
    );
    assert.ok(Math.abs(Date.parse(String(found[0]!.detected_at)) - now) < 60_000);
  });

  test('what waits is kept over a restart', () => {
    const before = detector({ now: () => START + 400_000 });
    before.add(traffic(0, 300));
    before.add([record(164 * YEAR, 'fatal', 'data file is corrupt')]);
    const after = detector({ now: () => START + 400_000 });
    after.restore(JSON.parse(JSON.stringify(before.save())));
    assert.equal(after.tick(START + 401_000).length + after.tick(START + 430_000).length, 1);
  });
});
