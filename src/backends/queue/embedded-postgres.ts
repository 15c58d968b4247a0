import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync } from 'node:fs';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { AppError } from '../../domain/errors.ts';
import { MINUTE } from '../../domain/time/units.ts';
import type { Log } from '../../log.ts';
import {
  answers,
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
const FIRST_RESTART_MS = 500;
const LONGEST_RESTART_MS = 30_000;

/** A PostgreSQL of our own in one folder, on a free loopback port, for exactly one program. */
export interface EmbeddedPostgres extends AsyncDisposable {
  /** Whether the folder holds a database from an earlier run. */
  initialised(): boolean;
  /**
   * Starts the server, or resolves with the one that runs already.
   * Throws AppError `unavailable` when this platform has no binary or the server does not come up.
   */
  start(): Promise<PgAddress>;
  /** Throws AppError `unavailable` when this platform has no binary. */
  binaries(): Promise<Binaries>;
}

/** Folders whose server this process runs: a second opening shares it, as another process would. */
const runningHere = new Set<string>();

export function embeddedPostgres(folder: string, log: Log): EmbeddedPostgres {
  const dir = resolve(folder);
  const cluster = join(dir, 'cluster');
  const logFile = join(dir, 'postgres.log');
  const ownerFile = join(dir, 'owner.pid');
  let starting: Promise<PgAddress> | undefined;
  let child: ChildProcess | undefined;
  /** Kept over restarts, so that open pools find the server again. */
  let port: number | undefined;
  let wasUp = false;
  let closed = false;
  let binaries: Promise<Binaries> | undefined;
  const findOnce = (): Promise<Binaries> => {
    binaries ??= findBinaries();
    return binaries;
  };
  // A process that ends without shutting down must not leave its server behind.
  const onExit = (): void => void child?.kill('SIGINT');

  const readPassword = async (): Promise<string> => {
    const file = join(dir, 'password');
    try {
      return await readFile(file, 'utf8');
    } catch {
      const password = randomBytes(24).toString('base64url');
      await writeFile(file, password, { mode: 0o600, flag: 'wx' });
      return password;
    }
  };

  const initialise = async (user: Unprivileged | undefined): Promise<void> => {
    const { initdb } = await findOnce();
    // Made aside and renamed, so that a half-made database is never taken for one.
    const fresh = join(dir, 'cluster.new');
    const passwordFile = join(dir, 'password.initdb');
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh, { mode: 0o700 });
    await writeFile(passwordFile, await readPassword(), { mode: 0o600 });
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
    await rename(fresh, cluster);
  };

  /** What `postmaster.pid` says of a server on this folder, running or not. */
  const readPostmaster = async (): Promise<{ pid: number; port: number } | undefined> => {
    const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
    const lines = text.split('\n');
    const pid = Number(lines[0]);
    return pid > 0 ? { pid, port: Number(lines[3]) } : undefined;
  };

  /** Waits for a server to end: it removes its pid file, also where nobody collects the dead process. */
  const gone = async (pid: number): Promise<boolean> => {
    for (const end = Date.now() + STOP_MS / 2; Date.now() < end; await sleep(25))
      if (!isAlive(pid) || (await readPostmaster())?.pid !== pid) return true;
    return false;
  };

  /**
   * Deals with a server that is already there: another running program's is shared; one whose program died is
   * stopped; a stale pid file is removed (PostgreSQL would refuse to start where its pid was given to somebody else).
   */
  const takeOver = async (address: Omit<PgAddress, 'port'>): Promise<PgAddress | undefined> => {
    const found = await readPostmaster();
    if (!found) return undefined;
    const known = { ...address, port: found.port };
    const answering = isAlive(found.pid) && (await answers(known));
    const owner = Number(await readFile(ownerFile, 'utf8').catch(() => '0'));
    const owned = owner === process.pid ? runningHere.has(dir) : owner > 0 && isAlive(owner);
    if (answering && owned) return known;
    const command = await commandLine(found.pid);
    if (answering || (command.includes('postgres') && command.includes(cluster))) {
      log.info({ pid: found.pid }, 'stopping the PostgreSQL of an earlier run');
      for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
        process.kill(found.pid, signal);
        if (await gone(found.pid)) break;
      }
    }
    await rm(join(cluster, 'postmaster.pid'), { force: true });
    return undefined;
  };

  const launch = async (address: PgAddress, user: Unprivileged | undefined): Promise<void> => {
    const { postgres } = await findOnce();
    const settings = {
      listen_addresses: HOST,
      unix_socket_directories: '',
      // Each kind of job has pools of its own, and a second process may share the server.
      max_connections: '150',
      shared_buffers: '16MB',
      log_min_messages: 'warning',
    };
    const [command, args, options] = asUser(
      postgres,
      [
        '-D',
        cluster,
        '-p',
        String(address.port),
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      user,
    );
    const out = openSync(logFile, 'w', 0o600);
    const server = spawn(command, args, {
      ...options,
      cwd: '/',
      stdio: ['ignore', out, out],
      windowsHide: true,
      // Ctrl-C reaches the whole process group: the database must outlive the program's own shutdown.
      detached: process.platform !== 'win32',
    });
    closeSync(out);
    server.unref();
    const ended = new Promise<void>((done) => {
      server.once('exit', () => done());
      server.once('error', () => done());
    });
    child = server;
    process.once('exit', onExit);
    runningHere.add(dir);
    await writeFile(ownerFile, String(process.pid), { mode: 0o600 });
    const up = async (): Promise<boolean> => {
      for (const end = Date.now() + READY_MS; Date.now() < end; await sleep(30))
        if (server.exitCode !== null || server.signalCode !== null || server.pid === undefined) return false;
        else if (await answers(address)) return true;
      return false;
    };
    const ready = await Promise.race([up(), ended.then(() => false)]);
    if (!ready) {
      server.kill('SIGKILL');
      process.off('exit', onExit);
      child = undefined;
      const last = (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n').at(-1) ?? '';
      throw new AppError('unavailable', `PostgreSQL in ${dir} does not start: ${last}`);
    }
    void ended.then(() => {
      if (child !== server) return;
      child = undefined;
      starting = undefined;
      process.off('exit', onExit);
      if (closed) return;
      log.error({ dir }, 'the embedded PostgreSQL ended; it is started again');
      void restart();
    });
  };

  const restart = async (): Promise<void> => {
    for (let ms = FIRST_RESTART_MS; !closed; ms = Math.min(ms * 2, LONGEST_RESTART_MS)) {
      await sleep(ms, undefined, { ref: false });
      try {
        if (!closed) await start();
        return;
      } catch (err) {
        log.error({ err }, 'the embedded PostgreSQL cannot be started again');
      }
    }
  };

  const begin = async (): Promise<PgAddress> => {
    await findOnce();
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const user = await unprivilegedUser();
    const address = { host: HOST, user: USER, password: await readPassword(), database: 'postgres' };
    if (!existsSync(cluster)) await initialise(user);
    const shared = await takeOver(address);
    if (shared) return shared;
    port ??= await freePort();
    const own = { ...address, port };
    await launch(own, user);
    wasUp = true;
    return own;
  };

  const start = (): Promise<PgAddress> => {
    if (closed) return Promise.reject(new AppError('unavailable', 'the queue is closed'));
    starting ??= begin().catch((cause: unknown) => {
      starting = undefined;
      if (!wasUp) port = undefined;
      if (cause instanceof AppError) throw cause;
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new AppError('unavailable', `PostgreSQL in ${dir} does not start: ${message}`, { cause });
    });
    return starting;
  };

  const stop = async (server: ChildProcess): Promise<void> => {
    const ended = new Promise<boolean>((done) => server.once('exit', () => done(true)));
    if (server.exitCode !== null || server.signalCode !== null) return;
    if (process.platform === 'win32')
      await run((await findOnce()).pg_ctl, ['stop', '-D', cluster, '-m', 'fast', '-w'], {
        timeout: STOP_MS,
        windowsHide: true,
      }).catch(() => {});
    else server.kill('SIGINT');
    const late = new AbortController();
    const gone = await Promise.race([
      ended,
      sleep(STOP_MS, false, { signal: late.signal }).catch(() => false),
    ]);
    late.abort();
    if (!gone) server.kill('SIGKILL');
  };

  return {
    initialised: () => existsSync(cluster),
    start,
    binaries: findOnce,
    async [Symbol.asyncDispose]() {
      if (closed) return;
      closed = true;
      await starting?.catch(() => {});
      const server = child;
      child = undefined;
      process.off('exit', onExit);
      if (!server) return;
      await stop(server);
      runningHere.delete(dir);
      await rm(ownerFile, { force: true });
    },
  };
}
