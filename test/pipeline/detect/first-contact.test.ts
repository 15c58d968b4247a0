import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Anomaly } from '../../../src/domain/alert/anomaly.ts';
import type { Level, LogRecord } from '../../../src/domain/log/record.ts';
import { detector, record, START } from './harness.ts';

const WARMUP = { warmup: 200 };
/** One ordinary line every two seconds: a file of somebody who tries the program has few lines. */
const calm = (from: number, to: number, service = 'a'): LogRecord[] => {
  const records: LogRecord[] = [];
  for (let second = from; second < to; second += 2)
    records.push(record(second, 'info', `entry ${second} stored`, service));
  return records;
};
const each = (from: number, to: number, step: number, level: Level, text: string): LogRecord[] => {
  const records: LogRecord[] = [];
  for (let second = from; second < to; second += step)
    records.push(record(second + 0.5, level, `${text} ${second}`));
  return records;
};
const inOrder = (...parts: LogRecord[][]): LogRecord[] =>
  parts.flat().sort((a, b) => a.timestamp - b.timestamp);
const told = (records: LogRecord[]): Anomaly[] => {
  const watching = detector(WARMUP);
  return [...watching.add(records), ...watching.flush()];
};
const alerts = (records: LogRecord[]): Anomaly[] =>
  told(records).filter(({ anomaly_status }) => anomaly_status !== 'normal');
const at = (seconds: number): string => new Date(START + seconds * 1_000).toISOString();

describe('one grave line', () => {
  for (const level of ['info', 'warn', 'error'] as const)
    test(`is told at once and as critical, written at ${level}`, () => {
      const [anomaly] = alerts(inOrder(calm(0, 100), [record(51, level, 'indexer was killed by signal 9')]));
      assert.equal(anomaly?.detector, 'grave-event');
      assert.equal(anomaly?.anomaly_status, 'critical');
      assert.equal(anomaly?.severity, 5);
      assert.equal(anomaly?.window?.from, at(51));
      assert.equal(anomaly?.count, 1);
    });

  test('that says that nothing is wrong is none', () => {
    const texts = ['scrub done, no corruption found', 'disk error count: 0', 'child exited with code 0'];
    assert.deepEqual(
      alerts(
        inOrder(
          calm(0, 400),
          texts.map((text) => record(301, 'info', text)),
        ),
      ),
      [],
    );
  });

  test('is worth less each time it has come and passed', () => {
    const parts = Array.from({ length: 8 }, (_, i) => [
      record(900 * (i + 1), 'warn', 'segment 7 is corrupted'),
    ]);
    const found = alerts(inOrder(calm(0, 9_000), ...parts));
    assert.ok(found.length >= 1 && found.length <= 5, String(found.length));
  });
});

describe('a kind of failure that begins', () => {
  test('after some hundred calm lines is told, from its first line, as one problem', () => {
    const found = alerts(inOrder(calm(0, 1_600), each(1_000, 1_120, 7, 'error', 'ledger refused entry')));
    assert.ok(found.length > 0);
    assert.equal(found.at(-1)?.anomaly_status, 'critical');
    assert.ok((found.at(-1)?.severity ?? 0) >= 4);
    for (const { window } of found) assert.equal(window?.from, at(1_000.5));
    assert.equal(new Set(found.map(({ template }) => template?.id)).size, 1);
    const lines = found.reduce((sum, { count }) => sum + Number(count), 0);
    assert.ok(lines >= 12 && lines <= 18, String(lines));
  });

  test('is told as well when it is only an information', () => {
    const found = alerts(inOrder(calm(0, 1_600), each(1_000, 1_200, 5, 'info', 'ledger timed out, retry')));
    assert.equal(found[0]?.detector, 'failure-rise');
    assert.equal(found[0]?.window?.from, at(1_000.5));
  });

  test('in a start is none, nor when it was there all the time', () => {
    assert.deepEqual(alerts(inOrder(calm(0, 1_600), each(4, 16, 3, 'error', 'ledger not there yet'))), []);
    assert.deepEqual(alerts(inOrder(calm(0, 4_000), each(0, 4_000, 90, 'error', 'duplicate entry'))), []);
    assert.deepEqual(alerts(inOrder(calm(0, 4_000), each(0, 4_000, 45, 'warn', 'slow reader'))), []);
  });

  test('once is none, nor are attempts that succeed', () => {
    assert.deepEqual(alerts(inOrder(calm(0, 3_000), [record(2_101, 'error', 'entry 9 lost its page')])), []);
    const done = each(1_000, 1_200, 10, 'info', 'succeeded after retry');
    assert.deepEqual(alerts(inOrder(calm(0, 3_000), done)), []);
  });

  test('is none when strangers knock', () => {
    const knocks = each(1_000, 1_200, 3, 'error', 'Failed password for root from 203.0.113.9 port');
    assert.deepEqual(alerts(inOrder(calm(0, 3_000), knocks)), []);
  });
});

