import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type LogFilter, type LogStore, RefusedRecords } from '../../src/backends/logs/store.ts';
import { AppError } from '../../src/domain/errors.ts';
import { cutText, isError, type LogRecord, MAX_LINE } from '../../src/domain/log/record.ts';
import {
  FILTERS,
  matches,
  plainCounts,
  plainRequests,
  randomRecords,
  record,
  round,
  T0,
} from './logs-reference.ts';

/**
 * What every log store must do.
 * @param open gives an empty store; the suite disposes it.
 */
export function logStoreContract(name: string, open: () => Promise<LogStore>): void {
  describe(`log store: ${name}`, () => {
    describe('3,000 random records', () => {
      const all = randomRecords(3_000, 20_260_105);
      const inTime = [...all].sort((a, b) => a.timestamp - b.timestamp);
      let store: LogStore;
      before(async () => {
        store = await open();
        await store.write(all.slice(0, 2_100));
        await store.write(all.slice(2_100));
      });
      after(() => store?.[Symbol.asyncDispose]());

      for (const { name: title, filter, words } of FILTERS)
        test(`filter: ${title}`, async () => {
          const expected = inTime.filter((entry) => matches(entry, filter, words));
          const newest = await store.search(filter, { limit: 20 });
          assert.equal(newest.total, expected.length);
          assert.deepEqual(newest.records, expected.slice(-20).reverse());
          const oldest = await store.search(filter, { limit: 5, order: 'oldest' });
          assert.deepEqual(oldest.records, expected.slice(0, 5));
          for (const by of ['service', 'level', 'template', 'error_code', 'host', 'endpoint'] as const)
            assert.deepEqual(await store.counts(filter, by), plainCounts(expected, by));
          assert.deepEqual(round(await store.requests(filter)), round(plainRequests(expected)));
          const scanned: LogRecord[] = [];
          for await (const batch of store.scan(filter)) scanned.push(...batch);
          assert.deepEqual(scanned, expected);
        });

      for (const [title, from, to, bucketMs, filter] of [
        ['minutes', T0, T0 + 130 * 60_000, 60_000, {}],
        ['empty buckets around', T0 - 3_600_000, T0 + 5 * 3_600_000, 600_000, { services: ['order'] }],
        ['ten seconds, odd ends', T0 + 1_234, T0 + 1_800_001, 10_000, { levels: ['error', 'warn'] }],
        ['hours, odd ends', T0 + 1_234, T0 + 7_000_001, 3_600_000, { templateIds: ['t2'] }],
        ['words', T0 + 1_234, T0 + 7_000_001, 300_000, { text: 'timeout' }],
        ['nothing there', T0 - 7_200_000, T0 - 3_600_000, 60_000, {}],
        ['unknown service', T0, T0 + 600_000, 60_000, { services: ['nobody'] }],
      ] as [string, number, number, number, LogFilter][])
        test(`histogram: ${title}`, async () => {
          const expected = [];
          for (let at = Math.floor(from / bucketMs) * bucketMs; at < to; at += bucketMs) {
            const inside = inTime.filter(
              (entry) =>
                entry.timestamp >= at &&
                entry.timestamp < at + bucketMs &&
                matches(entry, { ...filter, from, to }, filter.text ? [filter.text] : []),
            );
            expected.push({
              at,
              total: inside.length,
              errors: inside.filter((entry) => isError(entry.level)).length,
            });
          }
          assert.deepEqual(await store.histogram({ ...filter, from, to }, bucketMs), expected);
        });

      test('a histogram of too many buckets is refused', async () => {
        await assert.rejects(store.histogram({ from: 0, to: T0 }, 1), {
          name: 'AppError',
          code: 'too_large',
        });
      });

      test('pages of 1,000 and batches of at most 1,000', async () => {
        const page = await store.search({}, { limit: 5_000 });
        assert.equal(page.records.length, 1_000);
        assert.equal(page.total, 3_000);
        const sizes: number[] = [];
        for await (const batch of store.scan({})) sizes.push(batch.length);
        assert.equal(
          sizes.reduce((sum, size) => sum + size, 0),
          3_000,
        );
        assert.ok(Math.max(...sizes) <= 1_000 && Math.min(...sizes) > 0);
        assert.deepEqual(await store.search({}, { limit: 0 }), { records: [], total: 3_000 });
      });

      test('get: order of the ids, unknown ones left out', async () => {
        const found = await store.get(['r17', 'nothing', 'r2999', 'r0', 'r17']);
        assert.deepEqual(
          found.map((entry) => entry.id),
          ['r17', 'r2999', 'r0', 'r17'],
        );
        assert.deepEqual(await store.get([]), []);
        const many = all.slice(0, 2_500).map((entry) => entry.id);
        assert.deepEqual(await store.get(many), all.slice(0, 2_500));
      });

      test('counts are limited, most frequent first', async () => {
        const counts = await store.counts({}, 'template', 2);
        assert.deepEqual(counts, plainCounts(all, 'template').slice(0, 2));
      });

      test('extent', async () => {
        assert.deepEqual(await store.extent(), {
          from: inTime[0]!.timestamp,
          to: inTime.at(-1)!.timestamp + 1,
          records: 3_000,
        });
      });

      test('writing again changes nothing', async () => {
        await store.write(all.slice(0, 50).map((entry) => ({ ...entry, service: 'other', level: 'fatal' })));
        assert.equal((await store.extent())?.records, 3_000);
        assert.deepEqual(await store.get([all[7]!.id]), [all[7]]);
        assert.deepEqual(await store.counts({}, 'service'), plainCounts(all, 'service'));
      });

      test('a scan can be stopped', async () => {
        const stop = new AbortController();
        await assert.rejects(
          async () => {
            for await (const batch of store.scan({}, { signal: stop.signal })) if (batch.length) stop.abort();
          },
          { name: 'AppError', code: 'stopped' },
        );
        const aborted = store.search({}, { signal: AbortSignal.abort() });
        await assert.rejects(aborted, { name: 'AppError', code: 'stopped' });
      });
    });

    test('an empty store answers empty', async () => {
      await using store = await open();
      assert.deepEqual(await store.search({ text: 'x' }), { records: [], total: 0 });
      assert.deepEqual(await store.get(['a']), []);
      assert.deepEqual(await store.histogram({ from: T0, to: T0 + 120_000 }, 60_000), [
        { at: T0, total: 0, errors: 0 },
        { at: T0 + 60_000, total: 0, errors: 0 },
      ]);
      assert.deepEqual(await store.counts({}, 'template'), []);
      assert.deepEqual(await store.requests({}), { requests: 0, endpoints: [], statuses: [] });
      assert.equal(await store.extent(), undefined);
      for await (const batch of store.scan({})) assert.fail(`${batch.length} records`);
      await store.write([]);
      const health = await store.health();
      assert.equal(health.ok, true, health.detail);
    });

    test('lines dated far from all others are kept, and counted on either side', async () => {
      await using store = await open();
      const far = [0, 1, Date.UTC(2190, 0, 1)];
      const near = Array.from({ length: 20 }, (_, i) => T0 + i * 1_000);
      await store.write([...far, ...near].map((timestamp, i) => record(`far${i}`, { timestamp })));
      assert.deepEqual(await store.extent(), { from: 0, to: far[2]! + 1, records: 23 });
      const end = T0 + 20_000;
      assert.deepEqual(await store.search({ from: end }, { limit: 0 }), { records: [], total: 1 });
      assert.equal((await store.search({ to: end }, { limit: 0 })).total, 22);
      const newest = await store.search({ to: end }, { limit: 1 });
      assert.equal(newest.records[0]?.timestamp, T0 + 19_000);
      const { records } = await store.search({ to: end }, { limit: 3, order: 'oldest' });
      assert.deepEqual(
        records.map(({ timestamp }) => timestamp),
        [0, 1, T0],
      );
      const year = 365 * 86_400_000;
      const buckets = await store.histogram({ from: 0, to: far[2]! + 1 }, year);
      assert.equal(
        buckets.reduce((sum, { total }) => sum + total, 0),
        23,
      );
    });

    test('hostile text comes back as it was, and is found', async () => {
      await using store = await open();
      const lines: Record<string, string> = {
        nul: 'before\0after NUL',
        ansi: '\u001b[31mred\u001b[0m alert',
        html: '</script><script>alert(1)</script> <!channel> @everyone',
        surrogate: 'lone \ud800 high and \udc00 low',
        emoji: '결제 실패 😀👩‍👩‍👧 🇰🇷',
        decomposed: '설정.txt 없음'.normalize('NFD'),
        accents: 'ÉCHEC Überlauf ΔΕΛΤΑ',
        injection: `ignore previous instructions'; DROP TABLE records; -- {"query":{"match_all":{}}}`,
        newlines: 'Traceback\n  at x\r\n\tat y',
        quotes: '{"level":"error","path":"C:\\\\tmp"}',
        long: cutText(`${'가나다 long '.repeat(200_000)} end`),
        empty: '',
      };
      const records = Object.entries(lines).map(([id, line], index) =>
        record(id, {
          timestamp: T0 + index,
          line,
          message: id === 'quotes' ? 'not part of the line \0 \ud800' : line.slice(2),
          service: id === 'nul' ? 'ser\0vice' : 'order',
          errorCode: id === 'surrogate' ? 'E\ud800' : 'E1',
          attributes: id === 'nul' ? { 'a.b': '\0', 'a.b.c': 1, a: '\ud800', __proto: true } : {},
          template: { id: `t-${id}`, pattern: line.slice(0, 40) },
        }),
      );
      await store.write(records);
      assert.ok(lines.long!.length <= MAX_LINE);
      assert.deepEqual((await store.search({}, { order: 'oldest' })).records, records);
      const ids = async (text: string) =>
        (await store.search({ text }, { order: 'oldest' })).records.map(({ id }) => id);
      for (const [text, expected] of [
        ['after', 'nul'],
        ['[31mred', 'ansi'],
        ['</script>', 'html'],
        ['<!channel>', 'html'],
        ['😀', 'emoji'],
        ['🇰🇷', 'emoji'],
        ['설정', 'decomposed'],
        ['설정'.normalize('NFD'), 'decomposed'],
        ['échec über δελ', 'accents'],
        [`'; "DROP TABLE"`, 'injection'],
        ['"x\r\n\tat"', 'newlines'],
        ['"level":"error"', 'quotes'],
        ['\\\\tmp"}', 'quotes'],
        ['high low', 'surrogate'],
        ['chars]', 'long'],
      ])
        assert.deepEqual(await ids(text!), [expected], `text ${JSON.stringify(text)}`);
      assert.deepEqual(await ids(`"${lines.long!.slice(50, 2_049)}"`), ['long']);
      assert.deepEqual(await ids(`"${lines.long!.slice(50, 2_049)}x"`), []);
      assert.equal((await store.search({ services: ['ser\0vice'] })).total, 1);
      assert.deepEqual(
        (await store.counts({ templateIds: ['t-accents'] }, 'template'))[0]?.label,
        lines.accents,
      );
    });

    test('records of the same millisecond keep their order', async () => {
      await using store = await open();
      const records = Array.from({ length: 30 }, (_, index) => record(`s${(index * 7) % 30}`));
      await store.write(records.slice(0, 11));
      await store.write(records.slice(11));
      assert.deepEqual((await store.search({}, { order: 'oldest' })).records, records);
      assert.deepEqual((await store.search({}, { limit: 9 })).records, records.slice(-9).reverse());
    });

    test('a template whose pattern changed is one template, named as most records have it', async () => {
      await using store = await open();
      const template = (pattern: string) => ({ template: { id: 't', pattern } });
      await store.write([
        record('a', template('old <*>')),
        record('b', { ...template('new <*> <*>'), timestamp: T0 + 5, level: 'error' }),
        record('c', { ...template('new <*> <*>'), timestamp: T0 + 9 }),
      ]);
      assert.deepEqual(await store.counts({}, 'template'), [
        { key: 't', label: 'new <*> <*>', count: 3, errors: 1, first: T0, last: T0 + 9 },
      ]);
      assert.equal((await store.search({ templateIds: ['t'] })).total, 3);
    });

    test('duplicates within one batch and between concurrent writes', async () => {
      await using store = await open();
      const batch = Array.from({ length: 40 }, (_, index) => record(`d${index % 25}`));
      await Promise.all([store.write(batch), store.write(batch), store.write(batch.slice(5, 9))]);
      assert.equal((await store.extent())?.records, 25);
      assert.equal((await store.counts({}, 'service'))[0]?.count, 25);
    });

    test('a malformed record is named and nothing of its batch is stored', async () => {
      await using store = await open();
      await store.write([record('first')]);
      for (const [id, wrong] of [
        ['bad-time', { timestamp: Number.NaN }],
        ['bad-level', { level: 'loud' as 'info' }],
      ] as const)
        await assert.rejects(
          store.write([record('good'), record(id, wrong)]),
          (error) => error instanceof AppError && error.code === 'malformed' && error.message.includes(id),
        );
      assert.deepEqual(
        (await store.search({})).records.map((entry) => entry.id),
        ['first'],
      );
    });

    test('all malformed records of a batch are named at once, and the rest can be written again', async () => {
      await using store = await open();
      const batch = Array.from({ length: 30 }, (_, n) =>
        record(`r${n}`, n % 10 === 3 ? { timestamp: Number.POSITIVE_INFINITY } : {}),
      );
      const refused = await store.write(batch).then(
        () => [],
        (error) => (error instanceof RefusedRecords ? error.refused : assert.fail(String(error))),
      );
      assert.deepEqual(
        refused.map(({ id }) => id),
        ['r3', 'r13', 'r23'],
      );
      await store.write(batch.filter(({ id }) => !refused.some((one) => one.id === id)));
      assert.equal((await store.extent())?.records, 27);
    });

    test('disposing waits for the writes that were begun, and may be done twice', async () => {
      const store = await open();
      const written = store.write([record('last')]);
      await Promise.all([store[Symbol.asyncDispose](), store[Symbol.asyncDispose]()]);
      await written;
      await store[Symbol.asyncDispose]();
      await assert.rejects(store.search({}), AppError);
      await assert.rejects(store.write([record('late')]), AppError);
    });
  });
}
