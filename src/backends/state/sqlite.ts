import { type FileHandle, open as openFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { AppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { turn } from '../../domain/time/event-loop.ts';
import { healthOf } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import { beginWrite, openSqlite, type SqliteFile, sizeOnDisk, sqliteError } from '../sqlite-file.ts';
import type {
  CommitResult,
  DocumentCommit,
  DocumentListOptions,
  DocumentPut,
  DocumentStore,
  Stored,
} from './store.ts';

/** Steps that bring a file to the current layout. */
const MIGRATIONS = [
  `CREATE TABLE documents (
     kind TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, rank REAL NOT NULL, version INTEGER NOT NULL,
     expires INTEGER, PRIMARY KEY (kind, id)) WITHOUT ROWID;
   CREATE INDEX by_rank ON documents (kind, rank, id);
   CREATE INDEX by_expiry ON documents (expires) WHERE expires IS NOT NULL;`,
];
const PRAGMAS =
  'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 16777216;';

/** At most this many commits share one transaction. */
const GROUP = 100;
const MAX_LIST = 1_000;
/** At most this many expired documents are removed with each transaction; reads never see them anyway. */
const SWEEP = 200;

/**
 * State store in one SQLite file, for a single process. A commit that resolved survives `kill -9` and a power cut: its log is
 * on the disk by then. Commits that arrive together share one transaction, each still all or nothing.
 * @param options.file created with its folder where missing; throws `storage_full`, `malformed` (damaged or not ours), `unavailable`
 */
export async function openSqliteState(options: { file: string }, log: Log): Promise<DocumentStore> {
  const about = { file: options.file, name: 'state store' };
  const database = await openSqlite(about, PRAGMAS, MIGRATIONS);
  const journal = await openFile(`${about.file}-wal`, 'r+').catch((error) => {
    database.close();
    throw sqliteError(error, about);
  });
  const state = new SqliteState(database, new Transactions(database, journal, about, log), about);
  return {
    get: (kind, id) => state.get(kind, id),
    list: (kind, options) => state.list(kind, options),
    count: (kind) => state.count(kind),
    commit: (changes) => state.commit(changes),
    acquire: (lease, owner, ttlMs) => state.acquire(lease, owner, ttlMs),
    release: (lease, owner) => state.release(lease, owner),
    health: () => state.health(),
    [Symbol.asyncDispose]: () => state[Symbol.asyncDispose](),
  };
}

/** The documents of this moment; the placeholder is the time. */
const LIVE = '(expires IS NULL OR expires > ?)';

const listSql = (direction: '' | 'DESC'): string =>
  `SELECT id, value, rank, version FROM documents WHERE kind = ? AND rank >= ? AND rank <= ? AND ${LIVE}
   ORDER BY rank ${direction}, id ${direction} LIMIT ? OFFSET ?`;

const prepareStatements = (database: DatabaseSync) => ({
  one: database.prepare(`SELECT value, rank, version FROM documents WHERE kind = ? AND id = ? AND ${LIVE}`),
  ascending: database.prepare(listSql('')),
  descending: database.prepare(listSql('DESC')),
  count: database.prepare(`SELECT count(*) AS count FROM documents WHERE kind = ? AND ${LIVE}`),
  write: database.prepare(
    `INSERT INTO documents (kind, id, value, rank, version, expires) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE
     SET value = excluded.value, rank = excluded.rank, version = excluded.version, expires = excluded.expires`,
  ),
  remove: database.prepare('DELETE FROM documents WHERE kind = ? AND id = ?'),
});

/** The state of a lease, as its document holds it. */
interface Term {
  owner: string;
  /** Epoch milliseconds. */
  ends: number;
  token: number;
}

class SqliteState {
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #transactions: Transactions;
  readonly #about: SqliteFile;

  constructor(database: DatabaseSync, transactions: Transactions, about: SqliteFile) {
    this.#statements = prepareStatements(database);
    this.#transactions = transactions;
    this.#about = about;
  }

  get(kind: string, id: string): Promise<Stored<unknown> | undefined> {
    return this.#guarded(() => {
      const row = this.#statements.one.get(kind, id, Date.now());
      return row && stored({ ...row, id });
    });
  }

  async list(
    kind: string,
    { from = -Infinity, to = Infinity, limit = 100, descending = false, skip = 0 }: DocumentListOptions = {},
  ): Promise<Stored<unknown>[]> {
    const statement = descending ? this.#statements.descending : this.#statements.ascending;
    // All rows at once, as they were at one moment; what takes long is to parse them.
    const rows = await this.#guarded(() =>
      statement.all(kind, from, to, Date.now(), Math.max(0, Math.min(limit, MAX_LIST)), skip),
    );
    const found: Stored<unknown>[] = [];
    for (const row of rows) {
      const wait = turn();
      if (wait) await wait;
      found.push(await this.#guarded(() => stored(row)));
    }
    return found;
  }

  count(kind: string): Promise<number> {
    return this.#guarded(() => (this.#statements.count.get(kind, Date.now()) as { count: number }).count);
  }

  async commit(changes: DocumentCommit): Promise<CommitResult> {
    const prepared = prepare(changes);
    return this.#transactions.run(() => this.#apply(prepared));
  }

  acquire(lease: string, owner: string, ttlMs: number): Promise<number | undefined> {
    return this.#transactions.run(() => {
      const now = Date.now();
      const held = this.#leaseOf(lease);
      // A term that ends later than a new one would is from before the clock was set back.
      const isLive = held !== undefined && held.ends > now && held.ends <= now + ttlMs;
      if (isLive && held.owner !== owner) return undefined;
      const token = isLive ? held.token : (held?.token ?? 0) + 1;
      this.#writeLease(lease, { owner, ends: now + ttlMs, token });
      return token;
    });
  }

  release(lease: string, owner: string): Promise<void> {
    return this.#transactions.run(() => {
      const held = this.#leaseOf(lease);
      if (held?.owner === owner) this.#writeLease(lease, { ...held, ends: 0 });
    });
  }

  async health(): Promise<Health> {
    const { file } = this.#about;
    try {
      this.#statements.count.get('fact', Date.now());
      if (this.#transactions.trouble) throw this.#transactions.trouble;
      const { used, free } = await sizeOnDisk(file);
      const megabytes = { used: Math.ceil(used / 1e6), free: Math.floor(free / 1e6) };
      return healthOf(true, 'sqlite', [['kept', { file: basename(file), ...megabytes }]]);
    } catch (error) {
      const { code, message } = sqliteError(error, this.#about);
      const word = code === 'storage_full' ? 'disk' : code === 'malformed' ? 'stateFile' : 'dataDir';
      return healthOf(false, 'sqlite', [['error', { error: message }]], [`mend.${word}`]);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#transactions.close();
  }

  async #guarded<T>(work: () => T): Promise<T> {
    try {
      return work();
    } catch (error) {
      throw sqliteError(error, this.#about);
    }
  }

  /** All checks come before the first write, so a commit that is refused leaves nothing behind. */
  #apply(changes: Prepared): CommitResult {
    const { write, remove } = this.#statements;
    const now = Date.now();
    const { once = [], put, delete: gone = [], fence } = changes;
    if (fence && this.#leaseOf(fence.lease)?.token !== fence.token) return 'fenced';
    const version = (kind: string, id: string): number => this.#versionOf(kind, id, now);
    if (once.some(({ kind, id }) => version(kind, id) > 0)) return 'duplicate';
    if (put.some(({ kind, id, ifVersion }) => ifVersion !== undefined && version(kind, id) !== ifVersion))
      return 'conflict';
    const expiry = (ttlMs: number | undefined) => (ttlMs === undefined ? null : now + ttlMs);
    for (const { kind, id, ttlMs } of once)
      write.run(kind, id, JSON.stringify({ at: now }), 0, 1, expiry(ttlMs));
    for (const { kind, id, value, rank = 0, ttlMs } of put)
      write.run(kind, id, value, rank, version(kind, id) + 1, expiry(ttlMs));
    for (const { kind, id } of gone) remove.run(kind, id);
    return 'done';
  }

  #versionOf(kind: string, id: string, now: number): number {
    return (this.#statements.one.get(kind, id, now) as { version: number } | undefined)?.version ?? 0;
  }

  #leaseOf(name: string): Term | undefined {
    const row = this.#statements.one.get('lease', name, 0) as { value: string } | undefined;
    return row && (JSON.parse(row.value) as Term);
  }

  #writeLease(name: string, term: Term): void {
    this.#statements.write.run('lease', name, JSON.stringify(term), 0, 1, null);
  }
}

