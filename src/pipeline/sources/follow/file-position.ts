import { hash, randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { open, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/** Bytes at a file's beginning that tell it from another file in its place. */
const PRINT_BYTES = 1_024;

/**
 * How far a followed file was read. `id` is part of its lines' positions: it stays with the file when that is renamed,
 * and is another one for what comes into its place.
 */
export const filePosition = z.object({
  id: z.string(),
  dev: z.number(),
  ino: z.number(),
  /** Digest of the first `length` bytes. */
  print: z.object({ length: z.number(), digest: z.string() }),
  /** Bytes whose lines are safe. */
  offset: z.number(),
});
export type FilePosition = z.infer<typeof filePosition>;

/** A file that is open for following. */
export interface OpenFile {
  path: string;
  handle: FileHandle;
  position: FilePosition;
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

/** Opens a file that has not been read before. */
export async function openNew(path: string): Promise<OpenFile> {
  const handle = await open(path, 'r');
  const { dev, ino } = await handle.stat();
  return { path, handle, position: { id: randomUUID(), dev, ino, print: await printOf(handle), offset: 0 } };
}

/** What names a file whatever it is called. */
export const fileKey = ({ dev, ino }: { dev: number; ino: number }): string => `${dev}:${ino}`;

/** Whether the open file is still the one its place speaks of: not truncated and begun anew. */
export async function isSame({ handle, position: known }: OpenFile): Promise<boolean> {
  const { dev, ino, size } = await handle.stat();
  if (dev !== known.dev || ino !== known.ino || size < known.offset) return false;
  const now = await printOf(handle, known.print.length);
  return now.length === known.print.length && now.digest === known.print.digest;
}

/** The print of a file that was short when it was seen first is made longer as it grows. */
export async function withLongerPrint(file: OpenFile): Promise<FilePosition> {
  return file.position.print.length >= PRINT_BYTES
    ? file.position
    : { ...file.position, print: await printOf(file.handle) };
}

/**
 * Finds the file a stored place speaks of: under its own name, or beside it under the name a rotation gave it.
 * Undefined when it is gone, was compressed or was truncated.
 */
export async function findAgain(path: string, known: FilePosition): Promise<OpenFile | undefined> {
  const folder = dirname(path);
  const names = await readdir(folder).catch((): string[] => []);
  for (const candidate of [path, ...names.map((name) => join(folder, name))]) {
    const info = await stat(candidate).catch(() => undefined);
    if (!info?.isFile() || info.ino !== known.ino || info.dev !== known.dev) continue;
    const handle = await open(candidate, 'r').catch(() => undefined);
    if (!handle) continue;
    const file: OpenFile = { path, handle, position: known };
    if (await isSame(file)) return file;
    await handle.close();
  }
  return undefined;
}
