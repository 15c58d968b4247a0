import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Anomaly } from '../../../src/domain/alert/anomaly.ts';
import { type AnomalyRead, readAnomalies } from '../../../src/domain/alert/anomaly-reading.ts';

const RECEIVED = 1_700_000_000_000;
const from = { position: 'log-anomalies/3/17/5', receivedAt: RECEIVED, zone: 'Asia/Seoul' };
const GOOD = {
  anomaly_status: 'critical',
  confidence: 0.92,
  detected_issues: ['연결 실패'],
  explanation: '데이터베이스 연결 실패',
};
const read = (value: unknown): AnomalyRead[] =>
  readAnomalies(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), from);
const anomalyOf = (value: unknown): Anomaly => {
  const [first, ...more] = read(value);
  assert.deepEqual(more, []);
  assert.ok(first && 'anomaly' in first, JSON.stringify(first));
  return first.anomaly;
};
const wrongOf = (value: unknown): string => {
  const [first] = read(value);
  return first && 'wrong' in first ? `${first.wrong.code}: ${first.wrong.message}` : 'read';
};

test('what has only one meaning is read, however a producer writes it', () => {
  for (const [fields, field, expected] of [
    [{ anomaly_status: 'CRITICAL' }, 'anomaly_status', 'critical'],
    [{ anomaly_status: ' Warning\r\n' }, 'anomaly_status', 'warning'],
    [{ anomaly_status: '\ufeffNORMAL' }, 'anomaly_status', 'normal'],
    [{ confidence: '0.92' }, 'confidence', 0.92],
    [{ confidence: ' .5 ' }, 'confidence', 0.5],
    [{ confidence: '9.2e-1' }, 'confidence', 0.92],
    [{ confidence: '1' }, 'confidence', 1],
    [{ confidence: '0,92' }, 'confidence', 0.92],
    [{ confidence: '92%' }, 'confidence', 0.92],
    [{ confidence: '87.5 %' }, 'confidence', 0.875],
    [{ detected_issues: 'disk failure' }, 'detected_issues', ['disk failure']],
    [{ detected_issues: ['a', null, 'b', ''] }, 'detected_issues', ['a', 'b']],
    [{ detected_issues: [['a', null], 'b', ['c']] }, 'detected_issues', ['a', 'b', 'c']],
    [{ detected_issues: [42, true] }, 'detected_issues', ['42', 'true']],
    [{ detected_issues: null }, 'detected_issues', []],
    [{ explanation: 5 }, 'explanation', '5'],
    [{ explanation: ['one', null, 'two'] }, 'explanation', 'one\ntwo'],
    [{ severity: '4' }, 'severity', 4],
    [{ score: '12.5' }, 'score', 12.5],
    [{ service: 42 }, 'service', '42'],
    [{ service: ' payment ' }, 'service', 'payment'],
    [{ sample_lines: 'ERROR x' }, 'sample_lines', ['ERROR x']],
    [{ sample_lines: ['a', null] }, 'sample_lines', ['a']],
  ] as [object, keyof Anomaly, unknown][])
    assert.deepEqual(anomalyOf({ ...GOOD, ...fields })[field], expected, JSON.stringify(fields));
});

test('an epoch is of the unit its magnitude tells, also as text', () => {
  const expected = '2023-11-14T22:13:20.000Z';
  for (const at of [
    1_700_000_000,
    1_700_000_000_000,
    1_700_000_000_000_000,
    1_700_000_000_000_000_000,
    '1700000000',
    '1700000000000',
    '1700000000000000',
    '1700000000000000000',
    ' 1700000000.000 ',
    1.7e9,
    '2023-11-14T22:13:20Z',
    '2023-11-15T07:13:20',
    '2023-11-15 07:13:20',
  ]) {
    const anomaly = anomalyOf({ ...GOOD, detected_at: at, window: { from: at, to: at } });
    assert.equal(anomaly.detected_at, expected, String(at));
    assert.deepEqual(anomaly.window, { from: expected, to: expected }, String(at));
  }
  for (const at of [0, 5, 20_231_114, -1_700_000_000, 1e300, 'soon', '', null, true, {}])
    assert.equal(anomalyOf({ ...GOOD, detected_at: at }).detected_at, expected, `${at}: when it came`);
});

test('texts that are longer than the contract allows are cut, not refused', () => {
  const long = anomalyOf({
    ...GOOD,
    detected_issues: Array.from({ length: 300 }, () => 'x'.repeat(2_001)),
    explanation: 'y'.repeat(150_000),
    service: 's'.repeat(500),
  });
  assert.equal(long.detected_issues.length, 200);
  assert.ok(long.detected_issues.every((issue) => issue.length <= 2_000));
  assert.ok(long.explanation.length <= 100_000);
  assert.equal(long.service.length, 200);
});

