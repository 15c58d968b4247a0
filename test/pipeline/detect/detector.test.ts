import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hostileShapes } from '../../../scripts/bench/hostile-shapes.ts';
import { type Anomaly, anomalyWire } from '../../../src/domain/alert/anomaly.ts';
import type { Level, LogRecord } from '../../../src/domain/log/record.ts';
import { cutText } from '../../../src/domain/log/record.ts';
import { createDetector } from '../../../src/pipeline/detect/detector.ts';
import { createMiner } from '../../../src/pipeline/mining/miner.ts';
import { createNormalizer } from '../../../src/pipeline/normalize/normalize.ts';
import { syslogLine } from '../../../src/pipeline/sources/syslog/message.ts';

const START = Date.UTC(2026, 0, 1);
let serial = 0;
function record(seconds: number, level: Level, text: string, service = 'a'): LogRecord {
  const pattern = text.replace(/\d+/g, '<*>');
  return {
    id: String(serial++),
    timestamp: START + seconds * 1_000,
    level,
    service,
    message: text,
    line: `${seconds} ${text}`,
    attributes: {},
    template: { id: pattern, pattern },
  };
}
const open = (more: object = {}) =>
  createDetector({
    warmup: 100,
    bucketMs: 10_000,
    warning: 0.6,
    critical: 0.85,
    language: 'en',
    timeZone: 'UTC',
    ...more,
  });
/** Ten ordinary lines a second, and an error of a known kind now and then. */
function quiet(from: number, to: number, service = 'a', errorEvery = 60): LogRecord[] {
  const records: LogRecord[] = [];
  for (let second = from; second < to; second++) {
    for (let n = 0; n < 10; n++) records.push(record(second, 'info', `served request ${n}`, service));
    if (second % errorEvery === 0) records.push(record(second, 'error', `retry ${second} failed`, service));
  }
  return records;
}

