import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { openSqliteLogs } from '../../../src/backends/logs/sqlite.ts';
import { type LogStore, RefusedRecords } from '../../../src/backends/logs/store.ts';
import { createLog } from '../../../src/log.ts';
import { logStoreContract } from '../../contract/logs.ts';
import { randomRecords, record, T0 } from '../../contract/logs-reference.ts';

const log = createLog('silent');
const folder = await mkdtemp(join(tmpdir(), 'bongsu-logs-'));
after(() => rm(folder, { recursive: true, force: true }));
let files = 0;
const fresh = () => join(folder, `store${files++}`, 'logs.db');

logStoreContract('sqlite', () => openSqliteLogs({ file: fresh() }, log));

test('what a killed process wrote is there, searchable, and counted once', async () => {
  const file = fresh();
  const source = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { openSqliteLogs } from ${source('../../../src/backends/logs/sqlite.ts')};
       import { createLog } from ${source('../../../src/log.ts')};
       import { randomRecords } from ${source('../../contract/logs-reference.ts')};
       const store = await openSqliteLogs({ file: ${JSON.stringify(file)} }, createLog('silent'));
       await store.write(randomRecords(3000, 1));
       console.log('written');
       for (let n = 0; ; n++) await store.write(randomRecords(100, n + 2).map((r) => ({ ...r, id: r.id + '/' + n })));`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  await using store = await openSqliteLogs({ file }, log);
  const written = randomRecords(3_000, 1);
  assert.deepEqual(await store.get(written.map(({ id }) => id)), written);
  await store.write(written);
  const extent = await store.extent();
  const counted = await store.search({ text: 'step' });
  assert.equal(extent?.records, counted.total);
  assert.equal((counted.total - 3_000) % 100, 0);
});

test('the store is still there after it was closed; a closed store says so', async () => {
  const file = fresh();
  const first = await openSqliteLogs({ file }, log);
  await first.write([record('a')]);
  const last = first.write([record('b')]);
  await first[Symbol.asyncDispose]();
  await last;
  await assert.rejects(first.search({}), { name: 'AppError', code: 'stopped' });
  await assert.rejects(first.write([record('c')]), { name: 'AppError', code: 'stopped' });
  await using again = await openSqliteLogs({ file }, log);
  assert.equal((await again.search({})).total, 2);
});

test('a file that is no database, a newer one, a folder that cannot be: a code each', async () => {
  const broken = join(folder, 'broken.db');
  await writeFile(broken, 'this is a text file, long enough to have a header of a hundred bytes '.repeat(9));
  await assert.rejects(openSqliteLogs({ file: broken }, log), { name: 'AppError', code: 'malformed' });
  const newer = join(folder, 'newer.db');
  const database = new DatabaseSync(newer);
  database.exec('PRAGMA user_version = 99');
  database.close();
  await assert.rejects(openSqliteLogs({ file: newer }, log), { name: 'AppError', code: 'malformed' });
  await assert.rejects(openSqliteLogs({ file: join(broken, 'x', 'logs.db') }, log), {
    name: 'AppError',
    code: 'storage_full',
  });
  await assert.rejects(openSqliteLogs({ file: folder }, log), { name: 'AppError', code: 'storage_full' });
});

test('a file another process writes: reads go on, a write waits for it', async () => {
  const file = fresh();
  await using store = await openSqliteLogs({ file }, log);
  await store.write([record('a')]);
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  let written = false;
  const write = store.write([record('b')]).then(() => {
    written = true;
  });
  assert.equal((await store.search({})).total, 1);
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(written, false);
  other.exec('COMMIT');
  other.close();
  await write;
  assert.equal((await store.search({})).total, 2);
});

test('a trace is found over days, in either order, also in a file of the first layout', async () => {
  const file = fresh();
  const HOUR = 3_600_000;
  const records = Array.from({ length: 200 }, (_, index) =>
    record(`t${index}`, { timestamp: T0 + index * 5 * HOUR, traceId: index % 2 === 0 ? 'one' : 'other' }),
  );
  const wanted = records.filter(({ traceId }) => traceId === 'one').map(({ id }) => id);
  const check = async (store: LogStore) => {
    const { records: newest, total } = await store.search({ traceId: 'one' }, { limit: 200 });
    assert.equal(total, 100);
    assert.deepEqual(
      newest.map(({ id }) => id),
      wanted.toReversed(),
    );
    const window = { traceId: 'one', from: T0 + 10 * HOUR, to: T0 + 20 * HOUR };
    const { records: few } = await store.search(window, { order: 'oldest' });
    assert.deepEqual(
      few.map(({ id }) => id),
      ['t2'],
    );
    assert.equal((await store.search({ traceId: 'none' })).total, 0);
  };
  {
    await using store = await openSqliteLogs({ file }, log);
    await store.write(records);
    await check(store);
  }
  const before = new DatabaseSync(file);
  before.exec(`DROP INDEX by_trace; CREATE INDEX by_trace ON records (trace, at, n) WHERE trace IS NOT NULL;
    PRAGMA user_version = 1`);
  before.close();
  await using again = await openSqliteLogs({ file }, log);
  await check(again);
});

test('a full disk: storage_full, nothing half-written, health says what to do, and it goes on afterwards', async () => {
  // SQLite's own limit on pages gives the error of a full disk; it belongs to a connection, so that one is caught here.
  let connection: DatabaseSync | undefined;
  const { exec } = DatabaseSync.prototype;
  DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string) {
    connection ??= this;
    return exec.call(this, sql);
  };
  const opening = openSqliteLogs({ file: fresh() }, log);
  await using store = await opening.finally(() => {
    DatabaseSync.prototype.exec = exec;
  });
  await store.write([record('a')]);
  const { page_count } = connection!.prepare('PRAGMA page_count').get() as { page_count: number };
  connection!.exec(`PRAGMA max_page_count = ${page_count + 10}`);
  const many = Array.from({ length: 1_500 }, (_, index) => record(`m${index}`, { service: `s${index}` }));
  await assert.rejects(store.write(many), { name: 'AppError', code: 'storage_full', retryable: false });
  assert.equal((await store.search({})).total, 1);
  assert.equal((await store.extent())?.records, 1);
  const health = await store.health();
  assert.equal(health.ok, false);
  assert.match(health.mend ?? '', /free space/);
  connection!.exec('PRAGMA max_page_count = 100000');
  await store.write(many);
  assert.equal((await store.health()).ok, true);
  assert.equal((await store.counts({}, 'service', 10_000)).length, 1_501);
  assert.deepEqual(await store.get(['m1499']), [many[1_499]]);
});

test('other work gets its turn while much is read', async () => {
  await using store = await openSqliteLogs({ file: fresh() }, log);
  const records = Array.from({ length: 30_000 }, (_, index) =>
    record(`n${index}`, { timestamp: T0 + index * 250, message: `요청 ${index} 처리` }),
  );
  await store.write(records);
  let turns = 0;
  const turn = () => {
    turns += 1;
    ticking = setImmediate(turn);
  };
  let ticking = setImmediate(turn);
  try {
    assert.equal((await store.search({ text: '처리' })).total, 30_000);
    assert.ok(turns >= 5, `${turns} turns`);
  } finally {
    clearImmediate(ticking);
  }
});

test('the disk figure counts what is still in the write-ahead log', async () => {
  const file = fresh();
  await using store = await openSqliteLogs({ file }, log);
  const line = 'x'.repeat(2_500);
  await store.write(
    Array.from({ length: 1_000 }, (_, n) => ({ ...record(`r${n}`), line: `${line}${n}`, message: line })),
  );
  const onDisk = (await stat(file)).size + (await stat(`${file}-wal`)).size;
  assert.match((await store.health()).detail, new RegExp(`, ${Math.ceil(onDisk / 1e6)} MB used`));
  assert.ok((await stat(file)).size < onDisk / 2, 'or it would be no question');
});

test('rows that SQLite refuses for what is in them are named, each alone; writes beside them are not hurt', async () => {
  await using store = await openSqliteLogs({ file: fresh() }, log);
  // What no column takes; the check of records does not look at these.
  const wrong = { toString: () => 'no text' } as unknown as string;
  const bad = new Set([7, 4_100, 8_999]);
  const batch = Array.from({ length: 9_000 }, (_, n) =>
    record(`r${n}`, bad.has(n) ? { request: { endpoint: '/', status: wrong as unknown as number } } : {}),
  );
  const [first, refused, last] = await Promise.allSettled([
    store.write([record('before')]),
    store.write(batch),
    store.write([record('after')]),
  ]);
  assert.deepEqual([first.status, last.status], ['fulfilled', 'fulfilled']);
  assert.ok(refused.status === 'rejected' && refused.reason instanceof RefusedRecords);
  assert.deepEqual(
    refused.reason.refused.map(({ id }) => id),
    [...bad].map((n) => `r${n}`),
  );
  assert.equal((await store.extent())?.records, 9_000 - bad.size + 2);
  assert.equal(
    (await store.counts({}, 'level')).reduce((sum, { count }) => sum + count, 0),
    9_000 - bad.size + 2,
  );
});
