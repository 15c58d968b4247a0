import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHashCache } from '../../../src/pipeline/mining/hash-cache.ts';

test('gives what was set, also where slots collide', () => {
  const cache = createHashCache<string>(8);
  // All of these begin their search at one slot.
  for (let i = 1; i <= 6; i++) cache.set(i * 64, 0, `value ${i}`);
  for (let i = 1; i <= 6; i++) assert.equal(cache.get(i * 64, 0), `value ${i}`);
  assert.equal(cache.get(7 * 64, 0), undefined);
  assert.equal(cache.get(64, 64), undefined);
  cache.set(64, 0, 'other');
  assert.equal(cache.get(64, 0), 'other');
});

test('forgets all when it is full, and goes on', () => {
  const cache = createHashCache<number>(100);
  for (let i = 0; i < 10_000; i++) {
    cache.set((i * 2_654_435_761) >>> 0, i, i);
    assert.equal(cache.get((i * 2_654_435_761) >>> 0, i), i);
  }
  assert.equal(cache.get(0, 0), undefined);
});
