import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A running engine, alone on a loopback port, with its data in a folder of its own. */
export interface Server extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  /** Leader of the server's process group; changes on `restart`. */
  readonly pid: number;
  /** Its data and log; removed by `stop`. */
  readonly dir: string;
  readonly log: string;
  /** Whether any process of it is left. */
  alive(): boolean;
  /** Asks it to end, insists after a while, and removes its data. */
  stop(): Promise<void>;
  /** Ends it at once as a power cut would; the data stays for `restart`. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data (killing it first where it still runs). */
  restart(): Promise<void>;
  /** Freezes it: connections stay open and nothing answers, like a hung machine. */
  pause(): void;
  resume(): void;
}

export type Launch = {
  name: string;
  url: string;
  dir: string;
  command: string;
  args: readonly string[];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Another user to run as; only root may ask for one. */
  user?: { uid: number; gid: number };
  /** One real request with the real client; throws while the server is not ready. */
  ready: () => Promise<unknown>;
  readyMs?: number;
  stopMs?: number;
};

/**
 * Told the process group on its stdin; when that pipe closes without "done" (the test process died, however
 * violently) it kills the group and removes the data. An `exit` handler would not run on SIGKILL. Debian's sh
 * understands `kill -s KILL --` but not `kill -KILL --`.
 */
const WATCHDOG = `group=
while read -r word value; do
  case $word in group) group=$value ;; done) exit 0 ;; esac
done
[ -n "$group" ] && kill -s KILL -- "-$group" 2>/dev/null
sleep 1
rm -rf -- "$1"`;

/** Starts a server and waits until it answers; when it does not, ends it and throws with the end of its log. */
export async function launch(spec: Launch): Promise<Server> {
  const log = join(spec.dir, 'server.log');
  const watchdog = spawn('sh', ['-c', WATCHDOG, 'watchdog', spec.dir], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watchdog.unref();
  watchdog.stdin.on('error', () => {});
  // A socket underneath, though typed as a plain stream: it must not keep a finished test alive.
  (watchdog.stdin as unknown as { unref(): void }).unref();

  let child: ChildProcess | undefined;
  let group = 0;

  const begin = async (): Promise<void> => {
    const fd = openSync(log, 'a');
    try {
      child = spawn(spec.command, spec.args, {
        cwd: spec.cwd ?? spec.dir,
        env: { ...process.env, ...spec.env },
        stdio: ['ignore', fd, fd],
        detached: true,
        ...spec.user,
      });
    } finally {
      closeSync(fd);
    }
    let starting = true;
    const failed = new Promise<never>((_, reject) => {
      child?.once('error', reject);
      child?.once('exit', (code, signal) => {
        const how = signal ?? `exit ${code}`;
        if (starting) reject(new Error(`${spec.name} ended while starting (${how})\n${tail(log)}`));
      });
    });
    child.unref();
    group = child.pid ?? 0;
    watchdog.stdin.write(`group ${group || ''}\n`);
    const given = new AbortController();
    try {
      await Promise.race([answered(spec, log, given.signal), failed]);
    } finally {
      starting = false;
      given.abort();
    }
  };

  const end = async (signal: NodeJS.Signals, patienceMs: number): Promise<void> => {
    if (group === 0) return;
    send(group, 'SIGCONT');
    send(group, signal);
    if (!(await gone(group, patienceMs))) {
      send(group, 'SIGKILL');
      if (!(await gone(group, 10_000))) throw new Error(`${spec.name}: process group ${group} does not end`);
    }
    group = 0;
    watchdog.stdin.write('group\n');
  };

  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= end('SIGTERM', spec.stopMs ?? 15_000).then(async () => {
      watchdog.stdin.end('done\n');
      await rm(spec.dir, { recursive: true, force: true, maxRetries: 3 });
    });
    return stopped;
  };

  try {
    await begin();
  } catch (error) {
    await end('SIGKILL', 5_000);
    await stop();
    throw error;
  }
  return {
    name: spec.name,
    url: spec.url,
    dir: spec.dir,
    log,
    get pid() {
      return child?.pid ?? 0;
    },
    alive: () => group !== 0 && groupAlive(group),
    stop,
    kill: () => end('SIGKILL', 10_000),
    restart: async () => {
      await end('SIGKILL', 10_000);
      await begin();
    },
    pause: () => send(group, 'SIGSTOP'),
    resume: () => send(group, 'SIGCONT'),
    [Symbol.asyncDispose]: stop,
  };
}

async function answered(spec: Launch, log: string, givenUp: AbortSignal): Promise<void> {
  const patience = spec.readyMs ?? 90_000;
  const deadline = performance.now() + patience;
  let last: unknown;
  while (performance.now() < deadline && !givenUp.aborted) {
    try {
      await spec.ready();
      return;
    } catch (error) {
      last = error;
      await sleep(150);
    }
  }
  if (givenUp.aborted) return;
  const reason = last instanceof Error ? last.message : String(last);
  throw new Error(`${spec.name} did not answer within ${patience / 1000} s: ${reason}\n${tail(log)}`);
}

function tail(log: string): string {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-20).join('\n');
}

function send(group: number, signal: NodeJS.Signals): void {
  if (group === 0) return;
  try {
    process.kill(-group, signal);
  } catch {
    // Already gone.
  }
}

async function gone(group: number, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (groupAlive(group)) {
    if (performance.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}

/** Whether a process of the group runs. A zombie that a container's init never reaps does not count. */
export function groupAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  let pids: string[];
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return true;
  }
  return pids.some((pid) => {
    try {
      // "pid (name) state ppid pgrp …"; the name may hold anything, so count from its closing bracket.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(pgrp) === group && state !== 'Z' && state !== 'X';
    } catch {
      return false;
    }
  });
}

/** A loopback port that is free now. Servers are given it explicitly, so that they come back on it. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** A fresh folder for one server's data. */
export function freshDir(name: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `bongsu-${name}-`));
}
