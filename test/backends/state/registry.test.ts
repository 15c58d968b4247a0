import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRegistry } from '../../../src/backends/state/registry.ts';
import type { TuningRecord } from '../../../src/domain/job/job.ts';
import { memoryState } from '../../fakes/state.ts';

const card: TuningRecord['card'] = {
  version: 'v',
  hash: 'v',
  from: 0,
  to: 0,
  counts: {
    alerts: { train: 0, test: 0 },
    anomaly: { train: 0, test: 0 },
    sentiment: { train: 0, test: 0 },
    summary: { train: 0, test: 0 },
  },
  sources: { confirmed: 0, rejected: 0, corrected: 0, resolved: 0, agreed: 0 },
  repeated: 0,
};
const record = (at: number, promoted = true): TuningRecord => ({
  target: 'anomaly',
  trainer: 'ollama',
  at,
  night: String(at),
  card,
  promoted,
  reason: promoted ? 'better' : 'not_better',
  ...(promoted ? { tuned: { kind: 'model', base: 'small', name: `variant-${at}` } } : {}),
});

test('a candidate that was compared with what no longer serves is not promoted', async () => {
  const registry = openRegistry(memoryState());
  await registry.add(record(1), undefined);
  assert.equal(await registry.servingSince('anomaly'), 1);
  await registry.add(record(2), 1);
  // It was compared with the first one; meanwhile another training took over.
  const late = await registry.add(record(3), 1);
  assert.deepEqual([late.promoted, late.reason, late.tuned], [false, 'overtaken', undefined]);
  assert.equal(await registry.servingSince('anomaly'), 2);
  assert.deepEqual((await registry.add(record(4, false), 1)).reason, 'not_better');
  await registry.rollBack('anomaly');
  assert.equal((await registry.add(record(5), 2)).reason, 'overtaken', 'rolled back meanwhile');
  assert.equal((await registry.add(record(6), 1)).promoted, true);
});
