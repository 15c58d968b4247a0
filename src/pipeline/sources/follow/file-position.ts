import { hash, randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { open, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { StateStore } from '../../../backends/state/store.ts';
import { toAppError } from '../../../domain/errors.ts';
import { DAY } from '../../../domain/time/units.ts';

/** Bytes at the beginning of a file that tell it from another file with the same name. */
const PRINT_BYTES = 1_024;
/** A file that has not grown for so long is forgotten, and read again if it grows after all. */
const REMEMBER_MS = 90 * DAY;

/**
 * How far a followed file was read. `id` is part of the positions of its lines: it stays with the file when that is
 * renamed, and a new file under the old name gets another one.
 */
export interface FilePosition {
  id: string;
  dev: number;
  ino: number;
  /** Digest of the first `length` bytes. */
  print: { length: number; digest: string };
  /** Bytes whose lines are stored. */
  offset: number;
}

/** A file that is open for following. */
export interface OpenFile {
  path: string;
  handle: FileHandle;
  position: FilePosition;
}

/** Identifies a file on the disk, whatever its name is. */
export const fileKey = ({ dev, ino }: { dev: number; ino: number }): string => `${dev}:${ino}`;

/** Whether the open file is still the one its position is about: not truncated and begun anew. */
export async function isSame({ handle, position }: OpenFile): Promise<boolean> {
  const { dev, ino, size } = await handle.stat();
  if (dev !== position.dev || ino !== position.ino || size < position.offset) return false;
  const now = await printOf(handle, position.print.length);
  return now.length === position.print.length && now.digest === position.print.digest;
}

/** The positions of followed files in the state store, and the files they are about. */
export class FilePositions {
  readonly #state: StateStore;

  constructor(state: StateStore) {
    this.#state = state;
  }

  /**
   * Opens the file to go on with: the one that had this name and was renamed before it was read to its end, else the one
   * that has the name now.
   * @throws what the file system says, as `ENOENT`; AppError of the state store
   */
  async open(path: string): Promise<OpenFile> {
    const last = await this.#recall(`path:${path}`);
    const before = last && (await this.#recall(`file:${fileKey(last)}`));
    const again = before && (await findAgain(path, before));
    return again ?? this.openNamed(path);
  }

  /** Opens the file that has this name now: from its start, unless it was read before under another name. */
  async openNamed(path: string): Promise<OpenFile> {
    const file = await openNew(path);
    const known = await this.#recall(`file:${fileKey(file.position)}`);
    if (known && (await isSame({ ...file, position: known }))) file.position = known;
    // The id has to be stored before the first line has it: after a crash the same line must not get another one.
    await this.#remember(file);
    return file;
  }

  /** All lines before `offset` are stored. */
  async advance(file: OpenFile, offset: number): Promise<void> {
    if (offset === file.position.offset) return;
    file.position = { ...(await withLongerPrint(file)), offset };
    await this.#remember(file);
  }

  /** Forgets a deleted file: its number on the disk will be given to another file. */
  async forget(file: OpenFile): Promise<void> {
    await this.#state.commit({
      delete: [
        { kind: 'file-position', id: `file:${fileKey(file.position)}` },
        { kind: 'file-position', id: `path:${file.path}` },
      ],
    });
  }

  /** Under the file's number on the disk, to find it under another name too, and under its name. */
  async #remember({ path, position: value }: OpenFile): Promise<void> {
    await this.#state.commit({
      put: [
        { kind: 'file-position', id: `file:${fileKey(value)}`, value, ttlMs: REMEMBER_MS },
        { kind: 'file-position', id: `path:${path}`, value, ttlMs: REMEMBER_MS },
      ],
    });
  }

  /** A position that cannot be read is as good as none: the file is read from its beginning. */
  async #recall(id: string): Promise<FilePosition | undefined> {
    try {
      return (await this.#state.get('file-position', id))?.value;
    } catch (error) {
      if (toAppError(error).code === 'malformed') return undefined;
      throw error;
    }
  }
}

/** Opens a file that has not been read before. */
async function openNew(path: string): Promise<OpenFile> {
  const handle = await open(path, 'r');
  const { dev, ino } = await handle.stat();
  return { path, handle, position: { id: randomUUID(), dev, ino, print: await printOf(handle), offset: 0 } };
}

async function printOf(handle: FileHandle, length = PRINT_BYTES): Promise<FilePosition['print']> {
  const bytes = Buffer.alloc(Math.min(length, PRINT_BYTES));
  let read = 0;
  while (read < bytes.length) {
    const { bytesRead } = await handle.read(bytes, read, bytes.length - read, read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return { length: read, digest: hash('sha1', bytes.subarray(0, read), 'base64url') };
}

/** The print of a file that was short when it was seen first is made longer as the file grows. */
async function withLongerPrint({ handle, position }: OpenFile): Promise<FilePosition> {
  return position.print.length >= PRINT_BYTES ? position : { ...position, print: await printOf(handle) };
}

/**
 * Finds the file that a stored position is about: under its own name, or in the same folder under the name a rotation
 * gave it. Undefined if it is gone, was compressed or was truncated.
 */
async function findAgain(path: string, position: FilePosition): Promise<OpenFile | undefined> {
  const folder = dirname(path);
  const names = await readdir(folder).catch((): string[] => []);
  for (const candidate of [path, ...names.map((name) => join(folder, name))]) {
    const info = await stat(candidate).catch(() => undefined);
    if (!info?.isFile() || info.ino !== position.ino || info.dev !== position.dev) continue;
    const handle = await open(candidate, 'r').catch(() => undefined);
    if (!handle) continue;
    const file: OpenFile = { path, handle, position };
    if (await isSame(file)) return file;
    await handle.close();
  }
  return undefined;
}
