import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogRecord } from '../../../../src/domain/log/record.ts';
import { CALM, GRAVE } from '../../../../src/lexicon/gravity.ts';
import { OrderlyStop } from '../../../../src/pipeline/detect/trouble/orderly-stop.ts';

const at = (timestamp: number, message: string) => ({ timestamp, message }) as LogRecord;

test('what a supervisor says after an order to end is no failure; later, or without an order, it is', () => {
  const stop = new OrderlyStop();
  const failed = "depot.service: Failed with result 'exit-code'.";
  assert.equal(stop.weigh(at(0, failed), GRAVE), GRAVE);
  assert.equal(stop.weigh(at(1_000, 'depot.service: code=exited, status=143/n/a'), CALM), CALM);
  assert.equal(stop.weigh(at(1_200, failed), GRAVE), CALM);
  assert.equal(stop.weigh(at(1_300, 'disk sdb: I/O error'), GRAVE), GRAVE);
  assert.equal(stop.weigh(at(90_000, failed), GRAVE), GRAVE);
});
