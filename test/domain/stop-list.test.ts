import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../src/domain/errors.ts';
import { StopList } from '../../src/domain/stop-list.ts';

/** A stop list and what it said to the log, as `level part: message`. */
function stopList(limits: ConstructorParameters<typeof StopList>[1] = {}) {
  const said: string[] = [];
  const at = (level: string) => (fields: object, message: string) =>
    void said.push(`${level} ${(fields as { part: string }).part}: ${message}`);
  const list = new StopList({ debug: at('debug'), warn: at('warn'), error: at('error') }, limits);
  return { list, said };
}

const never = (): Promise<void> => new Promise(() => {});

test('parts are stopped one after the other, the latest first, each named in the log', async () => {
  const { list, said } = stopList();
  const order: string[] = [];
  for (const name of ['store', 'outbox', 'consumer'])
    list.add(name, async () => {
      order.push(`${name} stops`);
      await Promise.resolve();
      order.push(`${name} stopped`);
    });
  await list.stop();
  assert.deepEqual(order, [
    'consumer stops',
    'consumer stopped',
    'outbox stops',
    'outbox stopped',
    'store stops',
    'store stopped',
  ]);
  assert.deepEqual(said, ['debug consumer: stopped', 'debug outbox: stopped', 'debug store: stopped']);
});

test('a part that fails is named; the others are stopped all the same, and whoever stops is told', async () => {
  const { list, said } = stopList();
  const stopped: string[] = [];
  list.add('store', () => stopped.push('store'));
  list.add('outbox', () => {
    throw new Error('at once');
  });
  await assert.rejects(list.stop(), /at once/);
  assert.deepEqual(stopped, ['store']);
  assert.deepEqual(said, ['error outbox: a part could not be stopped', 'debug store: stopped']);

  const both = stopList();
  both.list.add('one', () => Promise.reject(new Error('1')));
  both.list.add('two', () => Promise.reject(new Error('2')));
  await assert.rejects(
    both.list.stop(),
    (error) => error instanceof AggregateError && error.errors.length === 2,
  );
});

test('a part that hangs is named, and not waited for', async () => {
  const { list, said } = stopList({ slowMs: 1, limitMs: 30 });
  const stopped: string[] = [];
  list.add('store', () => stopped.push('store'));
  list.add('outbox', never);
  await assert.rejects(list.stop(), (error) => error instanceof AppError && error.code === 'timeout');
  assert.deepEqual(stopped, ['store']);
  assert.deepEqual(said, [
    'warn outbox: still stopping',
    'error outbox: a part could not be stopped',
    'debug store: stopped',
  ]);
});

test('stopped twice, each part stops once; what is started too late stops at once', async () => {
  const { list } = stopList();
  let stops = 0;
  const part: AsyncDisposable = {
    async [Symbol.asyncDispose]() {
      stops += 1;
    },
  };
  assert.equal(list.use('part', part), part);
  await Promise.all([list.stop(), list.stop()]);
  assert.equal(stops, 1);
  assert.throws(
    () => list.use('late', part),
    (error) => error instanceof AppError && error.code === 'stopped',
  );
  assert.equal(stops, 2);
});
