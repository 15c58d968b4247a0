import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTokens } from '../../../../src/pipeline/detect/sessions/tokens.ts';
import { record } from '../harness.ts';

/** Which numbers of a message are measures, in their order. */
function measured(message: string): boolean[] {
  const { numbers, measured: bits } = readTokens(record(0, 'info', message));
  return numbers.map((_, index) => ((bits >> index) & 1) === 1);
}

test('a number is a measure by its unit or its name', () => {
  for (const message of [
    'answered in 31 ms',
    'rt=31 done',
    'took 31',
    'replication_lag: 31',
    'replicationLag=31',
    'durationMs=31',
    'wait_s=31',
    'queue depth 31',
    '대기 31 건',
    '注文を31ミリ秒で処理',
    '处理耗时 31 毫秒',
    'обработан за 31 мс',
    'işlendi, 31 msn',
    'verarbeitet in 31 Millisekunden',
  ])
    assert.deepEqual(measured(message), [true], message);
});

test('a name that only ends with the letters of a unit tells of no measure', () => {
  for (const message of ['port 8443', 'items 31', 'restart 3', 'flag 12', 'params: 31', 'columns=31'])
    assert.deepEqual(measured(message), [false], message);
});
