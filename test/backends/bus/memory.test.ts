import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BusMessage } from '../../../src/backends/bus/bus.ts';
import { openMemoryBus } from '../../../src/backends/bus/memory.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { busContract } from '../../contract/bus.ts';

busContract('memory', { open: async () => openMemoryBus(), reopen: async (bus) => bus });

test('a slow consumer slows the publisher, and memory stays bounded', async () => {
  await using bus = openMemoryBus(undefined, { messages: 10, bytes: 1_000_000 });
  const gate = Promise.withResolvers<void>();
  const seen: string[] = [];
  await using _ = await bus.subscribe('t', { group: 'slow' }, async (batch) => {
    await gate.promise;
    seen.push(...batch.map((message) => message.value.toString()));
  });
  let published = 0;
  const publishing = (async () => {
    for (; published < 100; published += 1) await bus.publish('t', [{ key: 'k', value: String(published) }]);
  })();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(published, 10, 'the publisher waits at the limit');
  assert.match((await bus.health()).detail, /\b10 messages/);
  gate.resolve();
  await publishing;
  while (seen.length < 100) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    seen,
    Array.from({ length: 100 }, (_, i) => String(i)),
  );
  assert.match((await bus.health()).detail, /\b(?:[0-9]|10) messages/);
});

test('one call with more messages than fit completes', async () => {
  await using bus = openMemoryBus(undefined, { messages: 5, bytes: 1_000_000 });
  let count = 0;
  await using _ = await bus.subscribe('t', { group: 'g' }, async (batch) => {
    count += batch.length;
  });
  await bus.publish(
    't',
    Array.from({ length: 500 }, (_, i) => ({ key: 'k', value: String(i) })),
  );
  while (count < 500) await new Promise((resolve) => setImmediate(resolve));
});

test('without subscribers nobody waits and the oldest is forgotten', async () => {
  await using bus = openMemoryBus(undefined, { messages: 5, bytes: 1_000_000 });
  for (let i = 0; i < 20; i += 1) await bus.publish('t', [{ key: 'k', value: String(i) }]);
  const seen: BusMessage[] = [];
  await using _ = await bus.subscribe('t', { group: 'g', from: 'earliest' }, async (batch) => {
    seen.push(...batch);
  });
  while (seen.length < 5) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    seen.map((message) => message.value.toString()),
    ['15', '16', '17', '18', '19'],
  );
});

test('closing releases waiting publishers and lets a running handler finish', async () => {
  const bus = openMemoryBus(undefined, { messages: 1, bytes: 1_000_000 });
  const started = Promise.withResolvers<void>();
  let finished = false;
  await bus.subscribe('t', { group: 'g' }, async () => {
    started.resolve();
    await new Promise((resolve) => setTimeout(resolve, 30));
    finished = true;
  });
  await bus.publish('t', [{ key: 'k', value: '1' }]);
  await started.promise;
  const stuck = bus.publish('t', [
    { key: 'k', value: '2' },
    { key: 'k', value: '3' },
  ]);
  const refused = assert.rejects(stuck, (error) => error instanceof AppError && error.code === 'unavailable');
  await bus[Symbol.asyncDispose]();
  await refused;
  assert.equal(finished, true);
  await assert.rejects(bus.publish('t', [{ value: 'late' }]), AppError);
});
