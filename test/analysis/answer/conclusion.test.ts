import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';
import { answerPasted, answerWhy } from '../harness.ts';

const MINUTE = 60_000;
const SHOP_DAY = 24 * 60 * MINUTE;
const steady = (of: (i: number) => LogRecord) => Array.from({ length: 600 }, (_, i) => of(i));

test('errors at the same rate all the time are no news, with or without a time before', async () => {
  const logs = steady((i) =>
    i % 7 === 3
      ? record(NOON + i * MINUTE, 'sum', 'error', `could not add item ${i}`)
      : record(NOON + i * MINUTE, 'sum', 'info', `added item ${i}`),
  );
  const all = { from: NOON - SHOP_DAY, to: NOON + SHOP_DAY };
  const late = { from: NOON + 300 * MINUTE, to: NOON + 600 * MINUTE };
  for (const window of [all, late]) {
    const answer = await answerWhy(logs, { window });
    assert.equal(answer.verdict, 'inconclusive');
    assert.equal(answer.anomaly_status, 'normal');
    assert.equal(answer.confidence, 0);
    assert.ok(answer.causes.every(({ confidence }) => confidence === 0));
    assert.match(answer.explanation, /same rate all the time|no more than the time before/);
  }
  assert.match((await answerWhy(logs, { window: all, language: 'ko' })).explanation, /비슷한 빈도/);
});

test('where nothing lies before, what grows is found, and what came all the time is not confirmed', async () => {
  const window = { from: NOON - SHOP_DAY, to: NOON + SHOP_DAY };
  const grown = steady((i) =>
    i > 540
      ? record(NOON + i * MINUTE, 'sum', 'error', `could not add item ${i}`)
      : record(NOON + i * MINUTE, 'sum', 'info', `added item ${i}`),
  );
  assert.equal((await answerWhy(grown, { window })).verdict, 'likely');
  const refused = steady((i) => {
    const service = ['api', 'cart', 'web'][i % 3]!;
    return i % 2 === 0
      ? record(NOON + i * MINUTE, service, 'error', 'connect to stock:5432: connection refused')
      : record(NOON + i * MINUTE, i % 4 === 1 ? 'stock' : service, 'info', `done ${i}`);
  });
  const answer = await answerWhy(refused, { window });
  assert.equal(answer.causes[0]?.service, 'stock');
  // It goes on working while they say so, and they say so all the time.
  assert.equal(answer.verdict, 'inconclusive');
});

test('causes stand in the order of the number that is shown, and none is surer than the answer', async () => {
  const logs = [record(NOON, 'backup', 'error', 'no space left on device')];
  for (let i = 0; i < 60; i += 1) {
    logs.push(record(NOON + i * 1_000, 'mail', 'error', `mail ${i} not sent: out of memory`));
    logs.push(record(NOON + i * 1_000, 'print', 'error', `page ${i} lost: deadlock`));
  }
  const answer = await answerWhy(logs, { window: { from: NOON - MINUTE, to: NOON + MINUTE } });
  const shown = answer.causes.map(({ confidence }) => confidence);
  assert.ok(shown.length >= 3);
  assert.deepEqual(
    shown,
    shown.toSorted((a, b) => b - a),
  );
  assert.ok(shown.every((confidence) => confidence <= answer.confidence));
});

const calm = (count: number): string =>
  Array.from(
    { length: count },
    (_, i) => `2026-03-01T12:00:${10 + (i % 40)}Z INFO shop: upload ${i} done`,
  ).join('\n');

test('calm lines that come along change neither state nor severity', async () => {
  const severity: Record<string, number> = {
    'ERROR shop: retry of upload failed once, will retry': 2,
    'ERROR shop: OutOfMemoryError: heap space': 3,
    'FATAL shop: giving up': 4,
    'WARN shop: could not send metrics': 2,
  };
  for (const [line, expected] of Object.entries(severity)) {
    const answers = [];
    for (const count of [0, 9, 99]) {
      const text = `${calm(count)}\n2026-03-01T12:00:59Z ${line}`;
      const { anomaly_status, severity, verdict, error_type } = await answerPasted(text);
      answers.push({ anomaly_status, severity, verdict, error_type });
    }
    assert.equal(answers[0]!.severity, expected, line);
    assert.deepEqual(answers, Array(3).fill(answers[0]), line);
  }
});

test('a lone warning is no error', async () => {
  const answer = await answerPasted('WARN shop: could not send metrics');
  assert.equal(answer.error_type, 'warning');
  assert.equal(answer.anomaly_status, 'warning');
});

test('many lines of which many are errors are worse than few', async () => {
  const failing = (count: number) =>
    Array.from({ length: count }, () => '2026-03-01T12:00:59Z ERROR shop: order not stored: timeout').join(
      '\n',
    );
  const few = await answerPasted(`${calm(99)}\n${failing(1)}`);
  const many = await answerPasted(`${calm(60)}\n${failing(40)}`);
  assert.equal(few.severity, 3);
  assert.equal(many.severity, 5);
});
