import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DocumentCommit, DocumentPut, DocumentStore } from '../../src/backends/state/store.ts';
import { AppError } from '../../src/domain/errors.ts';

const put = (id: string, value: unknown, more: Partial<DocumentPut> = {}): DocumentPut => ({
  kind: 'incident',
  id,
  value,
  ...more,
});

/** Waits until `check` holds; the test's own time limit ends a wait that is in vain. */
async function until(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await sleep(10);
}

/**
 * What every state store must do.
 * @param open gives an empty store; the suite disposes it.
 */
export function stateStoreContract(name: string, open: () => Promise<DocumentStore>): void {
  describe(`state store: ${name}`, () => {
    test('an empty store answers empty', async () => {
      await using store = await open();
      assert.equal(await store.get('incident', 'a'), undefined);
      assert.deepEqual(await store.list('incident'), []);
      assert.equal(await store.count('incident'), 0);
      assert.equal(await store.commit({}), 'done');
      assert.equal(await store.commit({ delete: [{ kind: 'incident', id: 'a' }] }), 'done');
      const health = await store.health();
      assert.equal(health.ok, true, health.detail);
    });

    test('put, get, overwrite, delete; versions count the writes', async () => {
      await using store = await open();
      assert.equal(await store.commit({ put: [put('a', { n: 1 }, { rank: 5 })] }), 'done');
      assert.deepEqual(await store.get('incident', 'a'), { id: 'a', value: { n: 1 }, rank: 5, version: 1 });
      await store.commit({ put: [put('a', [])] });
      assert.deepEqual(await store.get('incident', 'a'), { id: 'a', value: [], rank: 0, version: 2 });
      assert.equal(await store.get('outbox', 'a'), undefined);
      await store.commit({ delete: [{ kind: 'incident', id: 'a' }] });
      assert.equal(await store.get('incident', 'a'), undefined);
      assert.equal(await store.count('incident'), 0);
      await store.commit({ put: [put('a', null)] });
      assert.deepEqual(await store.get('incident', 'a'), { id: 'a', value: null, rank: 0, version: 1 });
    });

    test('JSON of every shape and hostile ids come back as they were', async () => {
      await using store = await open();
      const values: Record<string, unknown> = {
        'a\0b': 'NUL \0',
        '주문\u001b[31m': 'lone \ud800 surrogate, 😀',
        '</script>*?[x]': { empty: {}, list: [], deep: [[[1]]], float: 0.1, big: 9_007_199_254_740_991 },
        'with space\nand line': [1e300, -0.5, true, null, ''],
        '{tag}:colon': '</script> "quoted" \\ %s `x`',
        long: 'x'.repeat(1_000_000),
        '': 'empty id',
      };
      await store.commit({
        put: Object.entries(values).map(([id, value]) => put(id, value, { rank: 1.25 })),
      });
      for (const [id, value] of Object.entries(values))
        assert.deepEqual(await store.get('incident', id), { id, value, rank: 1.25, version: 1 });
      const listed = await store.list('incident');
      assert.deepEqual(Object.fromEntries(listed.map((entry) => [entry.id, entry.value])), values);
    });

    test('what one commit writes and deletes is deleted', async () => {
      await using store = await open();
      await store.commit({ put: [put('a', 1)] });
      const both = { put: [put('a', 2, { ifVersion: 1 })], delete: [{ kind: 'incident', id: 'a' }] };
      assert.equal(await store.commit(both), 'done');
      assert.equal(await store.get('incident', 'a'), undefined);
      assert.equal(await store.commit(both), 'conflict');
      assert.deepEqual(await store.list('incident'), []);
    });

    test('a value is taken when commit is called', async () => {
      await using store = await open();
      const value = { n: 1 };
      const commit = store.commit({ put: [put('a', value)] });
      value.n = 2;
      await commit;
      assert.deepEqual((await store.get('incident', 'a'))?.value, { n: 1 });
    });

    test('list: by rank, then id in byte order; bounds are inclusive; limit and direction', async () => {
      await using store = await open();
      const entries: [id: string, rank: number][] = [
        ['b', 2],
        ['a', 2],
        ['z', -1.5],
        ['가', 2],
        ['B', 2],
        ['😀', 2],
        ['\uff5e', 2],
        ['m', 1_700_000_000_000],
        ['n', 1_700_000_000_000.5],
      ];
      await store.commit({ put: entries.map(([id, rank]) => put(id, id, { rank })) });
      await store.commit({ put: [{ kind: 'outbox', id: 'other', value: 1, rank: 2 }] });
      const order = ['z', 'B', 'a', 'b', '가', '\uff5e', '😀', 'm', 'n'];
      const ids = async (options?: Parameters<DocumentStore['list']>[1]) =>
        (await store.list('incident', options)).map((entry) => entry.id);
      assert.deepEqual(await ids(), order);
      assert.deepEqual(await ids({ descending: true }), [...order].reverse());
      assert.deepEqual(await ids({ limit: 2 }), ['z', 'B']);
      assert.deepEqual(await ids({ limit: 2, descending: true }), ['n', 'm']);
      assert.deepEqual(await ids({ limit: 0 }), []);
      assert.deepEqual(await ids({ limit: 2, skip: 3 }), ['b', '가']);
      assert.deepEqual(await ids({ from: 2, limit: 2, skip: 1, descending: true }), ['m', '😀']);
      assert.deepEqual(await ids({ skip: 9 }), []);
      assert.deepEqual(await ids({ from: 2, to: 2 }), order.slice(1, 7));
      assert.deepEqual(await ids({ from: 2.0001 }), ['m', 'n']);
      assert.deepEqual(await ids({ to: 1_700_000_000_000, from: 3 }), ['m']);
      assert.deepEqual(await ids({ to: 2, descending: true, limit: 3 }), ['😀', '\uff5e', '가']);
      assert.deepEqual(await ids({ from: 3, to: 2 }), []);
      assert.equal(await store.count('incident'), 9);
      // A document whose rank changes moves.
      await store.commit({ put: [put('z', 'z', { rank: 2 })] });
      assert.deepEqual((await ids()).slice(0, 4), ['B', 'a', 'b', 'z']);
    });

    test('list: 100 by default, 1,000 at most', async () => {
      await using store = await open();
      await store.commit({
        put: Array.from({ length: 1_100 }, (_, n) => put(String(n).padStart(4, '0'), n, { rank: n })),
      });
      assert.equal((await store.list('incident')).length, 100);
      const most = await store.list('incident', { limit: 5_000 });
      assert.deepEqual(
        most.map((entry) => entry.value),
        Array.from({ length: 1_000 }, (_, n) => n),
      );
      assert.equal(await store.count('incident'), 1_100);
    });

    test('once: the second commit is a duplicate and does nothing', async () => {
      await using store = await open();
      const changes = (n: number): DocumentCommit => ({
        once: [
          { kind: 'seen', id: `only-${n}` },
          { kind: 'seen', id: 'event' },
        ],
        put: [put('a', n)],
        delete: [{ kind: 'fact', id: 'kept' }],
      });
      await store.commit({ put: [{ kind: 'fact', id: 'kept', value: 1 }] });
      assert.equal(await store.commit({ ...changes(1), delete: [] }), 'done');
      assert.equal(await store.commit(changes(2)), 'duplicate');
      assert.equal((await store.get('incident', 'a'))?.value, 1);
      assert.equal(await store.get('seen', 'only-2'), undefined);
      assert.equal((await store.get('fact', 'kept'))?.value, 1);
      const seen = await store.get('seen', 'event');
      assert.equal(typeof (seen?.value as { at?: unknown } | undefined)?.at, 'number');
      assert.equal(seen?.version, 1);
      assert.equal(seen?.rank, 0);
    });

    test('ifVersion: a wrong version is a conflict and does nothing', async () => {
      await using store = await open();
      assert.equal(await store.commit({ put: [put('a', 1, { ifVersion: 1 })] }), 'conflict');
      assert.equal(await store.commit({ put: [put('a', 1, { ifVersion: 0 })] }), 'done');
      assert.equal(await store.commit({ put: [put('a', 2, { ifVersion: 0 })] }), 'conflict');
      assert.equal(
        await store.commit({
          once: [{ kind: 'seen', id: 's' }],
          put: [put('b', 1), put('a', 2, { ifVersion: 7 })],
          delete: [{ kind: 'incident', id: 'a' }],
        }),
        'conflict',
      );
      assert.equal(await store.get('incident', 'b'), undefined);
      assert.equal(await store.get('seen', 's'), undefined);
      assert.deepEqual(await store.get('incident', 'a'), { id: 'a', value: 1, rank: 0, version: 1 });
      assert.equal(await store.commit({ put: [put('a', 2, { ifVersion: 1 })] }), 'done');
      assert.equal((await store.get('incident', 'a'))?.version, 2);
      // Duplicate is found before conflict; checks look at what was there before the commit.
      await store.commit({ once: [{ kind: 'seen', id: 's' }] });
      assert.equal(
        await store.commit({
          once: [{ kind: 'seen', id: 's' }],
          put: [put('a', 3, { ifVersion: 9 })],
        }),
        'duplicate',
      );
      assert.equal(
        await store.commit({
          put: [put('a', 3, { ifVersion: 2 }), put('a', 4, { ifVersion: 2 })],
          delete: [{ kind: 'seen', id: 's' }],
        }),
        'done',
      );
      assert.deepEqual(await store.get('incident', 'a'), { id: 'a', value: 4, rank: 0, version: 4 });
    });

    test('a time to live ends in get, list, count, once and ifVersion alike', async () => {
      await using store = await open();
      const ttlMs = 60;
      await store.commit({
        once: [
          { kind: 'seen', id: 'short', ttlMs },
          { kind: 'seen', id: 'long', ttlMs: 3_600_000 },
          { kind: 'seen', id: 'ever' },
        ],
        put: [put('short', 1, { ttlMs, rank: 1 }), put('kept', 1, { ttlMs }), put('ever', 1, { rank: 2 })],
      });
      // A later write without a time to live takes it away.
      await store.commit({ put: [put('kept', 2)] });
      await until(async () => (await store.get('incident', 'short')) === undefined);
      await until(async () => (await store.count('seen')) === 2);
      assert.deepEqual(
        (await store.list('incident')).map((entry) => entry.id),
        ['kept', 'ever'],
      );
      assert.equal(await store.count('incident'), 2);
      assert.deepEqual(
        (await store.list('seen')).map((entry) => entry.id),
        ['ever', 'long'],
      );
      assert.equal(await store.commit({ once: [{ kind: 'seen', id: 'long' }] }), 'duplicate');
      assert.equal(await store.commit({ once: [{ kind: 'seen', id: 'short' }] }), 'done');
      assert.equal(await store.commit({ put: [put('short', 2, { ifVersion: 0 })] }), 'done');
      assert.equal((await store.get('incident', 'short'))?.version, 1);
      assert.equal((await store.get('incident', 'kept'))?.version, 2);
    });

    test('a lease has one owner at a time, and commits of an earlier term are fenced', async () => {
      await using store = await open();
      const fenced = (token: number, value: number) =>
        store.commit({ put: [put('a', value)], fence: { lease: 'sender', token } });
      const first = await store.acquire('sender', 'one', 60_000);
      assert.equal(typeof first, 'number');
      assert.equal(await store.acquire('sender', 'two', 60_000), undefined);
      assert.equal(await store.acquire('sender', 'one', 60_000), first, 'keeping it is no new term');
      assert.equal(await fenced(first!, 1), 'done');
      await store.release('sender', 'two');
      assert.equal(await store.acquire('sender', 'two', 60_000), undefined, 'only its owner gives it back');
      await store.release('sender', 'one');
      const second = await store.acquire('sender', 'two', 20);
      assert.ok(second! > first!);
      assert.equal(await fenced(first!, 2), 'fenced');
      assert.equal((await store.get('incident', 'a'))?.value, 1);
      assert.equal(await fenced(second!, 3), 'done');
      await until(async () => (await store.acquire('sender', 'three', 60_000)) !== undefined);
      assert.equal(await fenced(second!, 4), 'fenced');
      assert.equal(await store.commit({ put: [put('a', 5)] }), 'done', 'without a fence nothing is asked');
      assert.ok(await store.acquire('another', 'one', 60_000), 'leases have names');
    });

    test('50 increments at once: none is lost', async () => {
      await using store = await open();
      const increment = async (): Promise<void> => {
        for (let attempt = 0; attempt < 1_000; attempt++) {
          const now = await store.get('fact', 'n');
          const result = await store.commit({
            put: [
              {
                kind: 'fact',
                id: 'n',
                value: ((now?.value as number | undefined) ?? 0) + 1,
                ifVersion: now?.version ?? 0,
              },
            ],
          });
          if (result === 'done') return;
          assert.equal(result, 'conflict');
        }
        assert.fail('1,000 conflicts');
      };
      await Promise.all(Array.from({ length: 50 }, increment));
      assert.deepEqual(await store.get('fact', 'n'), { id: 'n', value: 50, rank: 0, version: 50 });
    });

    test('the same event 50 times at once: handled once', async () => {
      await using store = await open();
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, n) =>
          store.commit({
            once: [{ kind: 'seen', id: 'event' }],
            put: [{ kind: 'outbox', id: `o${n}`, value: n }],
          }),
        ),
      );
      assert.equal(results.filter((result) => result === 'done').length, 1);
      assert.equal(results.filter((result) => result === 'duplicate').length, 49);
      assert.equal(await store.count('outbox'), 1);
    });

    test('a value that is no JSON rejects its own commit only', async () => {
      await using store = await open();
      const circular: Record<string, unknown> = {};
      circular.self = circular;
      const [bad, good] = await Promise.allSettled([
        store.commit({ put: [put('bad', circular)] }),
        store.commit({ put: [put('good', 1)] }),
      ]);
      assert.equal(bad.status, 'rejected');
      assert.equal(good.status, 'fulfilled');
      assert.equal(await store.count('incident'), 1);
    });

    test('disposing waits for the commits that were begun, and may be done twice', async () => {
      const store = await open();
      // A commit that still waits for a connection is given up.
      assert.equal(await store.count('incident'), 0);
      const committed = store.commit({ put: [put('last', 1)] });
      await Promise.all([store[Symbol.asyncDispose](), store[Symbol.asyncDispose]()]);
      assert.equal(await committed, 'done');
      await store[Symbol.asyncDispose]();
      await assert.rejects(store.commit({ put: [put('late', 1)] }), AppError);
      await assert.rejects(store.get('incident', 'last'), AppError);
    });
  });
}
