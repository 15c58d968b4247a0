import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync } from 'node:fs';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { AppError } from '../../domain/errors.ts';
import { backoffMs, valueInTime } from '../../domain/retry.ts';
import { MINUTE } from '../../domain/time/units.ts';
import type { Log } from '../../log.ts';
import {
  acceptsPassword,
  asUser,
  type Binaries,
  commandLine,
  findBinaries,
  freePort,
  isAlive,
  type PgAddress,
  type Unprivileged,
  unprivilegedUser,
} from './postgres-platform.ts';

const run = promisify(execFile);

const HOST = '127.0.0.1';
const USER = 'bongsu';
const READY_MS = MINUTE;
const STOP_MS = 10_000;
const RESTART_MS = { first: 500, most: 30_000 };

/** Folders whose server this process runs: a second opening shares it, as another process would. */
const runningHere = new Set<string>();

/** The settings of PostgreSQL. */
const SETTINGS = {
  listen_addresses: HOST,
  unix_socket_directories: '',
  // Each kind of job has pools of its own, and a second process may share the server.
  max_connections: '150',
  shared_buffers: '16MB',
  log_min_messages: 'warning',
};

/** A PostgreSQL of our own in one folder, on a free loopback port, only for this program. */
export class EmbeddedPostgres {
  readonly #dir: string;
  readonly #cluster: string;
  readonly #logFile: string;
  readonly #ownerFile: string;
  readonly #log: Log;
  #starting: Promise<PgAddress> | undefined;
  #child: ChildProcess | undefined;
  /** Kept over restarts, so that open pools find the server again. */
  #port: number | undefined;
  #wasUp = false;
  #closed = false;
  #binaries: Promise<Binaries> | undefined;
  /** A process that ends without shutting down must not leave its server behind. */
  readonly #onExit = (): void => void this.#child?.kill('SIGINT');

  constructor(folder: string, log: Log) {
    this.#dir = resolve(folder);
    this.#cluster = join(this.#dir, 'cluster');
    this.#logFile = join(this.#dir, 'postgres.log');
    this.#ownerFile = join(this.#dir, 'owner.pid');
    this.#log = log;
  }

