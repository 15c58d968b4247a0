import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { anomalyWire, completeAnomaly } from '../../src/domain/alert/anomaly.ts';
import { AppError, toAppError } from '../../src/domain/errors.ts';
import { cutText, originalLength } from '../../src/domain/log/record.ts';
import { readable } from '../../src/domain/log/template.ts';
import { decodeAction, encodeAction } from '../../src/domain/question/message.ts';
import { languageOf, parseDuration } from '../../src/domain/question/question.ts';

describe('anomaly contract', () => {
  const foreign = {
    anomaly_status: 'critical',
    confidence: 0.92,
    detected_issues: ['연결 실패', '재시도 실패'],
    explanation: '데이터베이스 연결 실패',
  };

  test('four fields from any producer are enough; identity comes from the position', () => {
    const anomaly = completeAnomaly(anomalyWire.parse(foreign), 'log-anomalies/3/17', 1_700_000_000_000);
    assert.equal(anomaly.id, 'log-anomalies/3/17');
    assert.equal(anomaly.service, 'unknown');
    assert.equal(anomaly.severity, 5);
    assert.equal(anomaly.detected_at, '2023-11-14T22:13:20.000Z');
  });

  test('unknown fields are kept and epoch times are understood', () => {
    const wire = anomalyWire.parse({ ...foreign, team: 'core', detected_at: 1_700_000_000_000 });
    assert.equal(wire.team, 'core');
    assert.equal(wire.detected_at, '2023-11-14T22:13:20.000Z');
  });

  test('a wrong shape is refused with the path of the field', () => {
    for (const [field, value] of [
      ['anomaly_status', 'bad'],
      ['confidence', 1.2],
      ['detected_issues', 'x'],
      ['explanation', null],
    ] as const) {
      const result = anomalyWire.safeParse({ ...foreign, [field]: value });
      assert.deepEqual(result.error?.issues[0]?.path[0], field);
    }
  });

  test('an optional field that is null or makes no sense does not cost the alert', () => {
    for (const [field, value] of [
      ['service', null],
      ['service', ''],
      ['host', null],
      ['detected_at', 'soon'],
      ['detected_at', 1e300],
      ['window', null],
      ['window', { from: 'x' }],
      ['score', null],
      ['severity', 9],
      ['severity', '3'],
      ['sample_lines', null],
    ] as const) {
      const wire = anomalyWire.parse({ ...foreign, [field]: value });
      const anomaly = completeAnomaly(wire, 'log-anomalies/3/17', 1_700_000_000_000);
      assert.deepEqual(
        [anomaly.service, anomaly.severity, anomaly.detected_at],
        ['unknown', 5, '2023-11-14T22:13:20.000Z'],
        `${field}: ${value}`,
      );
    }
    assert.equal(anomalyWire.parse({ ...foreign, id: 5 }).id, '5');
  });

  test('times that name no zone are of the configured one', () => {
    const at = '2023-04-25T01:00:00';
    const wire = anomalyWire.parse({ ...foreign, detected_at: at, window: { from: at, to: `${at}.5` } });
    const anomaly = completeAnomaly(wire, 'x', 0, 'Asia/Seoul');
    assert.equal(anomaly.detected_at, '2023-04-24T16:00:00.000Z');
    assert.deepEqual(anomaly.window, { from: '2023-04-24T16:00:00.000Z', to: '2023-04-24T16:00:00.500Z' });
    assert.equal(completeAnomaly(wire, 'x', 0).detected_at, '2023-04-25T01:00:00.000Z');
  });
});

describe('durations', () => {
  const minute = 60_000;
  for (const [text, expected] of [
    ['30m', 30 * minute],
    ['1h30m', 90 * minute],
    ['2시간', 120 * minute],
    ['1시간 30분', 90 * minute],
    ['1.5h', 90 * minute],
    ['7d', 7 * 1440 * minute],
  ] as const)
    test(text, () => assert.equal(parseDuration(text), expected));
  for (const text of ['', 'm', '10', '-5m', '0s', '91d', '1h banana', '9999999999999999h'])
    test(`"${text}" is none`, () => assert.equal(parseDuration(text), undefined));
});

test('language is told by script', () => {
  assert.equal(languageOf('왜 느려요?', 'en'), 'ko');
  assert.equal(languageOf('why slow', 'ko'), 'en');
  assert.equal(languageOf('30m', 'ko'), 'ko');
});

test('cutting says how much is missing and never splits a character', () => {
  assert.equal(cutText('짧다', 10), '짧다');
  const cut = cutText('😀'.repeat(100), 40);
  const [, head, left, tail] = /^(.+) …\[\+(\d+) chars\]… (.+)$/.exec(cut)!;
  assert.ok(cut.length <= 40 && cut.isWellFormed(), cut);
  assert.equal(head!.length + Number(left) + tail!.length, 200);
  const twice = cutText(`${'a'.repeat(30)}${cutText('b'.repeat(5_000), 60)}${'c'.repeat(30)}`, 50);
  assert.equal(originalLength(twice), 5_060);
  assert.ok(twice.startsWith('aaa') && twice.endsWith('ccc'));
});

test('actions survive a trip through a button, anything else is refused', () => {
  const action = { name: 'mute', subject: 'inc-1', value: '3600000' } as const;
  assert.deepEqual(decodeAction(encodeAction(action)), action);
  for (const text of ['', 'mute', 'drop|x', 'mute|']) assert.equal(decodeAction(text), undefined);
});

test('any thrown value becomes an AppError that knows whether to try again', () => {
  assert.equal(toAppError(new AppError('rate_limited', 'slow down')).retryable, true);
  assert.equal(toAppError(AbortSignal.abort().reason).code, 'stopped');
  assert.equal(toAppError('boom').code, 'internal');
  assert.equal(new AppError('malformed', 'x').retryable, false);
});

test('a template is read with ellipses for what varies, and no quote is left open', () => {
  assert.equal(readable('query "<*>" hits=<*> took=<*>'), 'query … hits=… took=…');
  assert.equal(readable('"GET <*> <*>'), 'GET …');
  assert.equal(readable('said "no such table" <*>, <*>'), 'said "no such table" …');
});
