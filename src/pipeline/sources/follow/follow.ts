import { glob, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StateStore } from '../../../backends/state/store.ts';
import { toAppError } from '../../../domain/errors.ts';
import { DAY } from '../../../domain/time/units.ts';
import { healthOf } from '../../../i18n/health.ts';
import { type Claim, weightOf } from '../budget.ts';
import type { Listener, ListenerDeps } from '../listener.ts';
import { fileKey, findAgain, isSame, type OpenFile, openNew, type Place, withLongerPrint } from './place.ts';
import { CHUNK, createTail, type Read } from './tail.ts';

/** How often files are looked at; also how long an event may wait for the rest of its lines. */
const POLL_MS = 500;
/** Polls without anything new after which a renamed file is taken to be read to its end. */
const QUIET_POLLS = 10;
/** Looks for new files every so many polls. */
const DISCOVER_POLLS = 4;
/** Each is looked at twice a second and holds a descriptor. */
const MAX_FILES = 1_000;
/** After an error (a file that may not be read) it is tried again this often. */
const RETRY_MS = 5_000;
/** A file that has not grown for so long is forgotten, and read again should it come back. */
const REMEMBER_MS = 90 * DAY;

/**
 * Follows files: what is there already, and what comes. A file's lines are read on after a restart where the last safe
 * one ended. Rotation by renaming (the old file is read to its end first) and by truncation are understood, also when
 * they happened while nobody looked; a file that was compressed meanwhile has lost what was not read.
 */
