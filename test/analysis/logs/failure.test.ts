import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureKind, recordFailure } from '../../../src/analysis/logs/failure.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';

test('the reason of a structured line is read from its own field', () => {
  const entry = record(NOON, 'a', 'error', 'request error', {
    attributes: { error: 'dial tcp: lookup billing on 10.0.0.2:53: no such host' },
  });
  assert.equal(recordFailure(entry), 'dns');
});

test('failure vocabulary: kinds, and lines that only look like failures', () => {
  assert.equal(failureKind('java.lang.OutOfMemoryError: Java heap space'), 'memory');
  assert.equal(failureKind('remaining connection slots are reserved'), 'pool');
  assert.equal(failureKind('데이터베이스 연결이 거부되었습니다'), 'refused');
  assert.equal(failureKind('request finished'), undefined);
  assert.equal(recordFailure(record(NOON, 'a', 'info', 'finished with 0 errors')), undefined);
  assert.equal(recordFailure(record(NOON, 'a', 'info', 'registered error handler')), undefined);
  assert.equal(
    recordFailure(record(NOON, 'a', 'error', '    at com.shop.Cart.add(Cart.java:41)')),
    undefined,
  );
});
