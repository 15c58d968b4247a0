import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import { namedNumber } from '../../../src/pipeline/detect/named-number.ts';

const named = (message: string, value: number, more: Partial<LogRecord> = {}) =>
  namedNumber({ message, attributes: {}, ...more } as LogRecord, value);

test('a number has the name of its field, and its unit', () => {
  assert.deepEqual(named('stock read took=494ms rows=3', 494), { name: 'took', unit: 'ms' });
  assert.deepEqual(named('stock read, duration_ms: 494', 494), { name: 'duration_ms', unit: 'ms' });
  assert.deepEqual(named('{"elapsedMs": 12.5}', 12.5), { name: 'elapsedMs', unit: 'ms' });
  assert.deepEqual(named('queue depth 900', 900), { name: 'depth', unit: '' });
  assert.deepEqual(named('heap usage = 97 %', 97), { name: 'usage', unit: '%' });
  assert.deepEqual(named('done', 7, { attributes: { size_bytes: 7 } }), {
    name: 'size_bytes',
    unit: 'bytes',
  });
});

test('a number without a name is told by its unit', () => {
  assert.deepEqual(named('answered in 1280.0 ms to 7 callers', 1280), { kind: 'time', unit: 'ms' });
  assert.deepEqual(named('재고 조회 494ms', 494), { kind: 'time', unit: 'ms' });
  assert.deepEqual(named('wrote 31 MB', 31), { kind: 'size', unit: 'MB' });
  assert.deepEqual(named('closed with 507 twice', 507), { unit: '' });
  assert.deepEqual(named('nothing here', 5), { unit: '' });
});

test('what is known of a request has a word of its own', () => {
  const request = { endpoint: 'GET /', status: 503, durationMs: 494 };
  assert.deepEqual(named('GET / 503 494', 494, { request }), { kind: 'responseTime', unit: 'ms' });
  assert.deepEqual(named('GET / 503 494', 503, { request }), { kind: 'status', unit: '' });
});
