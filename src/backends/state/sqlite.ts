import { statSync } from 'node:fs';
import { mkdir, open as openFile, statfs } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../domain/errors.ts';
import { healthOf } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import type { CommitResult, DocumentCommit, DocumentPut, DocumentStore, Stored } from './store.ts';

/** Steps that bring a file to the current layout; `PRAGMA user_version` counts those it has seen. */
const MIGRATIONS = [
  `CREATE TABLE documents (
     kind TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, rank REAL NOT NULL, version INTEGER NOT NULL,
     expires INTEGER, PRIMARY KEY (kind, id)) WITHOUT ROWID;
   CREATE INDEX by_rank ON documents (kind, rank, id);
   CREATE INDEX by_expiry ON documents (expires) WHERE expires IS NOT NULL;`,
];

/** How long a commit waits for another process that holds the file. */
const LOCK_WAIT_MS = 5_000;
/** Commits written together: they share one transaction. */
const GROUP = 100;
const MAX_LIST = 1_000;
/** Expired documents removed with each group of commits; reads never see them anyway. */
const SWEEP = 200;

/** SQLite's primary result codes, https://www.sqlite.org/rescode.html */
const RESULT: Record<number, [ConstructorParameters<typeof AppError>[0], string]> = {
  3: ['storage_full', 'no permission to use it'],
  5: ['unavailable', 'another process holds it'],
  6: ['unavailable', 'another connection holds it'],
  8: ['storage_full', 'it cannot be written'],
  10: ['unavailable', 'the disk reported an error'],
  11: ['malformed', 'the file is damaged'],
  13: ['storage_full', 'the disk is full'],
  14: ['storage_full', 'it cannot be opened or created'],
  26: ['malformed', 'it is not a database'],
};

function sqliteError(error: unknown, file: string): AppError {
  if (error instanceof AppError) return error;
  const { code, errcode, syscall } = error as { code?: string; errcode?: number; syscall?: string };
  if (code === 'ERR_INVALID_STATE')
    return new AppError('stopped', `${basename(file)} is closed`, { cause: error });
  if (syscall)
    return new AppError(code === 'ENOSPC' ? 'storage_full' : 'unavailable', `${basename(file)}: ${code}`, {
      cause: error,
    });
  const [kind, reason] = RESULT[(errcode ?? 0) & 0xff] ?? ['internal', 'unexpected error'];
  return new AppError(kind, `state store ${basename(file)}: ${reason}`, { cause: error });
}

/**
 * State store in one SQLite file, for a single process. A commit that resolved survives `kill -9` and a power cut: its log is
 * on the disk by then. Commits that arrive together share one transaction, each still all or nothing.
 * @param options.file created with its folder where missing; throws `storage_full`, `malformed` (damaged or not ours), `unavailable`
 */
