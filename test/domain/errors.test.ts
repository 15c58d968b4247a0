import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError, toAppError } from '../../src/domain/errors.ts';

test('any thrown value becomes an AppError that knows whether to try again', () => {
  assert.equal(toAppError(new AppError('rate_limited', 'slow down')).retryable, true);
  assert.equal(toAppError(AbortSignal.abort().reason).code, 'stopped');
  assert.equal(toAppError('boom').code, 'internal');
  assert.equal(new AppError('malformed', 'x').retryable, false);
});