describe('the end of a failure', () => {
  const failure = each(1_000, 1_300, 5, 'error', 'health check of ledger failed');
  const wholly = inOrder(calm(0, 2_400), failure);

  test('is no alert: a line that tells of a failure is no heartbeat', () => {
    for (const anomaly of alerts(wholly)) assert.notEqual(anomaly.detector, 'missing-heartbeat');
  });

  test('is told once as normal, under the template of the failure', () => {
    const found = told(wholly);
    const ends = found.filter(
      ({ anomaly_status, detector }) => anomaly_status === 'normal' && detector !== 'tally',
    );
    assert.equal(ends.length, 1);
    assert.equal(ends[0]?.detector, 'recovery');
    assert.equal(ends[0]?.template?.id, found[0]?.template?.id);
    assert.equal(ends[0]?.window?.to, at(1_295.5));
  });

  test('is not told of a service that only fell silent, nor of one grave event', () => {
    const silent = inOrder(calm(0, 1_000), failure, calm(0, 2_400, 'b'));
    assert.ok(told(silent).every(({ detector }) => detector !== 'recovery'));
    const grave = inOrder(calm(0, 2_400), each(1_000, 1_060, 5, 'error', 'page is corrupted'));
    assert.ok(told(grave).every(({ detector }) => detector !== 'recovery'));
  });

  test('is told also by a process that began anew in between', () => {
    const before = detector(WARMUP);
    const cut = wholly.findIndex(({ timestamp }) => timestamp > START + 1_200_000);
    before.add(wholly.slice(0, cut));
    const after = detector(WARMUP);
    after.restore(JSON.parse(JSON.stringify(before.save())));
    const found = after.add(wholly.slice(cut));
    assert.equal(found.filter(({ detector: by }) => by === 'recovery').length, 1);
  });
});

test('the count of an open bucket says its time, and is mended when the bucket closes', () => {
  const flood = Array.from({ length: 400 }, (_, i) =>
    record(1_001 + i / 100, 'error', `publish ${i} failed`),
  );
  const [first, second] = alerts(inOrder(calm(0, 1_000), flood, calm(1_010, 1_040)));
  assert.match(first!.detected_issues.join(), /in 0\.\d+ s/);
  assert.match(second!.detected_issues.join(), /400 errors in 10 s/);
  assert.equal(Number(first?.count) + Number(second?.count), 400);
  assert.notEqual(first?.id, second?.id);
});

describe('measures', () => {
  const pages = (from: number, to: number, ms: (n: number) => number): LogRecord[] =>
    Array.from({ length: (to - from) / 5 }, (_, i) => {
      const second = from + i * 5;
      return record(second, 'info', `page rendered in ${ms(i)} ms`);
    });
  const usual = (n: number): number => 20 + ((n * 7) % 30);

  test('that have moved as a whole are told without any error, from where they left what was seen', () => {
    const slow = [...pages(0, 3_000, usual), ...pages(3_000, 3_600, (n) => 90 + ((n * 7) % 60))];
    const [anomaly] = alerts(slow);
    assert.equal(anomaly?.detector, 'parameter');
    const from = Date.parse(anomaly!.window!.from) - START;
    assert.ok(from >= 3_000_000 && from <= 3_060_000, String(from));
  });

  test('that swing as ever are not, nor is a number without a unit', () => {
    const swinging = pages(0, 6_000, (n) => Math.round(60 + 50 * Math.sin(n / 20)));
    assert.deepEqual(alerts(swinging), []);
    const ids = Array.from({ length: 1_000 }, (_, i) =>
      record(i * 5, 'info', `entry ${1_000 + i * 40} read twice`),
    );
    assert.deepEqual(alerts(ids), []);
  });
});