/** Work that waits for the next transaction. */
interface Waiting {
  work: () => void;
  resolve: () => void;
  reject: (error: AppError) => void;
}

/**
 * Write transactions, one at a time, each with all the work that waits. SQLite would wait for the disk inside `COMMIT`, and
 * the whole process with it. So what a transaction wrote is only in the write-ahead log by then (`synchronous=NORMAL`), and
 * the log is synced from here, outside the event loop, before the work counts as done.
 */
class Transactions {
  readonly #database: DatabaseSync;
  /** The write-ahead log. */
  readonly #journal: FileHandle;
  readonly #about: SqliteFile;
  readonly #log: Log;
  readonly #waiting: Waiting[] = [];
  readonly #sweep;
  #draining: Promise<void> | undefined;
  /** Why the last transaction failed; undefined when it did not. */
  trouble: AppError | undefined;

  constructor(database: DatabaseSync, journal: FileHandle, about: SqliteFile, log: Log) {
    this.#database = database;
    this.#journal = journal;
    this.#about = about;
    this.#log = log;
    this.#sweep = database.prepare(
      `DELETE FROM documents WHERE (kind, id) IN (SELECT kind, id FROM documents WHERE expires <= ? LIMIT ${SWEEP})`,
    );
  }

  /** Runs `work` in the next transaction; resolves when that is safely on the disk. */
  run<T>(work: () => T): Promise<T> {
    let result: T;
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        work: () => {
          result = work();
        },
        resolve: () => resolve(result),
        reject,
      });
      this.#draining ??= this.#drain();
    });
  }

  /** Finishes what waits, and closes the file. */
  async close(): Promise<void> {
    await this.#draining;
    if (!this.#database.isOpen) return;
    this.#database.close();
    await this.#journal.close();
  }

  async #drain(): Promise<void> {
    // One turn of the event loop first: what arrives together is committed together.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      await this.#commit(this.#waiting.splice(0, GROUP));
      await new Promise(setImmediate);
    }
    this.#draining = undefined;
  }

  async #commit(group: Waiting[]): Promise<void> {
    const database = this.#database;
    try {
      await beginWrite(database, this.#about);
      for (const { work } of group) work();
      this.#sweep.run(Date.now());
      database.exec('COMMIT');
      await this.#journal.datasync();
      this.trouble = undefined;
      for (const { resolve } of group) resolve();
    } catch (error) {
      const trouble = sqliteError(error, this.#about);
      this.trouble = trouble;
      // SQLite rolls back by itself after some errors (a full disk is one).
      if (database.isOpen && database.isTransaction) database.exec('ROLLBACK');
      if (trouble.code !== 'stopped') this.#log.warn({ err: trouble }, 'state store: commit failed');
      for (const { reject } of group) reject(trouble);
    }
  }
}

/** A commit whose values are JSON already: what the caller changes later is not written. */
type Prepared = DocumentCommit & { put: (DocumentPut & { value: string })[] };
const prepare = (changes: DocumentCommit): Prepared => ({
  ...changes,
  put: (changes.put ?? []).map((put) => ({ ...put, value: JSON.stringify(put.value) ?? 'null' })),
});

function stored(row: Record<string, unknown>): Stored<unknown> {
  return {
    id: String(row.id),
    value: JSON.parse(String(row.value)),
    rank: Number(row.rank),
    version: Number(row.version),
  };
}