  /** Whether the folder holds a database from an earlier run. */
  initialised(): boolean {
    return existsSync(this.#cluster);
  }

  /** @throws AppError `unavailable` when this platform has no binary */
  binaries(): Promise<Binaries> {
    this.#binaries ??= findBinaries();
    return this.#binaries;
  }

  /**
   * Starts the server, or resolves with the one that runs already.
   * @throws AppError `unavailable` when this platform has no binary, or the server does not start
   */
  start(): Promise<PgAddress> {
    if (this.#closed) return Promise.reject(new AppError('unavailable', 'the queue is closed'));
    this.#starting ??= this.#begin().catch((cause: unknown) => {
      this.#starting = undefined;
      if (!this.#wasUp) this.#port = undefined;
      if (cause instanceof AppError) throw cause;
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new AppError('unavailable', `PostgreSQL in ${this.#dir} does not start: ${message}`, { cause });
    });
    return this.#starting;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#starting?.catch(() => {});
    const server = this.#child;
    this.#child = undefined;
    process.off('exit', this.#onExit);
    if (!server) return;
    await this.#stop(server);
    runningHere.delete(this.#dir);
    await rm(this.#ownerFile, { force: true });
  }

  async #begin(): Promise<PgAddress> {
    await this.binaries();
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    const user = await unprivilegedUser();
    const address = { host: HOST, user: USER, password: await this.#password(), database: 'postgres' };
    if (!existsSync(this.#cluster)) await this.#initialise(user);
    const shared = await this.#takeOver(address);
    if (shared) return shared;
    this.#port ??= await freePort();
    const own = { ...address, port: this.#port };
    await this.#launch(own, user);
    this.#wasUp = true;
    return own;
  }

  async #password(): Promise<string> {
    const file = join(this.#dir, 'password');
    try {
      return await readFile(file, 'utf8');
    } catch {
      const password = randomBytes(24).toString('base64url');
      await writeFile(file, password, { mode: 0o600, flag: 'wx' });
      return password;
    }
  }

  async #initialise(user: Unprivileged | undefined): Promise<void> {
    const { initdb } = await this.binaries();
    // Made under another name and renamed, so that a half-made database is never taken for a whole one.
    const fresh = join(this.#dir, 'cluster.new');
    const passwordFile = join(this.#dir, 'password.initdb');
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh, { mode: 0o700 });
    await writeFile(passwordFile, await this.#password(), { mode: 0o600 });
    if (user) await Promise.all([fresh, passwordFile].map((path) => chown(path, user.uid, user.gid)));
    const [command, args, options] = asUser(
      initdb,
      [
        `--pgdata=${fresh}`,
        `--username=${USER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--no-instructions',
      ],
      user,
    );
    try {
      await run(command, args, { ...options, cwd: '/', timeout: READY_MS, windowsHide: true });
    } finally {
      await rm(passwordFile, { force: true });
    }
    await rename(fresh, this.#cluster);
  }

  /** The contents of `postmaster.pid` about a server on this folder, whether or not it runs. */
  async #postmaster(): Promise<{ pid: number; port: number } | undefined> {
    const text = await readFile(join(this.#cluster, 'postmaster.pid'), 'utf8').catch(() => '');
    const lines = text.split('\n');
    const pid = Number(lines[0]);
    return pid > 0 ? { pid, port: Number(lines[3]) } : undefined;
  }

  /** Waits until a server has ended: it removes its pid file, also where the dead process still has an entry. */
  async #hasGone(pid: number): Promise<boolean> {
    for (const end = Date.now() + STOP_MS / 2; Date.now() < end; await sleep(25))
      if (!isAlive(pid) || (await this.#postmaster())?.pid !== pid) return true;
    return false;
  }

  /**
   * Deals with a server that is there already. The server of another program that runs is shared; one whose program died
   * is stopped; an old pid file is removed (PostgreSQL would not start where another program has that pid now).
   */
  async #takeOver(address: Omit<PgAddress, 'port'>): Promise<PgAddress | undefined> {
    const found = await this.#postmaster();
    if (!found) return undefined;
    const known = { ...address, port: found.port };
    const answering = isAlive(found.pid) && (await acceptsPassword(known));
    const owner = Number(await readFile(this.#ownerFile, 'utf8').catch(() => '0'));
    const owned = owner === process.pid ? runningHere.has(this.#dir) : owner > 0 && isAlive(owner);
    if (answering && owned) return known;
    const command = await commandLine(found.pid);
    if (answering || (command.includes('postgres') && command.includes(this.#cluster))) {
      this.#log.info({ pid: found.pid }, 'stopping the PostgreSQL of an earlier run');
      for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
        process.kill(found.pid, signal);
        if (await this.#hasGone(found.pid)) break;
      }
    }
    await rm(join(this.#cluster, 'postmaster.pid'), { force: true });
    return undefined;
  }

  async #launch(address: PgAddress, user: Unprivileged | undefined): Promise<void> {
    const { postgres } = await this.binaries();
    const server = this.#spawn(postgres, address.port, user);
    const ended = new Promise<void>((done) => {
      server.once('exit', () => done());
      server.once('error', () => done());
    });
    this.#child = server;
    process.once('exit', this.#onExit);
    runningHere.add(this.#dir);
    await writeFile(this.#ownerFile, String(process.pid), { mode: 0o600 });
    const ready = await Promise.race([isUp(server, address), ended.then(() => false)]);
    if (!ready) {
      server.kill('SIGKILL');
      process.off('exit', this.#onExit);
      this.#child = undefined;
      const text = await readFile(this.#logFile, 'utf8').catch(() => '');
      const last = text.trim().split('\n').at(-1) ?? '';
      throw new AppError('unavailable', `PostgreSQL in ${this.#dir} does not start: ${last}`);
    }
    void ended.then(() => {
      if (this.#child !== server) return;
      this.#child = undefined;
      this.#starting = undefined;
      process.off('exit', this.#onExit);
      if (this.#closed) return;
      this.#log.error({ dir: this.#dir }, 'the embedded PostgreSQL ended; it is started again');
      void this.#restart();
    });
  }

  #spawn(postgres: string, port: number, user: Unprivileged | undefined): ChildProcess {
    const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const [command, args, options] = asUser(
      postgres,
      ['-D', this.#cluster, '-p', String(port), ...settings],
      user,
    );
    const out = openSync(this.#logFile, 'w', 0o600);
    const server = spawn(command, args, {
      ...options,
      cwd: '/',
      stdio: ['ignore', out, out],
      windowsHide: true,
      // Ctrl-C reaches the whole process group: the database must outlive the shutdown of the program.
      detached: process.platform !== 'win32',
    });
    closeSync(out);
    server.unref();
    return server;
  }

  async #restart(): Promise<void> {
    for (let tries = 1; !this.#closed; tries += 1) {
      await sleep(backoffMs(tries, RESTART_MS), undefined, { ref: false });
      try {
        if (!this.#closed) await this.start();
        return;
      } catch (err) {
        this.#log.error({ err }, 'the embedded PostgreSQL cannot be started again');
      }
    }
  }

  async #stop(server: ChildProcess): Promise<void> {
    const ended = new Promise<boolean>((done) => server.once('exit', () => done(true)));
    if (server.exitCode !== null || server.signalCode !== null) return;
    if (process.platform === 'win32')
      await run((await this.binaries()).pg_ctl, ['stop', '-D', this.#cluster, '-m', 'fast', '-w'], {
        timeout: STOP_MS,
        windowsHide: true,
      }).catch(() => {});
    else server.kill('SIGINT');
    if (!(await valueInTime(STOP_MS, ended, () => false))) server.kill('SIGKILL');
  }
}

/** Waits until the server answers; false when its process ends, or it takes too long. */
async function isUp(server: ChildProcess, address: PgAddress): Promise<boolean> {
  for (const end = Date.now() + READY_MS; Date.now() < end; await sleep(30))
    if (server.exitCode !== null || server.signalCode !== null || server.pid === undefined) return false;
    else if (await acceptsPassword(address)) return true;
  return false;
}
