import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { LogDimension, LogFilter, LogStore } from '../../src/backends/logs/store.ts';
import { AppError } from '../../src/domain/errors.ts';
import { cutText, isError, LEVELS, type LogRecord, MAX_LINE } from '../../src/domain/record.ts';

export const T0 = Date.UTC(2026, 0, 5, 9, 0, 0);

/** mulberry32: a small seeded generator, so that a failure can be repeated. */
function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function record(id: string, values: Partial<LogRecord> = {}): LogRecord {
  const message = values.message ?? `message ${id}`;
  return {
    id,
    timestamp: T0,
    level: 'info',
    service: 'order',
    message,
    line: `2026-01-05 ${message}`,
    attributes: {},
    ...values,
  };
}

const WORDS = [
  'timeout',
  'Connection',
  '연결 실패',
  '재시도',
  'pool exhausted',
  '100%',
  'a_b',
  'C:\\tmp',
  'OK',
];
const SERVICES = ['order', 'payment', '결제', 'user'];

/** Records of every shape over 130 minutes, not in order of time; each has a time of its own. */
export function randomRecords(count: number, seed: number): LogRecord[] {
  const random = seeded(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const step = Math.floor((130 * 60_000) / count);
  const records = Array.from({ length: count }, (_, index): LogRecord => {
    const template = Math.floor(random() * 5);
    const level = pick(LEVELS);
    const message = `${pick(WORDS)} step ${template} ${pick(WORDS)} id=${index}`;
    return {
      id: `r${index}`,
      timestamp: T0 + index * step + Math.floor(random() * step),
      level,
      service: pick(SERVICES),
      message,
      line: `${level.toUpperCase()} ${message}`,
      attributes: random() < 0.3 ? { tenant: 'é', retries: 3, ok: true } : {},
      ...(random() < 0.7 ? { host: pick(['web-1', 'web-2']) } : {}),
      ...(isError(level) && random() < 0.8 ? { errorCode: pick(['ECONNREFUSED', 'SQLSTATE 53300']) } : {}),
      ...(random() < 0.1 ? { traceId: `trace${Math.floor(random() * 20)}`, spanId: `s${index}` } : {}),
      ...(random() < 0.8 ? { template: { id: `t${template}`, pattern: `<*> step ${template} <*>` } } : {}),
      ...(random() < 0.4
        ? {
            request: {
              endpoint: pick(['GET /orders/<*>', 'POST /pay', '/결제']),
              ...(random() < 0.9 ? { status: pick([200, 201, 404, 500]) } : {}),
              ...(random() < 0.8 ? { durationMs: Math.round(random() * 10_000) / 8 } : {}),
            },
          }
        : {}),
    };
  });
  for (let index = records.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [records[index], records[other]] = [records[other]!, records[index]!];
  }
  return records;
}

/** What the filter means, said as plainly as possible. `words` are the filter's `text`, taken apart by the test's author. */
function matches(entry: LogRecord, filter: LogFilter, words: string[] = []): boolean {
  return (
    entry.timestamp >= (filter.from ?? -Infinity) &&
    entry.timestamp < (filter.to ?? Infinity) &&
    (filter.services?.includes(entry.service) ?? true) &&
    (filter.levels?.includes(entry.level) ?? true) &&
    (filter.templateIds?.includes(entry.template?.id ?? '') ?? true) &&
    (filter.traceId === undefined || entry.traceId === filter.traceId) &&
    words.every((word) => entry.line.toLowerCase().includes(word))
  );
}

const FILTERS: { name: string; filter: LogFilter; words?: string[] }[] = [
  { name: 'everything', filter: {} },
  { name: 'whole minutes', filter: { from: T0 + 10 * 60_000, to: T0 + 40 * 60_000 } },
  { name: 'odd window', filter: { from: T0 + 123_457, to: T0 + 3_333_333 } },
  { name: 'within a minute', filter: { from: T0 + 61_001, to: T0 + 100_003 } },
  { name: 'only from', filter: { from: T0 + 1_234_567 } },
  { name: 'only to', filter: { to: T0 + 1_234_567 } },
  { name: 'empty window', filter: { from: T0 + 60_000, to: T0 + 60_000 } },
  { name: 'before all', filter: { to: T0 - 1 } },
  { name: 'services', filter: { services: ['결제', 'user'] } },
  { name: 'unknown service', filter: { services: ['nobody'] } },
  { name: 'known and unknown service', filter: { services: ['nobody', 'user'] } },
  { name: 'no service', filter: { services: [] } },
  { name: 'levels', filter: { levels: ['error', 'fatal'], from: T0 + 5_000 } },
  { name: 'templates', filter: { templateIds: ['t1', 't4'], services: ['order'] } },
  { name: 'trace', filter: { traceId: 'trace7' } },
  { name: 'trace and window', filter: { traceId: 'trace7', from: T0 + 1_000_000, to: T0 + 6_000_000 } },
  { name: 'word, other case', filter: { text: 'CONNECTION' }, words: ['connection'] },
  { name: 'part of a word', filter: { text: 'necti' }, words: ['necti'] },
  { name: 'two words', filter: { text: 'timeout retr', services: ['order'] }, words: ['timeout', 'retr'] },
  { name: 'two syllables', filter: { text: '연결' }, words: ['연결'] },
  { name: 'one syllable', filter: { text: '패' }, words: ['패'] },
  { name: 'one letter', filter: { text: 'k' }, words: ['k'] },
  { name: 'phrase', filter: { text: '"연결 실패" OK' }, words: ['연결 실패', 'ok'] },
  { name: 'phrase over a gap', filter: { text: '"exhausted id="' }, words: ['exhausted id='] },
  { name: 'end of line', filter: { text: 'id=7' }, words: ['id=7'] },
  { name: 'percent', filter: { text: '0%' }, words: ['0%'] },
  { name: 'underscore', filter: { text: 'a_b' }, words: ['a_b'] },
  { name: 'backslash', filter: { text: 'c:\\tmp' }, words: ['c:\\tmp'] },
  { name: 'star is no wildcard', filter: { text: 'c*n' }, words: ['c*n'] },
  { name: 'nothing found', filter: { text: '없는말' }, words: ['없는말'] },
  { name: 'blank text', filter: { text: '  ' } },
  {
    name: 'all together',
    filter: {
      from: T0 + 100_000,
      to: T0 + 7_000_000,
      services: ['order', 'payment', '결제'],
      levels: ['info', 'warn', 'error'],
      templateIds: ['t0', 't1', 't2', 't3'],
      text: 'step',
    },
    words: ['step'],
  },
];

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
          for (const by of ['service', 'level', 'template', 'error_code', 'host'] as const)
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
  });
}

