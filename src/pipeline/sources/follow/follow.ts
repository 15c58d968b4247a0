import { glob, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StateStore } from '../../../backends/state/store.ts';
import { toAppError } from '../../../domain/errors.ts';
import type { Health } from '../../../domain/health.ts';
import { healthOf } from '../../../i18n/health.ts';
import { type Reservation, weightOf } from '../receiving/budget.ts';
import type { Listener, ListenerDeps } from '../receiving/listener.ts';
import { FilePositions, fileKey, type OpenFile } from './file-position.ts';
import { CHUNK, Tail, type TailRead } from './tail.ts';

/** How often files are looked at, in milliseconds; also how long an event may wait for the rest of its lines. */
const POLL_MS = 500;
/** After this many polls without anything new a renamed file counts as read to its end. */
const QUIET_POLLS = 10;
/** New files are looked for after this many polls. */
const DISCOVER_POLLS = 4;
/** Each followed file is looked at twice a second and holds a descriptor. */
const MAX_FILES = 1_000;
/** After an error (a file that may not be read) a file is tried again this often, in milliseconds. */
const RETRY_MS = 5_000;

interface FollowOptions {
  globs: readonly string[];
  state: StateStore;
  pollMs?: number;
  maxFiles?: number;
}
type FollowDeps = Omit<ListenerDeps, 'idle'>;

/**
 * Follows files: those that are there, and those that come. After a restart a file is read on after the last line that was
 * stored. Rotation by renaming (the old file is read to its end first) and by truncation are understood, also when they
 * happened while this process was down. A file that was compressed meanwhile has lost the lines that were not read.
 */
export const followFiles = (options: FollowOptions, deps: FollowDeps): Listener =>
  new FileFollower(options, deps);

class FileFollower implements Listener {
  readonly name = 'files';
  readonly port = 0;
  readonly #globs: readonly string[];
  readonly #pollMs: number;
  readonly #maxFiles: number;
  readonly #deps: FollowDeps;
  readonly #positions: FilePositions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  /** By path. */
  readonly #followed = new Map<string, Promise<void>>();
  /** Keys of the files that are open, whatever their names are now. */
  readonly #open = new Set<string>();
  #trouble: string | undefined;
  /** Files that match and are not read, because too many are already. */
  #notRead = 0;

  constructor({ globs, state, pollMs = POLL_MS, maxFiles = MAX_FILES }: FollowOptions, deps: FollowDeps) {
    this.#globs = globs;
    this.#pollMs = pollMs;
    this.#maxFiles = maxFiles;
    this.#deps = deps;
    this.#positions = new FilePositions(state);
    this.#running = this.#discover();
  }

  quiesce(): void {
    this.#stop.abort();
  }

