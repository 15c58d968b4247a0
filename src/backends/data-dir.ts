import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Config } from '../config.ts';
import { AppError } from '../domain/errors.ts';

/** Primary result codes of SQLite: somebody else has it, and no room. */
const BUSY: ReadonlySet<number> = new Set([5, 6]);
const FULL = 13;

const usesDataDir = (config: Config): boolean =>
  config.logs.kind === 'sqlite' || config.state.kind === 'sqlite' || config.queue.kind === 'embedded';

/** Makes the folder of the embedded backends. Throws AppError `storage_full` when it cannot be written. */
export function prepareDataDir(config: Config): void {
  if (!usesDataDir(config)) return;
  try {
    makeFolder(config.dataDir);
  } catch (cause) {
    throw unwritable(config, cause);
  }
}

const unwritable = ({ dataDir }: Config, cause: unknown, full = false): AppError =>
  new AppError(
    'storage_full',
    full
      ? `the disk of the data folder ${dataDir} is full; make room, or set another dataDir`
      : `cannot write the data folder ${dataDir}; change dataDir or its permissions`,
    { cause },
  );

/** One level at a time: Node's recursive mkdir never ends below a folder that takes no children (such as /proc). */
function makeFolder(path: string): void {
  if (existsSync(path)) {
    // A file in its place is refused by the same call that makes a folder.
    mkdirSync(path, { recursive: true });
    return;
  }
  makeFolder(dirname(path));
  mkdirSync(path);
}

/**
 * Claims the data folder for this process until disposed: two running Bongsus on one folder would deliver the same
 * alerts. The claim is a lock inside an SQLite file, which the system lets go of however the process ends.
 * Throws AppError `conflict` when another process holds it, `storage_full` when it cannot be written.
 */
export function claimDataDir(config: Config): Disposable {
  if (!usesDataDir(config)) return { [Symbol.dispose]() {} };
  prepareDataDir(config);
  let claim: DatabaseSync | undefined;
  try {
    const opened = new DatabaseSync(join(config.dataDir, 'running.lock'), { timeout: 0 });
    claim = opened;
    opened.exec('BEGIN EXCLUSIVE');
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