test('what could mean more than one thing is refused, with the field', () => {
  for (const [fields, expected] of [
    [{ anomaly_status: 'on fire' }, /anomaly_status/],
    [{ anomaly_status: 'crit' }, /anomaly_status/],
    [{ anomaly_status: true }, /anomaly_status/],
    [{ confidence: 92 }, /confidence/],
    [{ confidence: '92' }, /confidence/],
    [{ confidence: 'high' }, /confidence/],
    [{ confidence: '1,2' }, /confidence/],
    [{ confidence: true }, /confidence/],
    [{ confidence: '' }, /confidence/],
    [{ confidence: null }, /confidence/],
    [{ confidence: '150%' }, /confidence/],
    [{ confidence: '0x1' }, /confidence/],
    [{ detected_issues: [{ text: 'a' }] }, /detected_issues/],
    [{ detected_issues: { text: 'a' } }, /detected_issues.*received object/],
    [{ explanation: null }, /explanation/],
    [{ explanation: { text: 'a' } }, /explanation/],
  ] as [object, RegExp][])
    assert.match(wrongOf({ ...GOOD, ...fields }), expected, JSON.stringify(fields));
  for (const value of [
    '',
    '   ',
    'null',
    '7',
    '"text"',
    'not json',
    '{"a":',
    '{"anomaly_status":"critical"}',
  ])
    assert.match(wrongOf(value), /^malformed: /, value);
  assert.match(wrongOf('x'.repeat(1_100_000)), /^too_large: /);
  assert.match(JSON.stringify(readAnomalies(Buffer.from([0x7b, 0xff]), from)), /malformed/);
});

test('a message with a byte order mark, with blanks around it, or encoded twice', () => {
  const text = JSON.stringify(GOOD);
  for (const value of [`\ufeff${text}`, `\r\n ${text}\n\n`, JSON.stringify(text), `\ufeff\ufeff${text}`])
    assert.equal(anomalyOf(value).confidence, 0.92);
});

test('of a batch the good elements are taken, each with an id of its own; the bad ones stand alone', () => {
  const bad = '{ "anomaly_status" : "critical", "confidence": 7, "n": 12345678901234567890, "s": "]}\\"" }';
  const list = [JSON.stringify(GOOD), 'null', bad, JSON.stringify({ ...GOOD, id: 'own' }), '[1, 2]', '"x,]"'];
  for (const text of [
    `[${list.join(' ,\n')}]`,
    `\ufeff {"type":"x","data":[0], "n": {"data": [9]}, "da\\u0074a" : [${list.join(',')}]}`,
    JSON.stringify(`[${list.join(',')}]`),
  ]) {
    const all = read(text);
    const ids = all.flatMap((one) => ('anomaly' in one ? [one.anomaly.id] : []));
    assert.deepEqual(ids, ['log-anomalies/3/17/5/0', 'own'], text);
    assert.deepEqual(
      all.flatMap((one) => ('wrong' in one ? [[one.element?.index, one.element?.text]] : [])),
      [
        [1, 'null'],
        [2, bad],
        [4, '[1, 2]'],
        [5, '"x,]"'],
      ],
      text,
    );
    assert.deepEqual(read(text), all, 'the same again');
  }
});

test('a batch without a good element, or with many bad ones, is put aside whole; an empty one is nothing', () => {
  for (const [bad, good] of [
    [1, 0],
    [50_000, 0],
    [101, 3],
  ] as const) {
    const all = read([
      ...Array.from({ length: bad }, () => null),
      ...Array.from({ length: good }, () => GOOD),
    ]);
    const wrong = all.filter((one) => 'wrong' in one);
    assert.equal(all.length, good + 1);
    assert.equal(wrong[0]!.element, undefined);
    assert.match(wrong[0]!.wrong.message, new RegExp(`^${bad} of ${bad + good} elements`));
  }
  assert.deepEqual([...read([]), ...read({ type: 'x', data: [] })], []);
});

test('an anomaly with a field `data` of its own is one anomaly', () => {
  assert.deepEqual(anomalyOf({ ...GOOD, data: [1, null] }).data, [1, null]);
});

test('a message of JSON Lines is a batch of its lines', () => {
  const good = JSON.stringify(GOOD);
  const all = read(`\ufeff${good}\r\n\n{"anomaly_status" : "critical"}\n${good}\nnot json\n`);
  assert.deepEqual(
    all.map((one) => ('anomaly' in one ? one.anomaly.id : [one.element?.index, one.element?.text])),
    [
      'log-anomalies/3/17/5/0',
      [1, '{"anomaly_status" : "critical"}'],
      'log-anomalies/3/17/5/2',
      [3, 'not json'],
    ],
  );
  for (const value of [`not json\n${good}`, `${good} ${good}`, '{\n"a":1\n', `${good}trailing`])
    assert.equal(wrongOf(value), 'malformed: not JSON', value);
});

test('figures that JSON has no word for cost no alert; the element that needs one stands alone', () => {
  const text = JSON.stringify(GOOD);
  const scored = `${text.slice(0, -1)},"score":NaN,"baseline":-Infinity}\0`;
  const anomaly = anomalyOf(scored);
  assert.deepEqual([anomaly.confidence, anomaly.score, anomaly.baseline], [0.92, undefined, null]);
  const bad = text.replace('0.92', 'NaN');
  const all = read(`[${scored.slice(0, -1)}, ${bad} ]`);
  assert.deepEqual(
    all.map((one) => ('anomaly' in one ? 'read' : [one.wrong.message.split(':')[0], one.element?.text])),
    ['read', ['confidence', bad]],
  );
});

test('an object in place of a text costs at most its message, whatever length it says it has', () => {
  assert.equal(anomalyOf({ ...GOOD, service: { length: -1 } }).service, 'unknown');
  assert.equal(
    wrongOf({ ...GOOD, service: { length: { toString: 1 } } }),
    'malformed: (top level): cannot be read',
  );
});