  health(): Health {
    if (this.#trouble) return healthOf(false, 'files', [['error', { error: this.#trouble }]], ['mend.file']);
    const followed = this.#followed.size;
    if (this.#notRead > 0)
      return healthOf(false, 'files', [['left', { left: this.#notRead, followed }]], ['mend.files']);
    return healthOf(true, 'files', [
      ['followed', { count: followed }],
      ['events', { count: this.#deps.intake.stored }],
      ['waiting', { count: this.#deps.intake.pending }],
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await Promise.all(this.#followed.values());
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => {});
  }

  async #discover(): Promise<void> {
    for (let poll = 0; !this.#stop.signal.aborted; poll += 1) {
      try {
        if (poll % DISCOVER_POLLS === 0) await this.#followNew();
      } catch (error) {
        this.#deps.log.warn({ err: error }, 'looking for files to follow failed');
      }
      await this.#pause(this.#pollMs);
    }
  }

  /** Follows the files that are new, as far as there is room for more. */
  async #followNew(): Promise<void> {
    const over = new Set<string>();
    for (const pattern of this.#globs)
      for await (const found of filesOf(pattern)) {
        const path = resolve(found);
        if (this.#followed.has(path) || path.endsWith('.gz')) continue;
        // A file that went meanwhile must not keep the others from being found.
        const info = await stat(path).catch(() => undefined);
        // A followed file that was renamed is being read already.
        if (!info?.isFile() || this.#open.has(fileKey(info))) continue;
        if (this.#followed.size < this.#maxFiles) this.#followed.set(path, this.#follow(path));
        else over.add(path);
      }
    if (over.size > this.#notRead)
      this.#deps.log.warn(
        { followed: this.#followed.size, notRead: over.size },
        'too many files to follow all of them',
      );
    this.#notRead = over.size;
  }

  /** Follows whatever has this name, until the file is gone or this listener stops. */
  async #follow(path: string): Promise<void> {
    const { rejections, log } = this.#deps;
    let first = true;
    while (!this.#stop.signal.aborted) {
      try {
        const file = first ? await this.#positions.open(path) : await this.#positions.openNamed(path);
        first = false;
        this.#open.add(fileKey(file.position));
        await this.#readThrough(file).finally(() => this.#open.delete(fileKey(file.position)));
        this.#recovered(path);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (this.#stop.signal.aborted) return;
        if (code === 'ENOENT') {
          // If the file appears again, it is found like any new file.
          this.#followed.delete(path);
          this.#recovered(path);
          return;
        }
        this.#trouble = `${path}: ${code ?? toAppError(error).message}`;
        rejections.add('malformed', path);
        log.warn({ err: error, path }, 'following a file failed, trying again');
        first = true;
        await this.#pause(RETRY_MS);
      }
    }
  }

  #recovered(path: string): void {
    if (this.#trouble?.startsWith(path)) this.#trouble = undefined;
  }

  /** Reads one file until it was rotated away or truncated, and is read to its end. */
  async #readThrough(file: OpenFile): Promise<void> {
    const tail = new Tail(file, (encoding) =>
      this.#deps.log.info({ path: file.path, encoding }, 'text is not UTF-8'),
    );
    let idle = 0;
    let replaced = false;
    try {
      while (!this.#stop.signal.aborted) {
        const read = await this.#readOn(file, tail);
        if (!read.atEnd) continue;
        idle = read.lines.length > 0 ? 0 : idle + 1;
        if (idle >= 2 && tail.hasOpenEvent) await this.#store(file, tail.flush(false));
        if (await tail.restarted()) return;
        const now = await stat(file.path).catch(() => undefined);
        const gone = now !== undefined && fileKey(now) !== fileKey(file.position);
        // Writers keep a renamed file open for a while: it is read to its end when it was quiet since the renaming.
        if (gone && replaced && idle >= QUIET_POLLS) return await this.#store(file, tail.flush(true));
        if (now === undefined && idle >= QUIET_POLLS && (await tail.deleted())) {
          await this.#store(file, tail.flush(true));
          return await this.#positions.forget(file);
        }
        if (gone && !replaced) idle = 0;
        replaced = gone;
        await this.#pause(this.#pollMs);
      }
    } finally {
      await tail.close();
    }
  }

  /** Reads one chunk and stores its lines. */
  async #readOn(file: OpenFile, tail: Tail): Promise<TailRead> {
    const room = await this.#deps.share.take(weightOf(CHUNK), this.#stop.signal);
    const read = await tail.read().catch((error: unknown) => {
      room.release();
      throw error;
    });
    await this.#store(file, read, room);
    return read;
  }

  /** Stores the lines, then remembers how far that was. */
  async #store(file: OpenFile, { lines, offset }: TailRead, room?: Reservation): Promise<void> {
    const { intake, share } = this.#deps;
    const weight = lines.reduce((sum, { text }) => sum + weightOf(text.length), 0);
    room?.resize(weight);
    if (lines.length > 0) await intake.add(lines, room ?? (await share.take(weight, this.#stop.signal)));
    await this.#positions.advance(file, offset);
  }
}

/** What a glob matches; a folder stands for the files directly in it. */
async function* filesOf(pattern: string): AsyncGenerator<string> {
  for await (const found of glob(pattern))
    if ((await stat(found)).isDirectory()) yield* glob(join(found, '*'));
    else yield found;
}
