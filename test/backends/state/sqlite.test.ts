import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSqliteState } from '../../../src/backends/state/sqlite.ts';
import { createLog } from '../../../src/log.ts';
import { stateStoreContract } from '../../contract/state.ts';

const log = createLog('silent');
const folder = await mkdtemp(join(tmpdir(), 'bongsu-state-'));
after(() => rm(folder, { recursive: true, force: true }));
let files = 0;
const fresh = () => join(folder, `store${files++}`, 'state.db');

stateStoreContract('sqlite', () => openSqliteState({ file: fresh() }, log));

test('while a page of large documents is read, everything else has its turn', async () => {
  await using store = await openSqliteState({ file: fresh() }, log);
  const value = Array.from({ length: 1_000 }, (_, n) => ({ at: n, who: 'mina', what: 'real' }));
  const put = Array.from({ length: 1_000 }, (_, n) => ({ kind: 'incident', id: String(n), value, rank: n }));
  await store.commit({ put });
  let turns = 0;
  let over = false;
  const turned = () => {
    turns += 1;
    if (!over) setImmediate(turned);
  };
  setImmediate(turned);
  const found = await store.list('incident', { limit: 1_000 });
  over = true;
  assert.deepEqual([found.length, found[999]?.id], [1_000, '999']);
  assert.ok(turns > 1, `${turns} turns`);
});

