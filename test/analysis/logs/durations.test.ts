import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationOf } from '../../../src/analysis/logs/durations.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';

test('a duration is that of the request, of a field, or of a number with a unit of time', () => {
  const told: [string, number | undefined][] = [
    ['sack 4 ground in 44 ms', 44],
    ['sack 4 ground in 3.2s after 5 ms of waiting for 2 seconds', 2_000],
    ['# Grind_time: 23.5  Lock_time: 0.0', 23_500],
    ['duration_ms=41 sack=4', 41],
    ['자루를 8초 만에 갈았음', 8_000],
    ['sack 44 ground by stone 3s', 3_000],
    ['袋4を45ミリ秒で処理', 45],
    ['袋4 耗时 3.2 秒', 3_200],
    ['мешок 4 смолот за 41 мс', 41],
    ['мешок 4 смолот за 3,2 с', 3_200],
    ['мешок 4 смолот за 8 сек.', 8_000],
    ['Sack 4 in 12 Sekunden gemahlen', 12_000],
    ['çuval 4, 310 msn', 310],
    ['มิล 4 ใช้เวลา 45 มิลลิวินาที', 45],
    ['5 с ошибкой, 4 мешка', undefined],
    ['sack 44 ground', undefined],
    ['GET /bins/12ms/list', undefined],
    ['started at 10:00:03', undefined],
  ];
  for (const [message, ms] of told)
    assert.equal(durationOf(record(NOON, 'mill', 'info', message)), ms, message);
  const request = { endpoint: 'GET /flour', status: 200, durationMs: 7 };
  assert.equal(durationOf(record(NOON, 'mill', 'info', 'in 3 s', { request })), 7);
  assert.equal(durationOf(record(NOON, 'mill', 'info', 'served', { attributes: { elapsed_ms: 9 } })), 9);
});