export async function openSqliteState(options: { file: string }, log: Log): Promise<DocumentStore> {
  const { file } = options;
  const database = await open(file);
  // SQLite would wait for the disk inside `COMMIT`, and everything else in the process with it. What a transaction wrote is
  // in its log (`synchronous=NORMAL`), which is synced from here, beside the event loop, before the commit resolves.
  const journal = await openFile(`${file}-wal`, 'r+').catch((error) => {
    database.close();
    throw sqliteError(error, file);
  });
  let trouble: AppError | undefined;

  const live = '(expires IS NULL OR expires > ?)';
  const selectOne = database.prepare(
    `SELECT value, rank, version FROM documents WHERE kind = ? AND id = ? AND ${live}`,
  );
  const list = (direction: '' | 'DESC') =>
    database.prepare(`SELECT id, value, rank, version FROM documents WHERE kind = ? AND rank >= ? AND rank <= ? AND ${live}
      ORDER BY rank ${direction}, id ${direction} LIMIT ?`);
  const ascending = list('');
  const descending = list('DESC');
  const selectCount = database.prepare(`SELECT count(*) AS count FROM documents WHERE kind = ? AND ${live}`);
  const write = database.prepare(
    'INSERT INTO documents (kind, id, value, rank, version, expires) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, rank = excluded.rank, version = excluded.version, expires = excluded.expires',
  );
  const remove = database.prepare('DELETE FROM documents WHERE kind = ? AND id = ?');
  const sweep = database.prepare(
    `DELETE FROM documents WHERE (kind, id) IN (SELECT kind, id FROM documents WHERE expires <= ? LIMIT ${SWEEP})`,
  );

  const versionOf = (kind: string, id: string, now: number): number =>
    (selectOne.get(kind, id, now) as { version: number } | undefined)?.version ?? 0;

  interface Term {
    owner: string;
    ends: number;
    token: number;
  }
  const leaseOf = (name: string): Term | undefined => {
    const row = selectOne.get('lease', name, 0) as { value: string } | undefined;
    return row && (JSON.parse(row.value) as Term);
  };
  const writeLease = (name: string, term: Term): void =>
    void write.run('lease', name, JSON.stringify(term), 0, 1, null);

  /** All checks come before the first write, so a refused commit leaves nothing behind. */
  const apply = (changes: Prepared): CommitResult => {
    const now = Date.now();
    const { once = [], put, delete: gone = [], fence } = changes;
    if (fence && leaseOf(fence.lease)?.token !== fence.token) return 'fenced';
    if (once.some(({ kind, id }) => versionOf(kind, id, now) > 0)) return 'duplicate';
    if (
      put.some(({ kind, id, ifVersion }) => ifVersion !== undefined && versionOf(kind, id, now) !== ifVersion)
    )
      return 'conflict';
    const expiry = (ttlMs: number | undefined) => (ttlMs === undefined ? null : now + ttlMs);
    for (const { kind, id, ttlMs } of once)
      write.run(kind, id, JSON.stringify({ at: now }), 0, 1, expiry(ttlMs));
    for (const { kind, id, value, rank = 0, ttlMs } of put)
      write.run(kind, id, value, rank, versionOf(kind, id, now) + 1, expiry(ttlMs));
    for (const { kind, id } of gone) remove.run(kind, id);
    return 'done';
  };

  /** Work inside the next transaction. */
  const waiting: { work: () => void; resolve: () => void; reject: (error: AppError) => void }[] = [];
  let draining: Promise<void> | undefined;
  const drain = async (): Promise<void> => {
    // One turn of the loop first: what arrives together is committed together.
    await new Promise(setImmediate);
    while (waiting.length > 0) {
      const group = waiting.splice(0, GROUP);
      try {
        await begin(database, file);
        for (const { work } of group) work();
        sweep.run(Date.now());
        database.exec('COMMIT');
        await journal.datasync();
        trouble = undefined;
        for (const { resolve } of group) resolve();
      } catch (error) {
        trouble = sqliteError(error, file);
        // SQLite rolls back by itself after some errors (a full disk among them).
        if (database.isOpen && database.isTransaction) database.exec('ROLLBACK');
        if (trouble.code !== 'stopped') log.warn({ err: trouble }, 'state store: commit failed');
        for (const { reject } of group) reject(trouble);
      }
      await new Promise(setImmediate);
    }
    draining = undefined;
  };

  const written = <T>(work: () => T): Promise<T> => {
    let result: T;
    return new Promise((resolve, reject) => {
      waiting.push({
        work: () => {
          result = work();
        },
        resolve: () => resolve(result),
        reject,
      });
      draining ??= drain();
    });
  };

  const guarded = async <T>(work: () => T): Promise<T> => {
    try {
      return work();
    } catch (error) {
      throw sqliteError(error, file);
    }
  };

  return {
    get: (kind: string, id: string) =>
      guarded(() => {
        const row = selectOne.get(kind, id, Date.now());
        return row && stored({ ...row, id });
      }),
    list: (kind: string, { from = -Infinity, to = Infinity, limit = 100, descending: down = false } = {}) =>
      guarded(() =>
        (down ? descending : ascending)
          .all(kind, from, to, Date.now(), Math.max(0, Math.min(limit, MAX_LIST)))
          .map((row) => stored(row)),
      ),
    count: (kind) => guarded(() => (selectCount.get(kind, Date.now()) as { count: number }).count),
    async commit(changes) {
      const prepared = prepare(changes);
      return written(() => apply(prepared));
    },
    acquire: (lease, owner, ttlMs) =>
      written(() => {
        const now = Date.now();
        const held = leaseOf(lease);
        // A term that reaches further than a term can is left from before the clock was set back.
        const isLive = held !== undefined && held.ends > now && held.ends <= now + ttlMs;
        if (isLive && held.owner !== owner) return undefined;
        const token = isLive ? held.token : (held?.token ?? 0) + 1;
        writeLease(lease, { owner, ends: now + ttlMs, token });
        return token;
      }),
    release: (lease, owner) =>
      written(() => {
        const held = leaseOf(lease);
        if (held?.owner === owner) writeLease(lease, { ...held, ends: 0 });
      }),
    async health() {
      try {
        selectCount.get('fact', Date.now());
        if (trouble) throw trouble;
        const { bavail, bsize } = await statfs(dirname(file));
        const free = Math.floor((bavail * bsize) / 1e6);
        // What was written last is in the write-ahead log until SQLite moves it over.
        const used = statSync(file).size + (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0);
        const kept = { file: basename(file), used: Math.ceil(used / 1e6), free };
        return healthOf(true, 'sqlite', [['kept', kept]]);
      } catch (error) {
        const { code, message } = sqliteError(error, file);
        const word = code === 'storage_full' ? 'disk' : code === 'malformed' ? 'stateFile' : 'dataDir';
        return healthOf(false, 'sqlite', [['error', { error: message }]], [`mend.${word}`]);
      }
    },
    async [Symbol.asyncDispose]() {
      await draining;
      if (!database.isOpen) return;
      database.close();
      await journal.close();
    },
  };
}

