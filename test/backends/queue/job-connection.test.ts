import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Driver, JobStore } from '../../../src/backends/queue/driver.ts';
import { JobConnection } from '../../../src/backends/queue/job-connection.ts';
import { AppError } from '../../../src/domain/errors.ts';
import { createLog } from '../../../src/log.ts';

/** A connection to a database that serves nothing but its opening. */
function connection(): JobConnection {
  const store = { close: async () => {} } as unknown as JobStore;
  const driver: Driver = {
    address: 'nowhere',
    mend: ['mend.queueRedis'],
    inUse: () => false,
    check: async () => {},
    seeking: () => false,
    start: async () => {},
    store: async () => store,
    events: () => assert.fail('not asked for'),
    worker: () => assert.fail('not asked for'),
    async [Symbol.asyncDispose]() {},
  };
  return new JobConnection(driver, createLog('silent'));
}

/** A worker or watcher that takes until `open` is called to begin. */
function slowUser() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const user = {
    begins: 0,
    isOpen: false,
    open: resolve,
    async begin() {
      user.begins += 1;
      await promise;
      user.isOpen = true;
    },
  };
  return user;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('calls at the same time begin a user once, and none of them goes on before it has begun', async () => {
  await using queue = connection();
  const user = slowUser();
  await queue.consume(user);
  const seen: boolean[] = [];
  const calls = [1, 2, 3].map(() => queue.call(async () => seen.push(user.isOpen)));
  await turn();
  assert.deepEqual(seen, []);
  user.open();
  await Promise.all(calls);
  assert.deepEqual([user.begins, seen], [1, [true, true, true]]);
});

test('a user is released only when its begin has ended, so that nothing is opened behind it', async () => {
  await using queue = connection();
  const user = slowUser();
  await queue.consume(user);
  const call = queue.call(async () => 'served');
  await turn();
  let released = false;
  const releasing = queue.release(user).then(() => {
    released = true;
  });
  await turn();
  assert.equal(released, false);
  user.open();
  await releasing;
  assert.equal(user.isOpen, true);
  assert.equal(await call, 'served');
});

test('nobody is begun once it is disposed', async () => {
  const queue = connection();
  const [first, second] = [slowUser(), slowUser()];
  await queue.consume(first);
  await queue.consume(second);
  const call = queue.call(async () => 'served').catch((error: AppError) => error.code);
  await turn();
  await queue[Symbol.asyncDispose]();
  first.open();
  second.open();
  assert.equal(await call, 'unavailable');
  assert.deepEqual([first.begins, second.begins], [1, 0]);
});

test('a begin that failed is tried again by the next call', async () => {
  await using queue = connection();
  let tries = 0;
  await queue.consume({
    async begin() {
      tries += 1;
      if (tries === 1) throw new AppError('unavailable', 'not yet');
    },
  });
  await assert.rejects(
    queue.call(async () => 'served'),
    { code: 'unavailable' },
  );
  assert.equal(await queue.call(async () => 'served'), 'served');
  assert.equal(tries, 2);
});