export function followFiles(
  options: { globs: readonly string[]; state: StateStore; pollMs?: number; maxFiles?: number },
  deps: Omit<ListenerDeps, 'silence'>,
): Listener {
  const { globs, state, pollMs = POLL_MS, maxFiles = MAX_FILES } = options;
  const { intake, share, log, refusals } = deps;
  const stop = new AbortController();
  const followed = new Map<string, Promise<void>>();
  /** Files that are open, whatever they are called now. */
  const reading = new Set<string>();
  let trouble: string | undefined;
  /** Files that match and are not read, because so many are already. */
  let left = 0;

  const pause = (ms: number): Promise<void> =>
    sleep(ms, undefined, { signal: stop.signal }).catch(() => undefined);

  /** Makes what was read safe, then remembers how far that was. */
  async function keep(file: OpenFile, { lines, offset }: Read, room?: Claim): Promise<void> {
    const weight = lines.reduce((sum, { text }) => sum + weightOf(text.length), 0);
    room?.resize(weight);
    if (lines.length > 0) await intake.add(lines, room ?? (await share.take(weight, stop.signal)));
    if (offset === file.place.offset) return;
    file.place = { ...(await withLongerPrint(file)), offset };
    await remember(file);
  }
  /** Under what the file is, so that it is known by another name too; the name leads to it. */
  const remember = (file: OpenFile) =>
    state.commit({
      put: [
        { kind: 'file-position', id: `file:${fileKey(file.place)}`, value: file.place, ttlMs: REMEMBER_MS },
        { kind: 'file-position', id: `path:${file.path}`, value: file.place, ttlMs: REMEMBER_MS },
      ],
    });
  /** A deleted file gives its place to others; its number on the disk will be another file's. */
  const forget = async (file: OpenFile): Promise<void> => {
    await state.commit({
      delete: [
        { kind: 'file-position', id: `file:${fileKey(file.place)}` },
        { kind: 'file-position', id: `path:${file.path}` },
      ],
    });
  };
  const recall = async (id: string): Promise<Place | undefined> => {
    const stored = await state.get('file-position', id);
    return stored?.value;
  };

  /** The file to go on with: one that was renamed before it was read to its end, else the one under the name. */
  async function begin(path: string): Promise<OpenFile> {
    const last = await recall(`path:${path}`);
    const before = last && (await recall(`file:${fileKey(last)}`));
    const again = before && (await findAgain(path, before));
    if (again) return again;
    return beginNew(path);
  }

  /** The file under the name: from its start, unless it was read before under another name. */
  async function beginNew(path: string): Promise<OpenFile> {
    const file = await openNew(path);
    const known = await recall(`file:${fileKey(file.place)}`);
    const same = known && (await isSame({ ...file, place: known }));
    if (same) file.place = known;
    // The id has to be known before the first line has it: a crash must not give the same line another one.
    await remember(file);
    return file;
  }

  /** Reads one file until it was rotated away or truncated and is read to its end. */
  async function readThrough(file: OpenFile): Promise<void> {
    const tail = createTail(file, (encoding) => log.info({ path: file.path, encoding }, 'text is not UTF-8'));
    let idle = 0;
    let replaced = false;
    try {
      while (!stop.signal.aborted) {
        const room = await share.take(weightOf(CHUNK), stop.signal);
        const read = await tail.read().catch((error: unknown) => {
          room.give();
          throw error;
        });
        await keep(file, read, room);
        if (!read.atEnd) continue;
        idle = read.lines.length > 0 ? 0 : idle + 1;
        if (idle >= 2 && tail.hasOpenEvent) await keep(file, tail.flush(false));
        if (await tail.restarted()) return;
        const now = await stat(file.path).catch(() => undefined);
        const gone = now !== undefined && (now.ino !== file.place.ino || now.dev !== file.place.dev);
        // Writers keep a renamed file open for a while: it is over when it has been quiet since that was noticed.
        if (gone && replaced && idle >= QUIET_POLLS) return await keep(file, tail.flush(true));
        if (now === undefined && idle >= QUIET_POLLS && (await tail.deleted())) {
          await keep(file, tail.flush(true));
          return await forget(file);
        }
        if (gone && !replaced) idle = 0;
        replaced = gone;
        await pause(pollMs);
      }
    } finally {
      await tail.close();
    }
  }

  async function follow(path: string): Promise<void> {
    let first = true;
    while (!stop.signal.aborted) {
      try {
        const file = first ? await begin(path) : await beginNew(path);
        first = false;
        reading.add(fileKey(file.place));
        await readThrough(file).finally(() => reading.delete(fileKey(file.place)));
        if (trouble?.startsWith(path)) trouble = undefined;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (stop.signal.aborted) return;
        if (code === 'ENOENT') {
          // Should it come back, it is found like any other.
          followed.delete(path);
          if (trouble?.startsWith(path)) trouble = undefined;
          return;
        }
        trouble = `${path}: ${code ?? toAppError(error).message}`;
        refusals.refuse('malformed', path);
        log.warn({ err: error, path }, 'following a file failed, trying again');
        first = true;
        await pause(RETRY_MS);
      }
    }
  }

  /** Follows what is new, as far as there is room; gives how many files had none. */
  async function lookAround(): Promise<number> {
    const over = new Set<string>();
    for (const pattern of globs)
      for await (const found of filesOf(pattern)) {
        const path = resolve(found);
        if (followed.has(path) || path.endsWith('.gz')) continue;
        // One that went meanwhile must not keep the others from being found.
        const info = await stat(path).catch(() => undefined);
        // What a followed file was renamed to is being read already.
        if (!info?.isFile() || reading.has(fileKey(info))) continue;
        if (followed.size < maxFiles) followed.set(path, follow(path));
        else over.add(path);
      }
    return over.size;
  }

  function leave(over: number): void {
    if (over > left)
      log.warn({ followed: followed.size, notRead: over }, 'too many files to follow all of them');
    left = over;
  }

  async function discover(): Promise<void> {
    for (let poll = 0; !stop.signal.aborted; poll += 1) {
      try {
        if (poll % DISCOVER_POLLS === 0) leave(await lookAround());
      } catch (error) {
        log.warn({ err: error }, 'looking for files to follow failed');
      }
      await pause(pollMs);
    }
  }

  const running = discover();
  return {
    name: 'files',
    port: 0,
    quiesce: () => stop.abort(),
    health: () =>
      trouble
        ? healthOf(false, 'files', [['error', { error: trouble }]], ['mend.file'])
        : left > 0
          ? healthOf(false, 'files', [['left', { left, followed: followed.size }]], ['mend.files'])
          : healthOf(true, 'files', [
              ['followed', { count: followed.size }],
              ['events', { count: intake.stored }],
              ['waiting', { count: intake.pending }],
            ]),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      await Promise.all(followed.values());
    },
  };
}

/** What a glob matches; a folder stands for what is directly in it. */
async function* filesOf(pattern: string): AsyncGenerator<string> {
  for await (const found of glob(pattern))
    if ((await stat(found)).isDirectory()) yield* glob(join(found, '*'));
    else yield found;
}