function plainCounts(records: LogRecord[], by: LogDimension) {
  const keyOf: Record<LogDimension, (entry: LogRecord) => string | undefined> = {
    service: (entry) => entry.service,
    level: (entry) => entry.level,
    template: (entry) => entry.template?.id,
    error_code: (entry) => entry.errorCode,
    host: (entry) => entry.host,
  };
  const groups = Map.groupBy(records, keyOf[by]);
  groups.delete(undefined);
  return [...groups]
    .map(([key, group]) => ({
      key: key!,
      label: by === 'template' ? group[0]!.template!.pattern : key!,
      count: group.length,
      errors: group.filter((entry) => isError(entry.level)).length,
      first: Math.min(...group.map((entry) => entry.timestamp)),
      last: Math.max(...group.map((entry) => entry.timestamp)),
    }))
    .sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1))
    .slice(0, 20);
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const durations = (group: LogRecord[]) =>
  group.flatMap((entry) => (entry.request?.durationMs === undefined ? [] : [entry.request.durationMs]));

function plainRequests(records: LogRecord[]) {
  const requests = records.filter((entry) => entry.request);
  const times = durations(requests);
  const byStatus = Map.groupBy(requests, (entry) => entry.request!.status);
  byStatus.delete(undefined);
  return {
    requests: requests.length,
    ...(times.length > 0 ? { meanMs: mean(times), maxMs: Math.max(...times) } : {}),
    endpoints: [...Map.groupBy(requests, (entry) => entry.request!.endpoint)]
      .map(([endpoint, group]) => ({
        endpoint,
        count: group.length,
        ...(durations(group).length > 0 ? { meanMs: mean(durations(group)) } : {}),
      }))
      .sort((a, b) => b.count - a.count || (a.endpoint < b.endpoint ? -1 : 1)),
    statuses: [...byStatus]
      .map(([status, group]) => ({ status: status!, count: group.length }))
      .sort((a, b) => b.count - a.count || a.status - b.status),
  };
}

/** Means differ in the last bits with the order of the sum. */
const round = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, inner) =>
    key === 'meanMs' ? Math.round((inner as number) * 1e6) / 1e6 : inner,
  );