test('every commit that resolved before kill -9 is there, whole', async () => {
  const file = fresh();
  const source = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { openSqliteState } from ${source('../../../src/backends/state/sqlite.ts')};
       import { createLog } from ${source('../../../src/log.ts')};
       const store = await openSqliteState({ file: ${JSON.stringify(file)} }, createLog('silent'));
       for (let n = 1; ; n++) {
         await store.commit({
           once: [{ kind: 'seen', id: 'e' + n }],
           put: [{ kind: 'fact', id: 'last', value: n }, { kind: 'outbox', id: 'o' + n, value: n, rank: n }],
         });
         console.log(n);
       }`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let told = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    told = Number(line);
    if (told >= 25 && !child.killed) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  await using store = await openSqliteState({ file }, log);
  const last = (await store.get('fact', 'last'))!.value as number;
  assert.ok(last >= told && last <= told + 1, `${told} told, ${last} found`);
  assert.equal(await store.count('seen'), last);
  assert.deepEqual(
    (await store.list('outbox', { limit: 1_000 })).map((entry) => entry.value),
    Array.from({ length: last }, (_, n) => n + 1),
  );
});

test('closing waits for commits; a closed store says so', async () => {
  const file = fresh();
  const first = await openSqliteState({ file }, log);
  const commit = first.commit({ put: [{ kind: 'fact', id: 'a', value: 1 }] });
  await first[Symbol.asyncDispose]();
  assert.equal(await commit, 'done');
  await assert.rejects(first.get('fact', 'a'), { name: 'AppError', code: 'stopped' });
  await assert.rejects(first.commit({}), { name: 'AppError', code: 'stopped' });
  await using again = await openSqliteState({ file }, log);
  assert.equal((await again.get('fact', 'a'))?.value, 1);
});

test('two processes on one file: commits of both happen, a busy file is waited for', async () => {
  const file = fresh();
  await using one = await openSqliteState({ file }, log);
  await using two = await openSqliteState({ file }, log);
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  const commit = one.commit({ put: [{ kind: 'fact', id: 'a', value: 1 }] });
  assert.equal(await two.get('fact', 'a'), undefined);
  await new Promise((resolve) => setTimeout(resolve, 100));
  other.exec('COMMIT');
  other.close();
  assert.equal(await commit, 'done');
  assert.equal((await two.get('fact', 'a'))?.value, 1);
  assert.equal(await two.commit({ once: [{ kind: 'fact', id: 'a' }] }), 'duplicate');
});

test('a full disk: storage_full, nothing half-written, and it goes on afterwards', async () => {
  // SQLite's own limit on pages gives the error of a full disk; it belongs to a connection, so that one is caught here.
  let connection: DatabaseSync | undefined;
  const { exec } = DatabaseSync.prototype;
  DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string) {
    connection ??= this;
    return exec.call(this, sql);
  };
  const opening = openSqliteState({ file: fresh() }, log);
  await using store = await opening.finally(() => {
    DatabaseSync.prototype.exec = exec;
  });
  const { page_count } = connection!.prepare('PRAGMA page_count').get() as { page_count: number };
  connection!.exec(`PRAGMA max_page_count = ${page_count + 5}`);
  const large = store.commit({
    once: [{ kind: 'seen', id: 'event' }],
    put: [{ kind: 'fact', id: 'a', value: 'x'.repeat(100_000) }],
  });
  await assert.rejects(large, { name: 'AppError', code: 'storage_full', retryable: false });
  assert.equal(await store.get('seen', 'event'), undefined);
  const health = await store.health();
  assert.equal(health.ok, false);
  assert.match(health.mend ?? '', /free space/);
  assert.equal(await store.commit({ once: [{ kind: 'seen', id: 'event' }] }), 'done');
  assert.equal((await store.health()).ok, true);
});

test('a commit resolves when its log is on the disk; a disk that fails is said', async (t) => {
  await using store = await openSqliteState({ file: fresh() }, log);
  const some = await open(join(folder, 'any'), 'w');
  const handles = Object.getPrototypeOf(some) as FileHandle;
  await some.close();
  const synced = Promise.withResolvers<void>();
  const sync = t.mock.method(handles, 'datasync', () => synced.promise);
  let resolved = false;
  const commit = store.commit({ put: [{ kind: 'fact', id: 'a', value: 1 }] }).then((result) => {
    resolved = true;
    return result;
  });
  // Nothing else waits for the disk: reads see it already.
  for (let tries = 0; tries < 1_000 && sync.mock.callCount() === 0; tries += 1) await sleep(5);
  assert.equal((await store.get('fact', 'a'))?.value, 1);
  assert.equal(resolved, false);
  synced.resolve();
  assert.equal(await commit, 'done');
  const failure = Object.assign(new Error('EIO: i/o error, fdatasync'), {
    code: 'EIO',
    syscall: 'fdatasync',
  });
  sync.mock.mockImplementationOnce(() => Promise.reject(failure));
  await assert.rejects(store.commit({ put: [{ kind: 'fact', id: 'b', value: 1 }] }), {
    name: 'AppError',
    code: 'unavailable',
  });
  assert.equal((await store.health()).ok, false);
});

test('a file that is no database, a newer one, a folder that cannot be: a code each', async () => {
  const broken = join(folder, 'broken.db');
  await writeFile(broken, 'this is a text file, long enough to have a header of a hundred bytes '.repeat(9));
  await assert.rejects(openSqliteState({ file: broken }, log), { name: 'AppError', code: 'malformed' });
  const newer = join(folder, 'newer.db');
  const database = new DatabaseSync(newer);
  database.exec('PRAGMA user_version = 99');
  database.close();
  await assert.rejects(openSqliteState({ file: newer }, log), { name: 'AppError', code: 'malformed' });
  await assert.rejects(openSqliteState({ file: join(broken, 'x', 'state.db') }, log), {
    name: 'AppError',
    code: 'storage_full',
  });
  await assert.rejects(openSqliteState({ file: folder }, log), { name: 'AppError', code: 'storage_full' });
});

test('the disk figure counts what is still in the write-ahead log', async () => {
  const file = fresh();
  await using store = await openSqliteState({ file }, log);
  const value = 'x'.repeat(2_500_000);
  await store.commit({ put: [{ kind: 'fact', id: 'large', value }] });
  const inFile = (await stat(file)).size;
  const used = Number(/(\d+) MB used/.exec((await store.health()).detail)?.[1]) * 1e6;
  assert.ok(used >= value.length, `${used} bytes are told of ${value.length}`);
  assert.ok(inFile < value.length, 'or it would be no question');
});
