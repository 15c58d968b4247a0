import { hash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Config } from '../config/config.ts';
import { AppError } from '../domain/errors.ts';
import { DAY } from '../domain/time/units.ts';
import type { Log } from '../log.ts';
import { type Closed, closeToOthers, makeClosedFile, STORES } from './closed-folder.ts';

/** SQLite's primary result codes: another process has the file, and the disk is full. */
const BUSY: ReadonlySet<number> = new Set([5, 6]);
const FULL = 13;

const usesDataDir = (config: Config): boolean =>
  config.logs.kind === 'sqlite' ||
  config.logs.kind === 'opensearch' ||
  config.state.kind === 'sqlite' ||
  config.queue.kind === 'embedded';

/**
 * Makes the folder of the embedded backends and the files of its stores, so that only their owner can read them, and closes
 * what others could read until now.
 * @returns what was closed, and what cannot be closed
 * @throws AppError `storage_full` when the folder cannot be written
 */
export function prepareDataDir(config: Config): Closed {
  if (!usesDataDir(config)) return { mended: [], open: [] };
  const { dataDir } = config;
  try {
    makeFolder(dataDir, 0o700);
    const closed = closeToOthers(dataDir);
    if (config.logs.kind === 'sqlite') makeClosedFile(join(dataDir, STORES.logs));
    if (config.state.kind === 'sqlite') makeClosedFile(join(dataDir, STORES.state));
    makeClosedFile(join(dataDir, STORES.lock));
    return closed;
  } catch (cause) {
    throw unwritable(config, cause);
  }
}

/** What is kept of an index of others that nobody asked about for this long is removed, in milliseconds. */
const FORGOTTEN_MS = 7 * DAY;

/**
 * The file for what was read from an index of others, made so that only its owner can read it. Those of other indices that were
 * not used for a week are removed.
 * @param key what tells this index, and how it is read, from others
 * @throws AppError `storage_full` when the folder cannot be written
 */
export function mirrorFile(config: Config, key: string): string {
  const { dataDir } = config;
  const name = `${STORES.mirror}${hash('sha1', key, 'hex').slice(0, 12)}.sqlite`;
  try {
    makeFolder(dataDir, 0o700);
    makeClosedFile(join(dataDir, name));
    for (const other of readdirSync(dataDir)) {
      if (!other.startsWith(STORES.mirror) || other.startsWith(name)) continue;
      const path = join(dataDir, other);
      const stats = statSync(path, { throwIfNoEntry: false });
      if (stats && Date.now() - stats.mtimeMs > FORGOTTEN_MS) rmSync(path, { force: true });
    }
    return join(dataDir, name);
  } catch (cause) {
    throw unwritable(config, cause);
  }
}

/** Logs what other users could read, and what they still can. */
export function logClosedFiles({ mended, open }: Closed, log: Log): void {
  if (mended.length > 0) log.warn({ mended }, 'other users could read the data folder; it is closed now');
  if (open.length > 0) log.warn({ open }, 'other users can read in the data folder');
}

const unwritable = ({ dataDir }: Config, cause: unknown, full = false): AppError =>
  new AppError(
    'storage_full',
    full
      ? `the disk of the data folder ${dataDir} is full; make room, or set another dataDir`
      : `cannot write the data folder ${dataDir}; change dataDir or its permissions`,
    { cause },
  );

/** One level at a time: Node's recursive mkdir never ends below a folder that takes no new entries (such as /proc). */
function makeFolder(path: string, mode?: number): void {
  if (existsSync(path)) {
    // Where a file has this name, this call fails as it should.
    mkdirSync(path, { recursive: true });
    return;
  }
  makeFolder(dirname(path));
  mkdirSync(path, { mode });
  if (mode === undefined) return;
  try {
    // The owner must get in, whatever the umask takes away.
    chmodSync(path, mode);
  } catch {
    // Where the owner does not get in, the next step fails.
  }
}

/**
 * Claims the data folder for this process until disposed: two Bongsus on one folder would deliver the same alerts. The
 * claim is a lock in an SQLite file, which the system releases however the process ends.
 * @throws AppError `conflict` when another process holds it, `storage_full` when it cannot be written
 */
export function claimDataDir(config: Config, log: Log): Disposable {
  if (!usesDataDir(config)) return { [Symbol.dispose]() {} };
  const closed = prepareDataDir(config);
  let claim: DatabaseSync | undefined;
  try {
    const opened = new DatabaseSync(join(config.dataDir, STORES.lock), { timeout: 0 });
    claim = opened;
    opened.exec('BEGIN EXCLUSIVE');
    logClosedFiles(closed, log);
    return { [Symbol.dispose]: () => opened.close() };
  } catch (cause) {
    claim?.close();
    const { errcode = 0 } = cause as { errcode?: number };
    throw BUSY.has(errcode & 0xff)
      ? new AppError(
          'conflict',
          `another Bongsu is running on the data folder ${config.dataDir}; stop it, or set another dataDir`,
          { cause },
        )
      : unwritable(config, cause, (errcode & 0xff) === FULL);
  }
}
