import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type {
  ForeignDocument,
  ForeignIndex,
  TimeField,
} from '../../src/backends/logs/foreign/foreign-index.ts';
import type { IndexedDocument } from './same-answers.ts';

const T0 = Date.UTC(2026, 0, 5, 9, 0, 0);
const DATE: TimeField = { name: '@timestamp', unit: 'date' };

/** Every second one document, some within the same millisecond, in two shapes, not in order of time; one has no time. */
const DOCUMENTS: IndexedDocument[] = [
  ...Array.from({ length: 2_500 }, (_, n) => {
    const at = T0 + Math.floor(((n * 7) % 2_500) / 2) * 1_000;
    return {
      id: `doc-${n}`,
      source: {
        '@timestamp': new Date(at).toISOString(),
        epoch: at,
        message: `tray ${n} is empty`,
        ...(n % 3 ? { log: { level: 'info' } } : { service: { name: 'oven' } }),
      },
    };
  }),
  { id: 'timeless', source: { message: 'nobody knows when' } },
];

/**
 * What every index of others must do.
 * @param open gives an index over these documents, of which `@timestamp` is a date; the suite disposes it
 */
export function foreignIndexContract(
  name: string,
  open: (documents: IndexedDocument[]) => Promise<ForeignIndex>,
): void {
  describe(`foreign index: ${name}`, () => {
    let index: ForeignIndex;
    before(async () => {
      index = await open(DOCUMENTS);
    });
    after(() => index?.[Symbol.asyncDispose]());
    const all = async (time: TimeField, window: { from: number; to: number }): Promise<ForeignDocument[]> => {
      const found: ForeignDocument[] = [];
      for await (const batch of index.read(time, window)) {
        assert.ok(batch.length > 0 && batch.length <= 1_000);
        found.push(...batch);
      }
      return found;
    };

    test('fields of all documents, with the types of the server', async () => {
      const { indices, types } = await index.fields();
      assert.equal(indices.length, 1);
      assert.deepEqual(types.get('@timestamp'), ['date']);
      assert.deepEqual(types.get('epoch'), ['long']);
      for (const field of ['message', 'log.level', 'service.name']) assert.ok(types.get(field), field);
      assert.equal(types.get('log'), undefined);
    });

    test('the span of time, and how many documents have a time', async () => {
      const span = { from: T0, to: T0 + 1_249_001, records: 2_500 };
      assert.deepEqual(await index.extent(DATE), span);
      assert.deepEqual(await index.extent({ name: 'epoch', unit: 'millis' }), span);
      assert.equal(await index.extent({ name: 'nothing', unit: 'date' }), undefined);
      assert.equal(await index.timeless(DATE), 1);
    });

    test('a sample of any documents, and of the newest', async () => {
      assert.equal((await index.sample(20)).length, 20);
      const newest = await index.sample(3, DATE);
      assert.deepEqual(
        newest.map(({ at }) => at),
        [T0 + 1_249_000, T0 + 1_249_000, T0 + 1_248_000],
      );
      assert.equal(newest[0]!.source['@timestamp'], new Date(T0 + 1_249_000).toISOString());
    });

    for (const time of [DATE, { name: 'epoch', unit: 'millis' } as const])
      test(`every document of a window once, in order of time: ${time.name}`, async () => {
        const found = await all(time, { from: 0, to: T0 * 2 });
        assert.equal(found.length, 2_500);
        assert.equal(new Set(found.map(({ id }) => id)).size, 2_500);
        assert.deepEqual(
          found.map(({ at }) => at),
          found.map(({ source }) => source.epoch),
        );
        assert.deepEqual(
          found.map(({ at }) => at),
          Array.from({ length: 2_500 }, (_, n) => T0 + Math.floor(n / 2) * 1_000),
        );
        assert.equal((await all(time, { from: T0 + 5_000, to: T0 + 7_000 })).length, 4);
        assert.deepEqual(await all(time, { from: T0 + 5_001, to: T0 + 6_000 }), []);
        const counts = await index.counts(time, { from: T0 + 30_000, to: T0 + 150_000 }, 60_000);
        assert.deepEqual(
          [...counts].sort(([a], [b]) => a - b),
          [
            [T0 / 60_000, 60],
            [T0 / 60_000 + 1, 120],
            [T0 / 60_000 + 2, 60],
          ],
        );
      });

    test('reading can be left and stopped', async () => {
      for await (const batch of index.read(DATE, { from: T0, to: T0 * 2 })) {
        assert.ok(batch.length > 0);
        break;
      }
      const asked = index.read(DATE, { from: T0, to: T0 * 2 }, AbortSignal.abort());
      await assert.rejects(asked[Symbol.asyncIterator]().next(), { name: 'AppError', code: 'stopped' });
    });
  });
}
