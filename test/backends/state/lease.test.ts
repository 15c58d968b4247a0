import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedLease } from '../../../src/backends/state/lease.ts';
import { eventually, log } from '../../bot/fixtures.ts';
import { memoryState } from '../../fakes/state.ts';

test('of two owners one has the lease; the other’s commits are refused, and it has it when the first gives it back', async () => {
  const state = memoryState();
  const [one, two] = [0, 1].map(() =>
    sharedLease({ state, name: 'sender', termMs: 4_000, now: Date.now, changed: () => {}, log }),
  );
  const put = { put: [{ kind: 'asked' as const, id: 'a', value: { typed: '' } }] };
  one!.start();
  await eventually(() => assert.ok(one!.term()));
  two!.start();
  assert.equal(await one!.fenced.commit(put), 'done');
  assert.equal(two!.term(), undefined);
  await assert.rejects(two!.fenced.commit(put), { code: 'stopped' });
  const first = one!.term()!.id;
  await one!.stop();
  await eventually(() => assert.ok(two!.term()));
  assert.equal(one!.holds(first), false);
  await two!.stop();
});

test('a process that slept through its term writes nothing: its token is old', async () => {
  const state = memoryState();
  const lease = sharedLease({ state, name: 'sender', termMs: 4_000, now: Date.now, changed: () => {}, log });
  lease.start();
  await eventually(() => assert.ok(lease.term()));
  // Another one took over, as after the term's end by the store's clock.
  await state.release('sender', lease.term()!.id.split('/')[0]!);
  assert.ok(await state.acquire('sender', 'another', 60_000));
  await assert.rejects(lease.fenced.commit({ put: [{ kind: 'asked', id: 'a', value: { typed: '' } }] }), {
    code: 'stopped',
  });
  assert.equal(await state.get('asked', 'a'), undefined);
  await lease.stop();
});
