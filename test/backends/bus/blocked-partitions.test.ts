import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlockedPartitions } from '../../../src/backends/bus/blocked-partitions.ts';
import { AppError, toAppError } from '../../../src/domain/errors.ts';

test('what is told of a batch that is held back quotes no message, whatever its handler threw', () => {
  const refusals = new BlockedPartitions('t');
  for (let times = 0; times < 4; times += 1) {
    refusals.refused(0, '7', toAppError(new TypeError('cannot read "password=hunter2"')));
    refusals.refused(1, '9', new AppError('unavailable', 'the store is away'));
  }
  const [unforeseen, away] = refusals.trouble();
  assert.deepEqual(unforeseen, [
    'heldBack',
    { topic: 't', partition: 0, offset: '7', times: 4, error: 'internal' },
  ]);
  assert.match(JSON.stringify(away), /unavailable: the store is away/);
});