describe('detector', () => {
  test('says nothing about an ordinary day', () => {
    const detector = open();
    assert.deepEqual(detector.add(quiet(0, 3_600)), []);
    assert.deepEqual(detector.flush(), []);
  });

  test('says nothing while it warms up', () => {
    const detector = open();
    // Not only failures: those need no past to compare with.
    const mixed = Array.from({ length: 90 }, (_, i) =>
      i % 3 === 0 ? record(i / 9, 'error', `boot problem ${i}`) : record(i / 9, 'info', `booted part ${i}`),
    );
    assert.deepEqual([...detector.add(mixed), ...detector.flush()], []);
  });

  test('an error burst is critical at once, on the line that makes it certain', () => {
    const detector = open();
    detector.add(quiet(0, 300));
    const found: Anomaly[] = [];
    let needed = 0;
    for (let i = 0; i < 40 && found.length === 0; i++, needed++)
      found.push(...detector.add([record(301 + i / 20, 'error', `retry ${i} failed`)]));
    assert.equal(found.length, 1);
    assert.ok(needed <= 20, String(needed));
    const [anomaly] = found as [Anomaly];
    anomalyWire.parse(anomaly);
    assert.equal(anomaly.anomaly_status, 'critical');
    assert.ok(anomaly.confidence >= 0.85 && anomaly.confidence <= 1);
    assert.match(anomaly.explanation, /8 of 8 lines in 0\.35 s were errors, usually none/);
    assert.ok(anomaly.sample_lines!.length > 0);
  });

  test('times of day are told with 24 hours, in both languages', () => {
    for (const language of ['en', 'ko']) {
      const detector = open({ language, timeZone: 'Pacific/Kiritimati' });
      detector.add(quiet(0, 300));
      const found = [301, 311, 331].flatMap((second) =>
        detector.add(
          Array.from({ length: 60 }, (_, i) => record(second + i / 20, 'error', `retry ${i} failed`)),
        ),
      );
      const told = found.map((anomaly) => anomaly.explanation).join(' ');
      assert.match(told, language === 'en' ? /since 14:05:01\./ : / 14:05:01부터/);
      assert.doesNotMatch(told, /PM|오후|시 /);
    }
  });

  test('one new error is a warning, told when its bucket closes or the source ends', () => {
    const detector = open();
    detector.add(quiet(0, 300));
    assert.deepEqual(detector.add([record(301, 'error', 'disk controller lost')]), []);
    const [anomaly] = detector.flush();
    assert.equal(anomaly?.anomaly_status, 'warning');
    assert.equal(anomaly?.detector, 'new-template');
    assert.equal(anomaly?.detected_issues[0], 'disk controller lost');
    assert.deepEqual(detector.flush(), []);
  });

  test('a service that dies after its last error is judged by the clock of the others', () => {
    const detector = open();
    for (let second = 0; second < 300; second += 10)
      detector.add([...quiet(second, second + 10, 'a'), ...quiet(second, second + 10, 'b')]);
    assert.deepEqual(detector.add([record(301, 'error', 'disk controller lost', 'b')]), []);
    const found = detector.add(quiet(302, 330, 'a'));
    assert.deepEqual(
      found.map(({ service }) => service),
      ['b'],
    );
  });

  test('what lasts is reported ever more rarely, with its counts, under one template', () => {
    const detector = open();
    detector.add(quiet(0, 300));
    const found: Anomaly[] = [];
    for (let i = 0; i < 6_000; i++) {
      const kind = ['pool dry', 'query cancelled', 'no answer'][i % 3]!;
      found.push(...detector.add([record(300 + i / 10, 'error', `${kind} ${i}`)]));
    }
    assert.ok(found.length >= 4 && found.length <= 8, String(found.length));
    assert.equal(new Set(found.map(({ template }) => template?.id)).size, 1);
    const counts = found.map(({ count }) => Number(count));
    assert.ok(counts.at(-1)! > counts[1]!, counts.join());
  });

  test('a service that says something new all the time is not news', () => {
    const detector = open();
    detector.add(quiet(0, 300));
    const letters = (n: number): string => [...String(n)].map((d) => 'abcdefghij'[Number(d)]).join('');
    const rambling: LogRecord[] = [];
    for (let i = 0; i < 300; i++) rambling.push(record(300 + i * 12, 'error', `odd ${letters(i)} thing`));
    const all = [...detector.add(rambling), ...detector.flush()];
    const found = all.filter(({ detector }) => detector !== 'tally');
    assert.ok(found.length <= 12, String(found.length));
    assert.ok(found.every(({ anomaly_status }) => anomaly_status === 'warning'));
  });

  test('a wrong clock does not deafen it for ever', () => {
    const detector = open();
    detector.add(quiet(0, 300));
    detector.add([record(3e8, 'info', 'served request 1')]);
    detector.add(quiet(300, 400));
    const burst = Array.from({ length: 40 }, (_, i) => record(401 + i / 10, 'error', `retry ${i} failed`));
    assert.ok([...detector.add(burst), ...detector.flush()].length > 0);
  });

  test('the same records give the same anomalies, in batches of any size', () => {
    const records = [...quiet(0, 300)];
    for (let i = 0; i < 100; i++) records.push(record(301 + i / 5, 'error', `pool dry ${i}`));
    const whole = open();
    const expected = [...whole.add(records), ...whole.flush()];
    const pieces = open();
    const found: Anomaly[] = [];
    for (let at = 0; at < records.length; at += 7) found.push(...pieces.add(records.slice(at, at + 7)));
    found.push(...pieces.flush());
    assert.deepEqual(found, expected);
    assert.ok(expected.length > 0);
  });
});

const AT = Date.UTC(2026, 10, 21);

test('lines made to cost much go all the way, and their text is kept', () => {
  const normalize = createNormalizer({ timeZone: 'UTC', now: () => AT });
  const miner = createMiner();
  const detector = createDetector({
    warmup: 0,
    bucketMs: 10_000,
    warning: 0.6,
    critical: 0.85,
    language: 'en',
    timeZone: 'UTC',
  });
  let position = 0;
  for (const { name, text } of hostileShapes()) {
    position += 1;
    // A part of the pairs of characters; all of them are in the bench.
    if (name.startsWith('pair') && position % 8 !== 0) continue;
    const line = syslogLine(text, { sender: '10.0.0.1', position: String(position), receivedAt: AT });
    const record = normalize(line);
    assert.equal(record.line, cutText(text), name);
    record.template = miner.add(record.message).template;
    detector.add([record]);
  }
  assert.ok(position > 200);
});