/** A commit with its values as JSON, taken when it is asked for: what the caller changes later is not written. */
type Prepared = DocumentCommit & { put: (DocumentPut & { value: string })[] };
const prepare = (changes: DocumentCommit): Prepared => ({
  ...changes,
  put: (changes.put ?? []).map((put) => ({ ...put, value: JSON.stringify(put.value) ?? 'null' })),
});

function stored(row: Record<string, unknown>): Stored<unknown> {
  return {
    id: String(row.id),
    value: JSON.parse(String(row.value)) as unknown,
    rank: Number(row.rank),
    version: Number(row.version),
  };
}

/** Starts a write transaction; waits without stopping the event loop while another process writes. */
async function begin(database: DatabaseSync, file: string): Promise<void> {
  for (const start = Date.now(); ; ) {
    try {
      database.exec('BEGIN IMMEDIATE');
      return;
    } catch (error) {
      const busy = (((error as { errcode?: number }).errcode ?? 0) & 0xff) === 5;
      if (!busy || Date.now() - start > LOCK_WAIT_MS) throw sqliteError(error, file);
      await sleep(10 + Math.random() * 40);
    }
  }
}

async function open(file: string): Promise<DatabaseSync> {
  let database: DatabaseSync | undefined;
  try {
    await mkdir(dirname(file), { recursive: true });
    database = new DatabaseSync(file, { timeout: 20 });
    database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 16777216;',
    );
    const versionOf = (open: DatabaseSync) =>
      (open.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
    if (versionOf(database) > MIGRATIONS.length)
      throw new AppError('malformed', `state store ${basename(file)} was made by a newer version of Bongsu`);
    if (versionOf(database) < MIGRATIONS.length) {
      await begin(database, file);
      // Another process may have migrated while this one waited.
      for (const sql of MIGRATIONS.slice(versionOf(database))) database.exec(sql);
      database.exec(`PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`);
    }
    return database;
  } catch (error) {
    database?.close();
    const { code } = error as NodeJS.ErrnoException;
    if (['EACCES', 'EROFS', 'ENOSPC', 'ENOTDIR', 'EEXIST'].includes(code ?? ''))
      throw new AppError('storage_full', `the folder of ${basename(file)} cannot be written (${code})`, {
        cause: error,
      });
    throw sqliteError(error, file);
  }
}
