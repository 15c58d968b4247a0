import {
  chmodSync,
  closeSync,
  fchmodSync,
  lstatSync,
  openSync,
  readdirSync,
  type Stats,
  statSync,
} from 'node:fs';
import { join } from 'node:path';

/** SQLite files. The files that SQLite writes beside one (`-wal`, `-shm`, `-journal`) get its mode. */
export const STORES = {
  logs: 'logs.sqlite',
  state: 'state.sqlite',
  lock: 'running.lock',
  // Each index of others has a file of its own; this is how their names begin.
  mirror: 'mirror-',
} as const;
/** The folders of the embedded queue and of trainings. */
export const FOLDERS = { queue: 'queue', training: 'training' } as const;

/** Entries in the root folder of every disk. */
const NEUTRAL: ReadonlySet<string> = new Set(['lost+found', '.DS_Store']);
const OURS: readonly string[] = Object.values(STORES);
const OUR_FOLDERS: ReadonlySet<string> = new Set(Object.values(FOLDERS));
/** PostgreSQL's own folder: it keeps it closed itself, and does not start where it is open. */
const CLUSTER = /^cluster/;

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** The rights of the group and of all others. */
const OTHERS = 0o077;

/**
 * What stays open, and why: it belongs to another user (`owner`), is on a disk that keeps no rights (`modes`), is a folder
 * with other files in it (`shared`), or is a link to somewhere else (`link`).
 */
interface OpenPath {
  path: string;
  /** In octal: `0644`. */
  mode: string;
  why: 'owner' | 'modes' | 'shared' | 'link';
}
export interface Closed {
  /** What other users could read until now. */
  mended: { path: string; mode: string }[];
  /** What they still can. */
  open: OpenPath[];
}

type Chmod = (path: string, mode: number) => void;
type Closing = Closed & { chmod: Chmod };

const isOurs = (name: string): boolean =>
  OUR_FOLDERS.has(name) || name.endsWith('.refused') || OURS.some((store) => name.startsWith(store));

/**
 * Takes away the rights of other users to what Bongsu keeps in its data folder, and to the folder itself unless it holds
 * something else: a person's own folder as `dataDir` stays as it was. Never throws. Does nothing on Windows, which has no
 * modes.
 * @param chmod for tests
 */
export function closeToOthers(dataDir: string, chmod: Chmod = chmodSync): Closed {
  const found: Closing = { mended: [], open: [], chmod };
  if (process.platform === 'win32') return found;
  const names = namesIn(dataDir);
  const shared = names.some((name) => !isOurs(name) && !NEUTRAL.has(name));
  const folder = statSync(dataDir, { throwIfNoEntry: false });
  // The folder first: then nobody can put something else under a name that comes next.
  if (folder) {
    if (!shared) close(dataDir, folder, found);
    else if (folder.mode & OTHERS) found.open.push({ path: dataDir, mode: modeOf(folder), why: 'shared' });
  }
  for (const name of names.filter(isOurs)) closeTree(join(dataDir, name), found);
  return { mended: found.mended, open: found.open };
}

/**
 * Makes an empty file that only its owner can read, whatever the umask; a file that is there stays as it is.
 * @param fchmod for tests
 */
export function makeClosedFile(file: string, fchmod: typeof fchmodSync = fchmodSync): void {
  let handle: number;
  try {
    // Never opens one that is there: to close a file that SQLite has open in this process would end SQLite's locks.
    handle = openSync(file, 'wx', FILE_MODE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  try {
    fchmod(handle, FILE_MODE);
  } catch {
    // A disk that keeps no rights may refuse to set them. The file can be used, and `closeToOthers` reports it.
  } finally {
    closeSync(handle);
  }
}

function closeTree(path: string, found: Closing): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats) return;
  if (stats.isSymbolicLink()) {
    // A link: its target may be anything, and may belong to anybody.
    const target = statSync(path, { throwIfNoEntry: false });
    if (target && target.mode & OTHERS) found.open.push({ path, mode: modeOf(target), why: 'link' });
    return;
  }
  close(path, stats, found);
  if (!stats.isDirectory()) return;
  for (const name of namesIn(path)) if (!CLUSTER.test(name)) closeTree(join(path, name), found);
}

function close(path: string, stats: Stats, found: Closing): void {
  const mode = modeOf(stats);
  if ((stats.mode & OTHERS) === 0) return;
  try {
    found.chmod(path, stats.isDirectory() ? FOLDER_MODE : FILE_MODE);
  } catch {
    found.open.push({ path, mode, why: 'owner' });
    return;
  }
  const now = statSync(path, { throwIfNoEntry: false });
  if (now && now.mode & OTHERS) found.open.push({ path, mode: modeOf(now), why: 'modes' });
  else found.mended.push({ path, mode });
}

const modeOf = ({ mode }: Stats): string => `0${(mode & 0o777).toString(8).padStart(3, '0')}`;

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // The part of the program that uses the folder will report that it cannot be read.
    return [];
  }
}
